import type { FromDmz, ToDmz } from '../../contracts/link.schema.ts';
import type { LinkChannel, Unnumbered } from '../../server-kit/link/link-channel.ts';
import type { VisitorAsk, VisitorStream } from '../ports/visitor-desk.ts';

/** The channel as the inside has it. */
export type InsideChannel = LinkChannel<FromDmz, ToDmz>;

/** What a visitor may send before the desk listens. */
const MAX_UNHEARD = 64;

/**
 * A visitor's stream over one connection of the link. It is never left with a hole: what cannot be sent now closes it,
 * and the visitor comes back and resumes.
 */
export class RelayedStream implements VisitorStream {
  readonly ask: VisitorAsk;
  readonly lastEventId?: string;
  readonly #id: string;
  readonly #channel: InsideChannel;
  readonly #onGone: () => void;
  readonly #closeListeners: ((reason: string) => void)[] = [];
  readonly #dataListeners: ((data: string) => void)[] = [];
  #unheard: string[] = [];
  #isAccepted = false;
  #closed: string | undefined;

  constructor(
    id: string,
    ask: VisitorAsk,
    lastEventId: string | undefined,
    channel: InsideChannel,
    onGone: () => void,
  ) {
    this.#id = id;
    this.ask = ask;
    if (lastEventId !== undefined) this.lastEventId = lastEventId;
    this.#channel = channel;
    this.#onGone = onGone;
  }

  send(data: string, as: { event?: string; id?: string } = {}): boolean {
    this.accept();
    if (this.#closed !== undefined) return false;
    if (!this.#channel.isCongested && this.#tell({ t: 'data', stream: this.#id, data, ...as })) return true;
    this.close('too slow');
    return false;
  }

  close(reason = 'done'): void {
    if (this.#closed !== undefined) return;
    this.accept();
    this.#tell({ t: 'close', stream: this.#id, reason: reason.slice(0, 200) });
    this.end(reason);
  }

  onData(listener: (data: string) => void): void {
    this.#dataListeners.push(listener);
    for (const data of this.#unheard.splice(0)) listener(data);
  }

  onClose(listener: (reason: string) => void): void {
    if (this.#closed === undefined) this.#closeListeners.push(listener);
    else listener(this.#closed);
  }

  /** The desk takes it: told to web-dmz once, before anything else. */
  accept(): void {
    if (this.#isAccepted || this.#closed !== undefined) return;
    this.#isAccepted = true;
    this.#tell({ t: 'opened', stream: this.#id });
  }

  /** The desk does not take it; after something was sent already, that is a close. */
  refuse(status: number, body: { readonly type: string }): void {
    if (this.#closed !== undefined) return;
    if (this.#isAccepted) {
      this.close(body.type);
      return;
    }
    this.#tell({ t: 'refused', stream: this.#id, status, body });
    this.end(body.type);
  }

  /** A message of the visitor has come. */
  hear(data: string): void {
    if (this.#closed !== undefined) return;
    for (const listener of this.#dataListeners) listener(data);
    if (this.#dataListeners.length > 0) return;
    this.#unheard.push(data);
    if (this.#unheard.length > MAX_UNHEARD) this.close('too many messages');
  }

  /** It is over on this side, and web-dmz knows or cannot be told. */
  end(reason: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#unheard = [];
    this.#onGone();
    const failures: unknown[] = [];
    for (const listener of this.#closeListeners) {
      try {
        listener(reason);
      } catch (error) {
        failures.push(error); // one listener's bug keeps the end from no other
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'a listener failed');
  }

  #tell(frame: Unnumbered<ToDmz>): boolean {
    return this.#channel.send(frame);
  }
}
