import type { AvailabilityView } from '../../contracts/visitor.ts';
import { backOff } from '../shared/back-off.ts';
import { solve } from './proof-of-work.ts';
import type { VisitorApi } from './visitor-api.ts';

const FRESH_MS = 60_000;

/** What goes back with a request to show that work was done for it. */
export interface Proof {
  readonly token: string;
  readonly nonce: string;
}

/** Keeps what a service offers fresh while somebody looks, and has the proof of work ready when they are. */
export interface AvailabilityWatch {
  /** What the server said last. */
  view(): AvailabilityView | undefined;
  /** Asks the server unless what is here is fresh. */
  refresh(isForced?: boolean): void;
  /** Starts the work, or gives what is done: begun when the visitor begins to type, it is over before they send. */
  proof(): Promise<Proof>;
  /** The token was used, or refused: the next proof needs another one. */
  renewProof(): Promise<void>;
}

/** Watches the service that is meant now; `tell` hears each answer, and each failure, after which it is tried again. */
export function watchAvailability(
  api: VisitorApi,
  meant: { readonly service: string },
  life: AbortSignal,
  tell: (hasFailed: boolean) => void,
): AvailabilityWatch {
  const pause = backOff(life);
  let view: AvailabilityView | undefined;
  let form: AvailabilityView['form'] | undefined;
  let proof: Promise<Proof> | undefined;
  let loadedAt = 0;
  let isLoading = false;

  const load = async (): Promise<void> => {
    isLoading = true;
    const answer = await api.availability(meant.service);
    isLoading = false;
    if (life.aborted) return;
    if (answer.ok) {
      view = answer.value;
      loadedAt = Date.now();
      // A token that is being worked on is good for longer than what it came with.
      if (!proof) ({ form } = view);
      pause.reset();
    } else pause.later(() => void load(), (answer.trouble.retryAfterS ?? 0) * 1000);
    tell(!answer.ok);
  };

  const work = async ({ token, difficulty }: AvailabilityView['form']): Promise<Proof> => ({
    token,
    nonce: await solve(token, difficulty, life),
  });

  return {
    view: () => view,
    refresh(isForced) {
      if (!isLoading && (isForced ?? Date.now() - loadedAt > FRESH_MS)) void load();
    },
    proof: () => (form ? (proof ??= work(form)) : Promise.reject(new Error('no form yet'))),
    renewProof() {
      proof = form = undefined;
      return load();
    },
  };
}
