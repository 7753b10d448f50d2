import type { AvailabilityView } from '../../contracts/visitor.ts';
import { BackOff } from '../shared/back-off.ts';
import { solve } from './proof-of-work.ts';
import type { VisitorApi } from './visitor-api.ts';

const FRESH_MS = 60_000;

interface Proof {
  readonly token: string;
  readonly nonce: string;
}

/** Keeps what a service offers fresh while somebody looks, and has the proof of work ready when they are. */
export class AvailabilityWatch {
  readonly #api: VisitorApi;
  readonly #service: string;
  readonly #life: AbortSignal;
  readonly #tell: () => void;
  readonly #backOff: BackOff;
  #view: AvailabilityView | undefined;
  #form: AvailabilityView['form'] | undefined;
  #proof: Promise<Proof> | undefined;
  #loadedAt = 0;
  #isLoading = false;
  #hasFailed = false;

  constructor(api: VisitorApi, service: string, life: AbortSignal, tell: () => void) {
    this.#api = api;
    this.#service = service;
    this.#life = life;
    this.#tell = tell;
    this.#backOff = new BackOff(life);
  }

  get view(): AvailabilityView | undefined {
    return this.#view;
  }

  /** The last try has failed; another one is under way. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Asks the server unless what is here is fresh. */
  refresh(isForced = false): void {
    if (this.#isLoading || (!isForced && Date.now() - this.#loadedAt < FRESH_MS)) return;
    void this.#load();
  }

  /** Starts the work, or gives what is done: begun when the visitor begins to type, it is over before they send. */
  proof(): Promise<Proof> {
    const form = this.#form;
    if (!form) return Promise.reject(new Error('no form yet'));
    return (this.#proof ??= solve(form.token, form.difficulty, this.#life).then((nonce) => ({
      token: form.token,
      nonce,
    })));
  }

  /** The token was used, or refused: the next proof needs another one. */
  async renewProof(): Promise<void> {
    this.#proof = this.#form = undefined;
    await this.#load();
  }

  async #load(): Promise<void> {
    this.#isLoading = true;
    const answer = await this.#api.availability(this.#service);
    this.#isLoading = false;
    if (this.#life.aborted) return;
    this.#hasFailed = !answer.ok;
    if (answer.ok) {
      this.#view = answer.value;
      this.#loadedAt = Date.now();
      // A token that is being worked on is good for longer than what it came with.
      if (!this.#proof) this.#form = answer.value.form;
      this.#backOff.reset();
    } else this.#backOff.later(() => void this.#load(), (answer.trouble.retryAfterS ?? 0) * 1000);
    this.#tell();
  }
}
