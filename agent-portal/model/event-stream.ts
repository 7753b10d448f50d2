import type { AgentEvents, AgentMessage } from '../../contracts/agent.ts';

/** Whether what is on the screen is as the server has it. */
export type StreamState =
  | { readonly is: 'connecting' }
  | { readonly is: 'live' }
  /** Broken since then; the page goes on trying. */
  | { readonly is: 'broken'; readonly since: number };

const known = {
  'me.changed': true,
  'offer.made': true,
  'offer.withdrawn': true,
  'contact.changed': true,
  'contact.closed': true,
  'call.event': true,
  'line.changed': true,
  'board.changed': true,
  'command.completed': true,
  'command.failed': true,
  'stream.reset': true,
  'session.ended': true,
} satisfies Record<keyof AgentEvents, true>;

const retriesMs = [200, 500, 1000, 2000, 5000] as const;
/** A stream that lived as long as this was a good one: the next break is the first again. */
const goodMs = 5000;

/** What the owner of a stream wants to hear. */
export interface StreamEars {
  message(cursor: string, message: AgentMessage): void;
  /** A message that could not be read: the state of the page is in doubt. */
  unreadable(): void;
  state(now: StreamState): void;
}

/**
 * The open-ended stream of events. It ALWAYS goes on from the last cursor it has delivered, after a break of its own
 * and after `move`; one unreadable message never stops the next.
 */
export class EventStream {
  readonly #ears: StreamEars;
  #source: EventSource | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #openedAt: number | undefined;
  #brokenSince: number | undefined;
  #cursor = '';
  #board = false;

  constructor(ears: StreamEars) {
    this.#ears = ears;
    addEventListener('online', () => this.#hurry());
    addEventListener('offline', () => this.#broke());
  }

  get isOpen(): boolean {
    return this.#source !== undefined || this.#retry !== undefined;
  }

  open(cursor: string, board: boolean): void {
    this.close();
    this.#cursor = cursor;
    this.#board = board;
    this.#connect();
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#source?.close();
    this.#source = undefined;
  }

  #connect(): void {
    this.#retry = undefined;
    if (this.#brokenSince === undefined) this.#ears.state({ is: 'connecting' });
    const query = new URLSearchParams({ cursor: this.#cursor, ...(this.#board ? { board: '1' } : {}) });
    const source = new EventSource(`/api/v1/events?${query.toString()}`);
    this.#source = source;
    source.onopen = () => {
      this.#openedAt = Date.now();
      this.#brokenSince = undefined;
      this.#ears.state({ is: 'live' });
    };
    // We connect anew ourselves: the browser would give up for good at the first 503, and wait longer.
    source.onerror = () => this.#broke();
    source.onmessage = (event) => this.#hear(event);
  }

  #hear(event: MessageEvent<unknown>): void {
    if (event.lastEventId !== '') this.#cursor = event.lastEventId;
    try {
      const message = JSON.parse(String(event.data)) as AgentMessage;
      // a name this page does not know is for a later one
      if (message.type in known) this.#ears.message(this.#cursor, message);
    } catch {
      this.#ears.unreadable();
    }
  }

  #broke(): void {
    if (this.#source === undefined) return;
    this.#source.close();
    this.#source = undefined;
    this.#brokenSince ??= Date.now();
    if (this.#openedAt !== undefined && Date.now() - this.#openedAt >= goodMs) this.#failures = 0;
    this.#openedAt = undefined;
    this.#ears.state({ is: 'broken', since: this.#brokenSince });
    const wait = retriesMs[Math.min(this.#failures, retriesMs.length - 1)] ?? 5000;
    this.#failures += 1;
    // spread out, so that a thousand desks do not return in the same instant
    this.#retry = setTimeout(() => this.#connect(), wait * (0.75 + Math.random() / 2));
  }

  #hurry(): void {
    if (this.#retry === undefined) return;
    clearTimeout(this.#retry);
    this.#connect();
  }
}
