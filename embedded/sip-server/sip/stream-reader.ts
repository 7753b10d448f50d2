import { own } from './own.ts';
import { LONGEST_HEAD } from './parse-message.ts';

const LONGEST_BODY = 65_536;
const LENGTH = /^(?:content-length|l)[ \t]*:[ \t]*(\d{1,6})[ \t]*\r?$/im;

/**
 * Cuts a TCP stream into SIP messages by their Content-Length (RFC 3261 section 18.3). `push` answers false when the stream
 * cannot be followed any more and the connection has to go.
 */
export class StreamReader {
  #pending = '';
  #needed = 0;
  #blank = 0;
  readonly #onMessage: (text: string) => void;
  readonly #onPing: () => void;

  constructor(onMessage: (text: string) => void, onPing: () => void) {
    this.#onMessage = onMessage;
    this.#onPing = onPing;
  }

  push(chunk: Buffer): boolean {
    this.#pending += chunk.toString('latin1');
    for (;;) {
      if (this.#needed === 0 && !this.#measure()) return this.#pending.length <= LONGEST_HEAD;
      if (this.#needed < 0) return false;
      if (this.#pending.length < this.#needed) return true;
      const text = own(this.#pending.slice(0, this.#needed));
      this.#pending = this.#pending.slice(this.#needed);
      this.#needed = 0;
      this.#blank = 0;
      this.#onMessage(text);
    }
  }

  /** Finds out how long the message at the front is; false while its head is incomplete. */
  #measure(): boolean {
    // A double CRLF between messages asks for a CRLF in return (RFC 5626 section 4.4.1).
    const blank = /^(?:\r\n)+/.exec(this.#pending)?.[0].length ?? 0;
    if (blank > 0) {
      this.#pending = this.#pending.slice(blank);
      this.#blank += blank;
      if (this.#blank >= 4) this.#onPing();
      this.#blank %= 4;
    }
    const end = this.#pending.indexOf('\r\n\r\n');
    if (end === -1) return false;
    const size = Number(LENGTH.exec(this.#pending.slice(0, end))?.[1] ?? 0);
    this.#needed = size > LONGEST_BODY || end > LONGEST_HEAD ? -1 : end + 4 + size;
    return true;
  }
}
