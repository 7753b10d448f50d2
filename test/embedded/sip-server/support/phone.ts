import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket as TcpSocket } from 'node:net';
import { trim } from '../../../../embedded/sip-server/sip/trim.ts';
import { StreamReader } from '../../../../embedded/sip-server/sip/stream-reader.ts';

/** A SIP message as the raw phone sees it: text, and headers under their lower-case names. */
export interface Seen {
  readonly text: string;
  readonly start: string;
  readonly method: string;
  readonly status: number;
  header(name: string): string;
  readonly body: string;
}

function seen(text: string): Seen {
  const end = text.indexOf('\r\n\r\n');
  const [start = '', ...lines] = text.slice(0, end).split('\r\n');
  const isResponse = start.startsWith('SIP/2.0 ');
  return {
    text,
    start,
    method: isResponse ? '' : (start.split(' ')[0] ?? ''),
    status: isResponse ? Number(start.split(' ')[1]) : 0,
    header: (name) => {
      const line = lines.find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`));
      return trim(line?.slice(line.indexOf(':') + 1) ?? '');
    },
    body: text.slice(end + 4),
  };
}

type Wish = (message: Seen) => boolean;

/** A phone without a SIP stack: it sends what it is told to, and shows all that reaches it. */
export abstract class Phone {
  readonly unread: Seen[] = [];
  readonly #wishes: { wish: Wish; give: (message: Seen) => void }[] = [];
  #calls = 0;
  abstract readonly port: number;
  abstract readonly transport: string;
  abstract send(text: string | Buffer): void;
  abstract close(): void;

  protected receive(text: string): void {
    const message = seen(text);
    const at = this.#wishes.findIndex(({ wish }) => wish(message));
    if (at === -1) this.unread.push(message);
    else this.#wishes.splice(at, 1)[0]?.give(message);
  }

  /** The first message, already here or yet to come, that fits. */
  next(wish: Wish): Promise<Seen> {
    const at = this.unread.findIndex(wish);
    if (at !== -1) return Promise.resolve(this.unread.splice(at, 1)[0]!);
    return new Promise((give) => this.#wishes.push({ wish, give }));
  }

  response(status: number, method = ''): Promise<Seen> {
    return this.next((one) => one.status === status && one.header('cseq').endsWith(method));
  }

  request(method: string): Promise<Seen> {
    return this.next((one) => one.method === method);
  }

  /** A request of this phone's to the server, with headers replaced (or, by '', left out) by name. */
  compose(method: string, serverPort: number, headers: Record<string, string> = {}, body = ''): string {
    const n = ++this.#calls;
    const all: Record<string, string> = {
      Via: `SIP/2.0/${this.transport} 127.0.0.1:${this.port};branch=z9hG4bKphone${this.port}x${n}`,
      'Max-Forwards': '70',
      From: `<sip:phone@127.0.0.1:${this.port}>;tag=phone${n}`,
      To: `<sip:service@127.0.0.1:${serverPort}>`,
      'Call-ID': `call-${this.port}-${n}`,
      CSeq: `${n} ${method}`,
      Contact: `<sip:phone@127.0.0.1:${this.port}>`,
      ...(body === '' ? {} : { 'Content-Type': 'application/sdp' }),
      ...headers,
      'Content-Length': String(Buffer.byteLength(body)),
    };
    const lines = Object.entries(all).filter(([, value]) => value !== '');
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return `${method} sip:service@127.0.0.1:${serverPort} SIP/2.0\r\n${head}\r\n${body}`;
  }

  /** A response to a request that reached this phone. */
  answer(request: Seen, status: number, headers: Record<string, string> = {}, body = ''): string {
    const to = request.header('to');
    const all: Record<string, string> = {
      From: request.header('from'),
      To: to.includes('tag=') || status === 100 ? to : `${to};tag=phone${this.port}`,
      'Call-ID': request.header('call-id'),
      CSeq: request.header('cseq'),
      Contact: `<sip:phone@127.0.0.1:${this.port}>`,
      ...(body === '' ? {} : { 'Content-Type': 'application/sdp' }),
      ...headers,
      'Content-Length': String(Buffer.byteLength(body)),
    };
    const vias = request.text.split('\r\n').filter((line) => /^via:/i.test(line));
    const head = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    const text = `SIP/2.0 ${status} Whatever\r\n${[...vias, ...head].join('\r\n')}\r\n\r\n${body}`;
    this.send(text);
    return text;
  }
}

export class UdpPhone extends Phone {
  readonly transport = 'UDP';
  readonly #socket: Socket;
  readonly #server: number;

  private constructor(socket: Socket, server: number) {
    super();
    this.#socket = socket;
    this.#server = server;
    socket.on('message', (data) => this.receive(data.toString('latin1')));
  }

  static async open(server: number): Promise<UdpPhone> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new UdpPhone(socket, server);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(text: string | Buffer): void {
    this.#socket.send(text, this.#server, '127.0.0.1');
  }

  close(): void {
    this.#socket.close();
  }
}

export class TcpPhone extends Phone {
  readonly transport = 'TCP';
  readonly #socket: TcpSocket;

  private constructor(socket: TcpSocket) {
    super();
    this.#socket = socket;
    const reader = new StreamReader(
      (text) => this.receive(text),
      () => {},
    );
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
    socket.on('error', () => {});
  }

  static async open(server: number): Promise<TcpPhone> {
    const socket = connect(server, '127.0.0.1');
    await once(socket, 'connect');
    return new TcpPhone(socket);
  }

  get port(): number {
    return this.#socket.localPort ?? 0;
  }

  /** Stops reading, as a phone does that hangs. */
  stall(): void {
    this.#socket.pause();
  }

  get closed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.closed) resolve();
      else this.#socket.once('close', () => resolve());
    });
  }

  send(text: string | Buffer): void {
    this.#socket.write(text);
  }

  close(): void {
    this.#socket.destroy();
  }
}
