import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const LATE_MS = 5000;

/** Calls two telephones one after the other, tells the first of the second, hangs up: text and a socket, no SIP stack. */
export class BareCaller {
  readonly #socket: Socket;
  readonly #waiting = new Map<string, (text: string) => void>();
  #calls = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const text = data.toString('latin1');
      if (text.startsWith('SIP/2.0 1')) return;
      const key = keyOf(text);
      this.#waiting.get(key)?.(text);
      this.#waiting.delete(key);
    });
  }

  static async open(): Promise<BareCaller> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new BareCaller(socket);
  }

  /** One callback; the promise it gives resolves when both are told of each other, the other when all is over. */
  async callback(agent: number, customer: number, sdp: string): Promise<{ over: Promise<unknown> }> {
    const first = await this.#invite(agent, `bare${String(++this.#calls)}a`, 1, '', sdp);
    const second = await this.#invite(customer, `bare${String(this.#calls)}c`, 1, '', sdp);
    const again = await this.#invite(agent, first.id, 2, first.to, sdp);
    const bye = (port: number, id: string, to: string): Promise<string> =>
      this.#ask(port, 'BYE', id, 3, to, '');
    return { over: Promise.all([bye(agent, again.id, again.to), bye(customer, second.id, second.to)]) };
  }

  close(): void {
    this.#socket.close();
  }

  async #invite(
    port: number,
    id: string,
    seq: number,
    to: string,
    sdp: string,
  ): Promise<{ id: string; to: string }> {
    const answer = await this.#ask(port, 'INVITE', id, seq, to, sdp);
    const tagged = /^To: *(.*)$/im.exec(answer)?.[1]?.trim() ?? '';
    this.#send(port, 'ACK', id, seq, tagged, '');
    return { id, to: tagged };
  }

  #ask(port: number, method: string, id: string, seq: number, to: string, sdp: string): Promise<string> {
    const answered = new Promise<string>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no answer to ${method}`)), LATE_MS);
      this.#waiting.set(`${id} ${String(seq)} ${method}`, (text) => {
        clearTimeout(late);
        resolve(text);
      });
    });
    this.#send(port, method, id, seq, to, sdp);
    return answered;
  }

  #send(port: number, method: string, id: string, seq: number, to: string, sdp: string): void {
    const here = `127.0.0.1:${String(this.#socket.address().port)}`;
    const there = `sip:a@127.0.0.1:${String(port)}`;
    const text = [
      `${method} ${there} SIP/2.0`,
      `Via: SIP/2.0/UDP ${here};branch=z9hG4bK${id}${String(seq)}${method}`,
      `From: <sip:b@${here}>;tag=${id}`,
      `To: ${to || `<${there}>`}`,
      `Call-ID: ${id}`,
      `CSeq: ${String(seq)} ${method}`,
      `Contact: <sip:b@${here}>`,
      ...(sdp === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${String(sdp.length)}`,
      `\r\n${sdp}`,
    ].join('\r\n');
    this.#socket.send(text, port, '127.0.0.1');
  }
}

function keyOf(text: string): string {
  const id = /^Call-ID: *(\S+)/im.exec(text)?.[1] ?? '';
  return `${id} ${/^CSeq: *(.*)$/im.exec(text)?.[1]?.trim() ?? ''}`;
}
