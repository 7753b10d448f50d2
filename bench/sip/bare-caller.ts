import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const LATE_MS = 5000;
const AGAIN_MS = 500; // T1 of RFC 3261: a datagram may be lost when many come at once

/** Calls two telephones one after the other, tells the first of the second, hangs up: text and a socket, no SIP stack. */
export class BareCaller {
  readonly #socket: Socket;
  readonly #waiting = new Map<string, (text: string) => void>();
  /** The ACKs that went out, by what they acknowledge, until the call is over: a 200 that comes again wants its own again. */
  readonly #acks = new Map<string, () => void>();
  #calls = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const text = data.toString('latin1');
      if (text.startsWith('SIP/2.0 1')) return;
      const key = keyOf(text);
      const answer = this.#waiting.get(key) ?? this.#acks.get(key);
      this.#waiting.delete(key);
      answer?.(text);
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
    const call = `bare${String(++this.#calls)}`; // others begin while this one waits
    const first = await this.#invite(agent, `${call}a`, 1, '', sdp);
    const second = await this.#invite(customer, `${call}c`, 1, '', sdp);
    const again = await this.#invite(agent, first.id, 2, first.to, sdp);
    const bye = async (port: number, id: string, to: string): Promise<void> => {
      await this.#ask(port, 'BYE', id, 3, to, '');
      for (const seq of [1, 2]) this.#acks.delete(`${id} ${String(seq)} INVITE`);
    };
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
    const acknowledge = (): void => this.#send(port, 'ACK', id, seq, tagged, '');
    this.#acks.set(`${id} ${String(seq)} INVITE`, acknowledge);
    acknowledge();
    return { id, to: tagged };
  }

  #ask(port: number, method: string, id: string, seq: number, to: string, sdp: string): Promise<string> {
    const send = (): void => this.#send(port, method, id, seq, to, sdp);
    const answered = new Promise<string>((resolve, reject) => {
      const again = setInterval(send, AGAIN_MS);
      const late = setTimeout(() => {
        clearInterval(again);
        reject(new Error(`no answer to ${method}`));
      }, LATE_MS);
      this.#waiting.set(`${id} ${String(seq)} ${method}`, (text) => {
        clearInterval(again);
        clearTimeout(late);
        resolve(text);
      });
    });
    send();
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
