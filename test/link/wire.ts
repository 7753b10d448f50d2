import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** A cable between two ends, which a test can cut: everything that goes through it is lost at once. */
export class Wire {
  readonly #server: Server;
  readonly #sockets: [Socket, Socket][] = [];

  private constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      this.#sockets.push([near, far]);
      near.pipe(far).pipe(near);
      near.on('error', () => far.destroy()).on('close', () => far.destroy());
      far.on('error', () => near.destroy()).on('close', () => near.destroy());
    });
  }

  static async to(port: number): Promise<Wire> {
    const wire = new Wire(port);
    wire.#server.listen(0, '127.0.0.1');
    await once(wire.#server, 'listening');
    return wire;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts what is connected now; new connections pass again. */
  cut(): void {
    for (const pair of this.#sockets.splice(0)) for (const socket of pair) socket.resetAndDestroy();
  }

  /** Lets nothing through any more, without a word to either end. */
  freeze(): void {
    for (const pair of this.#sockets) for (const socket of pair) socket.pause();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }
}
