import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Mailbox } from '../../../support/mailbox.ts';

/** The control protocol spoken by hand, byte for byte. */
export class Control {
  readonly frames = new Mailbox<string[]>();
  readonly #socket: Socket;
  #rest = Buffer.alloc(0);
  #ids = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  static async open(port: number): Promise<Control> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Control(socket);
  }

  get closed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.closed) resolve();
      else this.#socket.once('close', () => resolve());
    });
  }

  /** Stops reading, as an application does that hangs. */
  stall(): void {
    this.#socket.pause();
  }

  write(bytes: string | Buffer): void {
    this.#socket.write(bytes);
  }

  /** Sends a frame and gives its id. */
  send(payload: string): string {
    const id = `id${++this.#ids}`;
    const whole = `${id}|${payload}`;
    this.write(`${Buffer.byteLength(whole)}#${whole}`);
    return id;
  }

  /** Sends a frame of any bytes, whose first field need not be an id. */
  sendBytes(payload: string): void {
    this.write(Buffer.from(`${payload.length}#${payload}`, 'latin1'));
  }

  /** The next frame: its fields, and the SIP text as the last of them. */
  next(): Promise<string[]> {
    return this.frames.next();
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const hash = this.#rest.indexOf('#');
      if (hash === -1) return;
      const size = Number(this.#rest.toString('latin1', 0, hash));
      if (this.#rest.length < hash + 1 + size) return;
      const payload = this.#rest.toString('utf8', hash + 1, hash + 1 + size);
      this.#rest = this.#rest.subarray(hash + 1 + size);
      const end = payload.indexOf('\r\n');
      this.frames.put(
        end === -1 ? payload.split('|') : [...payload.slice(0, end).split('|'), payload.slice(end + 2)],
      );
    }
  }
}
