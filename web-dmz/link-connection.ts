import type { FromDmz, ToDmz } from '../contracts/link.schema.ts';
import type { LinkChannel, Unnumbered } from '../server-kit/link/link-channel.ts';

type Ask<T extends FromDmz['t']> = Omit<Extract<Unnumbered<FromDmz>, { t: T }>, 't'>;
/** One question of a visitor, with the id that makes it the same question on another connection. */
export type LinkRequest = Ask<'request'>;
/** A stream that a visitor wants. */
export type LinkOpen = Ask<'open'>;
/** What the inside answered. */
export type LinkReply = Pick<Extract<ToDmz, { t: 'reply' }>, 'status' | 'body' | 'retryAfterS'>;

/** The visitor's end of a stream. `onOpened` or `onRefused` comes at most once, and nothing after `onRefused` or `onClosed`. */
export interface StreamEnd {
  onOpened(): void;
  onRefused(reply: LinkReply): void;
  onData(data: string, as: { event?: string | undefined; id?: string | undefined }): void;
  /** The inside closed it, or (`isLost`) the link is gone and the visitor should come back. */
  onClosed(reason: string, isLost: boolean): void;
}

/** Our end of a stream to the inside. */
export interface OpenStream {
  /** False if the link cannot take it now; the stream is then to be closed, because nothing may be skipped. */
  send(data: string): boolean;
  /** Safe to call twice, or after it is closed. */
  close(reason: string): void;
}

type DmzChannel = LinkChannel<ToDmz, FromDmz>;
interface Waiting {
  onReply(reply: LinkReply): void;
  onLost(): void;
}

/** One connection from the inside: which requests and streams are on it. */
export class LinkConnection {
  /** The name in the certificate of the inside. */
  readonly peer: string;
  origins: readonly string[] = [];
  readonly #channel: DmzChannel;
  readonly #waiting = new Map<string, Waiting>();
  readonly #streams = new Map<string, StreamEnd>();

  constructor(peer: string, channel: DmzChannel) {
    this.peer = peer;
    this.#channel = channel;
  }

  /** What is in progress here: new things go where there is least. */
  get load(): number {
    return this.#waiting.size + this.#streams.size;
  }

  get takesNew(): boolean {
    return this.#channel.isOpen && !this.#channel.isCongested;
  }

  /** Sends a request; exactly one of `onReply` and `onLost` follows, unless it is forgotten first. */
  request(request: LinkRequest, waiting: Waiting): boolean {
    if (!this.#channel.send({ t: 'request', ...request })) return false;
    this.#waiting.set(request.id, waiting);
    return true;
  }

  forget(id: string): void {
    this.#waiting.delete(id);
  }

  /** Opens a stream, or undefined if the request for it cannot be sent. */
  open(open: LinkOpen, end: StreamEnd): OpenStream | undefined {
    const { stream } = open;
    if (!this.#channel.send({ t: 'open', ...open })) return undefined;
    this.#streams.set(stream, end);
    return {
      send: (data) =>
        this.#streams.has(stream) && this.takesNew && this.#channel.send({ t: 'data', stream, data }),
      close: (reason) => {
        if (this.#streams.delete(stream)) {
          this.#channel.send({ t: 'close', stream, reason: reason.slice(0, 200) });
        }
      },
    };
  }

  /** Hands a frame to whom it concerns; one for somebody who has left is late, not wrong. */
  take(frame: Exclude<ToDmz, { t: 'hello' }>): void {
    switch (frame.t) {
      case 'ping':
        this.#channel.send({ t: 'pong' });
        return;
      case 'reply':
        this.#waiting.get(frame.id)?.onReply(frame);
        this.#waiting.delete(frame.id);
        return;
      case 'opened':
        this.#streams.get(frame.stream)?.onOpened();
        return;
      case 'data':
        this.#streams.get(frame.stream)?.onData(frame.data, frame);
        return;
      case 'refused':
        this.#ended(frame.stream)?.onRefused(frame);
        return;
      case 'close':
        this.#ended(frame.stream)?.onClosed(frame.reason ?? 'done', false);
        return;
    }
  }

  /** The connection is gone: whoever waits on it is told. */
  end(): void {
    const waiting = [...this.#waiting.values()];
    const streams = [...this.#streams.values()];
    this.#waiting.clear();
    this.#streams.clear();
    for (const end of streams) end.onClosed('the link was lost', true);
    for (const one of waiting) one.onLost();
  }

  close(reason: string): void {
    this.#channel.close(reason);
  }

  #ended(stream: string): StreamEnd | undefined {
    const end = this.#streams.get(stream);
    this.#streams.delete(stream);
    return end;
  }
}
