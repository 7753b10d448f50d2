import type { CallbackView } from '../../contracts/visitor.ts';
import { BackOff } from '../shared/back-off.ts';
import { eventSplitter } from './read-events.ts';
import type { Access, VisitorApi } from './visitor-api.ts';

/** A stream that says nothing for so long, not even a comment, is dead. */
const SILENCE_MS = 60_000;
const POLL_MS = 10_000;

/** What the stream tells: views as they change, whether they can still be trusted, and that the callback is gone. */
export interface StreamListener {
  changed(view: CallbackView, isPromiseBroken: boolean): void;
  stale(isStale: boolean): void;
  gone(): void;
}

/**
 * Follows one callback until it is told to stop: by a stream that is resumed where it broke off, and by asking every ten
 * seconds where something between here and there holds streams back.
 */
export class CallbackStream {
  readonly #access: Access;
  readonly #api: VisitorApi;
  readonly #listener: StreamListener;
  readonly #end = new AbortController();
  readonly #backOff: BackOff;
  #lastEventId: string | undefined;
  #failedStreams = 0;

  constructor(access: Access, api: VisitorApi, life: AbortSignal, listener: StreamListener) {
    this.#access = access;
    this.#api = api;
    this.#listener = listener;
    life.addEventListener('abort', () => this.stop());
    this.#backOff = new BackOff(this.#end.signal);
    void this.#read();
  }

  stop(): void {
    this.#end.abort();
  }

  async #read(): Promise<void> {
    if (this.#end.signal.aborted) return;
    const connection = new AbortController();
    this.#end.signal.addEventListener('abort', () => connection.abort(), { signal: connection.signal });
    let silence: ReturnType<typeof setTimeout> | undefined;
    const alive = (): void => {
      clearTimeout(silence);
      silence = setTimeout(() => connection.abort(), SILENCE_MS);
    };
    let heard = false;
    try {
      alive();
      const response = await this.#api.events(this.#access, this.#lastEventId, connection.signal);
      if (response.status === 401 || response.status === 404) {
        this.#gone();
        return;
      }
      if (!response.ok || !response.body) throw new Error('no stream');
      const split = eventSplitter(({ event, data, id }) => {
        heard = true;
        this.#lastEventId = id ?? this.#lastEventId;
        if (event.startsWith('callback.')) this.#tell(JSON.parse(data) as CallbackView, event);
      });
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        alive();
        split(decoder.decode(value, { stream: true }));
      }
    } catch {
      // Cut off, or never begun: both lead on below.
    } finally {
      clearTimeout(silence);
      connection.abort();
    }
    if (heard) this.#backOff.reset();
    this.#failedStreams = heard ? 0 : this.#failedStreams + 1;
    this.#again();
  }

  #again(): void {
    if (this.#end.signal.aborted) return;
    // A stream that never says anything twice running is being held back on the way.
    if (this.#failedStreams >= 2) void this.#poll();
    else {
      this.#listener.stale(true);
      this.#backOff.later(() => void this.#read());
    }
  }

  async #poll(): Promise<void> {
    const answer = await this.#api.read(this.#access);
    if (this.#end.signal.aborted) return;
    if (answer.ok) {
      this.#tell(answer.value, 'callback.changed');
      this.#backOff.reset();
      // Every sixth time the stream is tried again.
      if (++this.#failedStreams % 6 === 0) this.#failedStreams = 1;
      this.#backOff.later(() => void (this.#failedStreams === 1 ? this.#read() : this.#poll()), POLL_MS);
    } else if (answer.trouble.status === 401 || answer.trouble.status === 404) {
      this.#gone();
    } else {
      this.#failedStreams = 1;
      this.#listener.stale(true);
      this.#backOff.later(() => void this.#read());
    }
  }

  #tell(view: CallbackView, event: string): void {
    this.#listener.stale(false);
    this.#listener.changed(view, event === 'callback.promise-broken');
  }

  #gone(): void {
    this.stop();
    this.#listener.gone();
  }
}
