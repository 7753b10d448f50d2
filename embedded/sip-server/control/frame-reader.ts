/** The largest payload an application may send: five digits of length. */
export const LARGEST_FRAME = 99_999;

const HASH = 0x23;

/**
 * Cuts the bytes of an application into frames, `<decimal byte length>#<payload>`, however they were split on the way.
 * `push` answers false when the peer does not keep to the form, and has to go.
 */
export class FrameReader {
  #chunks: Buffer[] = [];
  #size = 0;
  /** What the next frame needs beyond its header; -1 while its length is unknown. */
  #wanted = -1;
  readonly #onFrame: (payload: string) => void;

  constructor(onFrame: (payload: string) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size > 0) {
      if (this.#wanted === -1 && !this.#readLength()) return this.#size <= 5;
      if (this.#wanted < 1) return false;
      if (this.#size < this.#wanted) return true;
      const whole = this.#whole();
      const payload = whole.toString('latin1', 0, this.#wanted);
      this.#keep(whole.subarray(this.#wanted));
      this.#wanted = -1;
      this.#onFrame(payload);
    }
    return true;
  }

  /** False when more bytes are needed to know the length; a malformed length leaves `wanted` at 0. */
  #readLength(): boolean {
    const bytes = this.#whole();
    const hash = bytes.subarray(0, 6).indexOf(HASH);
    const digits = bytes.toString('latin1', 0, hash === -1 ? Math.min(bytes.length, 6) : hash);
    if (!/^\d{1,5}$/.test(digits)) {
      this.#wanted = 0;
      return true;
    }
    if (hash === -1) return false;
    this.#wanted = Number(digits);
    this.#keep(bytes.subarray(hash + 1));
    return true;
  }

  #whole(): Buffer {
    const whole = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#chunks = whole ? [whole] : [];
    return whole ?? Buffer.alloc(0);
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#size = rest.length;
  }
}

/** One frame for the wire, of a payload that is a byte string. */
export function frame(payload: string): string {
  return `${payload.length}#${payload}`;
}
