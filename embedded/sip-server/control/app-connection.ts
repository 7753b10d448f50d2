import type { Socket } from 'node:net';
import type { Answer, AppLink, Delivery } from '../agent/app-link.ts';
import { newId } from '../ids.ts';
import type { Flow } from '../transport/flow.ts';
import { frame, FrameReader } from './frame-reader.ts';
import { stackTime } from './stack-time.ts';

/** An application that lets this much pile up unread is dropped, so that it holds up nobody else. */
const LONGEST_QUEUE = 8 * 1024 * 1024;

type Peer = Pick<Flow, 'protocol' | 'address' | 'port'>;

/** One control connection of an application: frames in, frames out. */
export class AppConnection implements AppLink {
  readonly routes = new Set<string>();
  authenticated = false;
  tags: readonly string[] = [];
  readonly #socket: Socket;
  /** Frames of this turn of the event loop, which go out together: every write costs a system call. */
  #queue = '';

  constructor(socket: Socket, onPayload: (payload: string) => void) {
    this.#socket = socket;
    const reader = new FrameReader((payload) => {
      if (this.open) onPayload(payload);
    });
    socket.on('data', (chunk: Buffer) => {
      if (!reader.push(chunk)) socket.destroy();
    });
  }

  get open(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  deliver({ source, text, flow, txnId, dialogId = '', isNew = false }: Delivery): void {
    const arrivedOn = isNew && flow ? `|${flow.local.address}|${flow.local.port}|` : '|';
    const meta = `${describe(source, text, flow, stackTime())}|${txnId}|${dialogId}${arrivedOn}`;
    this.send(`${newId()}|sip|${meta}\r\n${text}`);
  }

  /** The answer to the frame with this id. */
  reply(id: string, ...fields: string[]): void {
    this.send([newId(), 'response', id, ...fields].join('|'));
  }

  /** How the answer to one `sip` frame is written. */
  answerTo(id: string): Answer {
    return new FrameAnswer(this, id);
  }

  send(payload: string): void {
    if (!this.open) return;
    if (this.#queue === '') setImmediate(() => this.#flush());
    this.#queue += frame(payload);
    if (this.#queue.length > LONGEST_QUEUE) this.#flush();
  }

  #flush(): void {
    const frames = this.#queue;
    this.#queue = '';
    if (frames === '' || !this.open) return;
    this.#socket.write(frames, 'latin1');
    if (this.#socket.writableLength > LONGEST_QUEUE) this.#socket.destroy();
  }

  /** Closes after what was sent has gone out. */
  end(): void {
    this.#flush();
    this.#socket.end();
    this.#socket.destroySoon();
  }
}

/** Writes the answer to one frame of an application. */
class FrameAnswer implements Answer {
  readonly #to: AppConnection;
  readonly #id: string;

  constructor(to: AppConnection, id: string) {
    this.#to = to;
    this.#id = id;
  }

  requestSent(text: string, flow: Flow | undefined, txnId: string): void {
    const from = flow && { protocol: flow.protocol, address: flow.local.address, port: flow.local.port };
    this.#message('application', text, from, `${txnId}|Msg sent:|`);
  }

  responseSent(text: string, flow: Flow, txnId: string, dialogId: string): void {
    this.#message('application', text, flow, `${txnId}|${dialogId}||Msg sent:|`);
  }

  refused(why: string): void {
    this.#to.reply(this.#id, 'NOK', why);
  }

  proxied(text: string, flow: Flow): void {
    this.#message('network', text, flow, '||continue');
  }

  proxyDone(): void {
    this.#to.reply(this.#id, 'OK', 'done');
  }

  #message(source: string, text: string, peer: Peer | undefined, end: string): void {
    const meta = describe(source, text, peer, stackTime());
    this.#to.send(`${newId()}|response|${this.#id}|OK|${meta}|${end}\r\n${text}`);
  }
}

function describe(source: string, text: string, flow: Peer | undefined, time: string): string {
  const peer = flow ? `${flow.protocol}|${flow.address}|${flow.port}` : '||';
  return `${source}|${text.length}|${peer}|${time}`;
}
