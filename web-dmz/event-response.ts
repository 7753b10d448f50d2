import type { ServerResponse } from 'node:http';
import type { Clock } from '../server-kit/clock.ts';

/** A visitor who leaves this much unread is too slow. */
const MAX_UNREAD_BYTES = 256 * 1024;
const HEARTBEAT_MS = 15_000;

/** An event stream (HTML standard 9.2) to one browser: bounded, and never silent for long. */
export class EventResponse {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  #stopBeating: () => void = () => {};

  constructor(response: ServerResponse, clock: Clock) {
    this.#response = response;
    this.#clock = clock;
  }

  /** Sends the head: from now on there is no other answer. Headers that are set already stay. */
  begin(): void {
    this.#response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
      // Nothing follows on this connection; so its end is seen at once, and closing waits for nobody.
      Connection: 'close',
    });
    this.#response.write('retry: 1000\n\n');
    this.#response.once('close', () => this.#stopBeating());
    this.#beat();
  }

  /** False if the visitor reads too slowly; the stream should then end. */
  send(data: string, as: { event?: string | undefined; id?: string | undefined }): boolean {
    const lines = [
      ...(as.id === undefined ? [] : [`id: ${oneLine(as.id)}`]),
      ...(as.event === undefined ? [] : [`event: ${oneLine(as.event)}`]),
      ...data.split(/\r\n|\r|\n/).map((line) => `data: ${line}`),
    ];
    this.#response.write(`${lines.join('\n')}\n\n`);
    return this.#response.writableLength <= MAX_UNREAD_BYTES;
  }

  /** Ends after what was sent; a visitor who does not read it is cut off. */
  end(): void {
    this.#stopBeating();
    if (this.#response.writableLength > MAX_UNREAD_BYTES) this.#response.destroy();
    else this.#response.end();
  }

  #beat(): void {
    this.#stopBeating = this.#clock.after(HEARTBEAT_MS, () => {
      this.#response.write(':\n\n');
      this.#beat();
    });
  }
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]/g, '');
}
