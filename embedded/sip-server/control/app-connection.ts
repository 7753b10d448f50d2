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
    const sent = (text: string, flow: Peer | undefined, end: string): void => {
      const meta = describe('application', text, flow, stackTime());
      this.send(`${newId()}|response|${id}|OK|${meta}|${end}|Msg sent:|\r\n${text}`);
    };
    return {
      requestSent: (text, flow, txnId) =>
        sent(text, flow && { protocol: flow.protocol, ...flow.local }, txnId),
      responseSent: (text, flow, txnId, dialogId) => sent(text, flow, `${txnId}|${dialogId}|`),
      refused: (why) => this.reply(id, 'NOK', why),
      proxied: (text, flow) => {
        const meta = describe('network', text, flow, stackTime());
        this.send(`${newId()}|response|${id}|OK|${meta}|||continue\r\n${text}`);
      },
      proxyDone: () => this.reply(id, 'OK', 'done'),
    };
  }

  send(payload: string): void {
    if (!this.open) return;
    this.#socket.write(frame(payload), 'latin1');
    if (this.#socket.writableLength > LONGEST_QUEUE) this.#socket.destroy();
  }

  /** Closes after what was sent has gone out. */
  end(): void {
    this.#socket.end();
    this.#socket.destroySoon();
  }
}

function describe(source: string, text: string, flow: Peer | undefined, time: string): string {
  const peer = flow ? `${flow.protocol}|${flow.address}|${flow.port}` : '||';
  return `${source}|${text.length}|${peer}|${time}`;
}
