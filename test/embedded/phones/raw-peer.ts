import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';

/** A UDP port worked by hand: what a phone puts on the wire is read and answered as plain text. */
export class RawPeer {
  readonly #socket: Socket;
  readonly #unread: Buffer[] = [];
  #arrived = () => {};

  static async open(): Promise<RawPeer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new RawPeer(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      this.#unread.push(data);
      this.#arrived();
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(text: string | Buffer, port: number): void {
    const data = typeof text === 'string' ? text.replace(/\r?\n/g, '\r\n') : text;
    this.#socket.send(data, port, '127.0.0.1');
  }

  /** The next datagram; rejects after that time. */
  async nextBytes(withinMs = 15_000, what = 'a datagram'): Promise<Buffer> {
    const deadline = AbortSignal.timeout(withinMs);
    for (;;) {
      const next = this.#unread.shift();
      if (next) return next;
      await new Promise<void>((resolve, reject) => {
        this.#arrived = resolve;
        deadline.addEventListener('abort', () => {
          reject(new Error(`${what} did not come within ${withinMs} ms`));
        });
      });
    }
  }

  /** The next datagram that matches; those before it are dropped. Rejects when nothing comes for that time. */
  async next(pattern: RegExp, withinMs = 15_000): Promise<string> {
    for (;;) {
      const text = (await this.nextBytes(withinMs, String(pattern))).toString();
      if (pattern.test(text)) return text;
    }
  }

  close(): void {
    this.#socket.close();
  }
}

/** One header of a message as it stands on the wire. */
export function header(message: string, name: string): string {
  return new RegExp(`^${name}: (.*?)\r?$`, 'im').exec(message)?.[1] ?? '';
}

/** A session description with that direction; `connection` is where it wants its audio. */
export function sdp(
  direction: string,
  { connection = '127.0.0.1', port = 40_000, formats = '0 96' } = {},
): string {
  return [
    'v=0',
    `o=raw 1 1 IN IP4 127.0.0.1`,
    's=raw',
    `c=IN IP4 ${connection}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${formats}`,
    'a=rtpmap:96 telephone-event/8000',
    `a=${direction}`,
    '',
  ].join('\r\n');
}

/** A request as a caller of few words writes it. */
export function request(
  method: string,
  parts: {
    to: number;
    from: number;
    cseq?: number;
    branch?: string;
    toTag?: string;
    extra?: string[];
    body?: string;
  },
): string {
  const { to, from, cseq = 1, branch = `${method}${cseq}`, toTag, extra = [], body = '' } = parts;
  return [
    `${method} sip:phone@127.0.0.1:${to} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${from};branch=z9hG4bK-${branch};rport`,
    'Max-Forwards: 70',
    `f: "Raw, Peer" <sip:raw@127.0.0.1:${from}>;tag=raw`,
    `t: <sip:phone@127.0.0.1:${to}>${toTag === undefined ? '' : `;tag=${toTag}`}`,
    'i: raw-call',
    `CSeq: ${cseq} ${method}`,
    `m: <sip:raw@127.0.0.1:${from}>`,
    ...extra,
    ...(body === '' ? [] : ['c: application/sdp']),
    `l: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

/** A response to a request that was read from the wire. */
export function response(
  status: string,
  to: string,
  parts: { tag?: string; extra?: string[]; body?: string } = {},
): string {
  const { tag = 'raw', extra = [], body = '' } = parts;
  const toHeader = header(to, 'To');
  return [
    `SIP/2.0 ${status}`,
    `Via: ${header(to, 'Via')}`,
    `From: ${header(to, 'From')}`,
    `To: ${toHeader.includes(';tag=') ? toHeader : `${toHeader};tag=${tag}`}`,
    `Call-ID: ${header(to, 'Call-ID')}`,
    `CSeq: ${header(to, 'CSeq')}`,
    ...extra,
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}
