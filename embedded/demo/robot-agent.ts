import { setMaxListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';

/** What a robot agent needs to reach its desk: the same API a person's portal uses. */
export interface RobotOptions {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** How long it talks before it says goodbye. */
  readonly talkMs: number;
  /** How long it writes up. */
  readonly wrapUpMs: number;
  readonly onNote: (text: string) => void;
}

interface Contact {
  readonly callbackId: string;
  readonly state: string;
  readonly allowed: readonly string[];
  readonly call?: {
    readonly id: string;
    readonly talkingSince?: number;
    readonly allowed: readonly string[];
  };
  readonly notes: { readonly version: number };
}
interface Desk {
  readonly cursor: string;
  readonly me: { readonly state: string; readonly phone: string; readonly reason?: string };
  readonly offers: readonly { readonly reservationId: string }[];
  readonly contacts: readonly Contact[];
}

const RETRY_MS = 500;
/** Said only when it has not worked for a while: a server that starts or comes back is no news. */
const TROUBLE_AFTER_MS = 20_000;

/**
 * An agent of the demo company who accepts every offer and writes up by itself. It looks at its whole desk after each
 * event and does the one thing that is due; whatever fails is tried again at the next look.
 */
export class RobotAgent {
  readonly #options: RobotOptions;
  readonly #stop = new AbortController();
  #cookie = '';
  #workedAt = Date.now();
  #saidTrouble = '';
  /** The call it will hang up, once its time is over. */
  #leaving = '';
  #isReady: () => void = () => {};
  /** Resolves when it is at work for the first time. */
  readonly whenReady = new Promise<void>((resolve) => (this.#isReady = resolve));

  constructor(options: RobotOptions) {
    this.#options = options;
    setMaxListeners(0, this.#stop.signal); // every request on its way listens
  }

  /** Works until `stop`; never throws. */
  async work(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#logIn();
        await this.#shift();
      } catch (error) {
        this.#tellTrouble(error instanceof Error ? error.message : String(error));
      }
      await this.#pause(RETRY_MS);
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  #tellTrouble(text: string): void {
    if (this.#stop.signal.aborted || text === this.#saidTrouble) return;
    if (Date.now() - this.#workedAt < TROUBLE_AFTER_MS) return;
    this.#saidTrouble = text;
    this.#options.onNote(`cannot work: ${text}`);
  }

  async #logIn(): Promise<void> {
    const { username, password } = this.#options;
    const answer = await this.#send('POST', '/sessions', { username, password });
    this.#cookie = answer.headers
      .getSetCookie()
      .map((it) => it.split(';')[0])
      .join('; ');
    await this.#send('PUT', '/me/preferences', { accept: 'auto', sound: false });
  }

  /** One open event stream, and a look at the desk after everything it says. */
  async #shift(): Promise<void> {
    const { cursor } = await this.#look();
    const { url } = this.#options;
    const stream = await fetch(`${url}/api/v1/events?cursor=${cursor}`, {
      headers: { cookie: this.#cookie },
      signal: this.#stop.signal,
    });
    if (!stream.ok || !stream.body) throw new Error(`event stream refused: ${String(stream.status)}`);
    for await (const _chunk of stream.body) await this.#look();
  }

  async #look(): Promise<Desk> {
    const desk = (await (await this.#send('GET', '/me')).json()) as Desk;
    const { me } = desk;
    this.#workedAt = Date.now();
    this.#saidTrouble = '';
    if (me.phone === 'registered' && me.state !== 'not-ready') this.#isReady(); // or busy, from before
    if (me.state === 'not-ready' && me.phone === 'registered')
      await this.#send('PUT', '/me/state', { state: 'ready' });
    for (const contact of desk.contacts) {
      this.#leaveInTime(contact);
      if (!contact.allowed.includes('complete')) continue;
      await this.#pause(this.#options.wrapUpMs);
      await this.#send('POST', `/contacts/${contact.callbackId}/complete`, {
        disposition: 'resolved',
        notes: { text: 'Handled by a robot of the demo.', version: contact.notes.version },
        next: 'ready',
      });
    }
    return desk;
  }

  #leaveInTime({ call }: Contact): void {
    if (call?.talkingSince === undefined || !call.allowed.includes('drop') || call.id === this.#leaving)
      return;
    this.#leaving = call.id;
    const leave = async (): Promise<void> => {
      await this.#pause(this.#options.talkMs);
      if (!this.#stop.signal.aborted) await this.#send('POST', `/calls/${call.id}/drop`, {});
    };
    // Either the visitor has hung up before, or the next look tries again.
    leave().catch(() => (this.#leaving = ''));
  }

  async #send(method: string, path: string, body?: object): Promise<Response> {
    const { url } = this.#options;
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        origin: url,
        cookie: this.#cookie,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(10_000)]),
    });
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${String(answer.status)}`);
    return answer;
  }

  /** Ends early, without a word, when it is told to stop. */
  #pause(ms: number): Promise<void> {
    return setTimeout(ms, undefined, { signal: this.#stop.signal }).catch(() => {});
  }
}
