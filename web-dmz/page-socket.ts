import type { WebSocket } from 'ws';
import type { Problem } from '../contracts/problem.ts';
import { problems } from '../contracts/problem.ts';
import { pageSaysSchema } from '../contracts/visitor.schema.ts';
import type { Clock } from '../server-kit/clock.ts';
import type { LinkReply, OpenStream, StreamEnd } from './link-connection.ts';
import { TokenBuckets } from './token-buckets.ts';

/** A visitor who leaves this much unread is too slow. */
const MAX_UNREAD_BYTES = 1024 * 1024;
const PING_MS = 25_000;
const MESSAGES = { burst: 200, perMinute: 1_200 };
/** So many messages that are none of ours, and the page is not one of ours either. */
const MAX_WRONG = 10;

/** Closing codes (RFC 6455 7.4.1, and 1013 of its registry): over, broke the rules, come again later. */
const CODES = { done: 1000, refused: 1008, later: 1013 } as const;

/** The page session of one tab: passes on what is well formed, in order, and closes rather than skip anything. */
export class PageSocket implements StreamEnd {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #messages: TokenBuckets;
  #stream: OpenStream | undefined;
  #stopPinging: () => void = () => {};
  #isAlive = true;
  #wrong = 0;

  constructor(socket: WebSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    this.#messages = new TokenBuckets(MESSAGES, clock, 1);
    socket.on('message', (data: Buffer, isBinary: boolean) =>
      this.#said(isBinary ? undefined : data.toString()),
    );
    socket.on('pong', () => (this.#isAlive = true));
    socket.on('error', () => {}); // too large or not UTF-8: ws has closed it with the right code, and 'close' follows
    socket.on('close', () => {
      this.#stopPinging();
      this.#stream?.close('the visitor left');
    });
    this.#ping();
  }

  /** The stream to the inside; messages pass from now on. */
  join(stream: OpenStream): void {
    this.#stream = stream;
  }

  onOpened(): void {
    // The page need not know: what it said meanwhile is already on its way.
  }

  onRefused(reply: LinkReply): void {
    const name = (reply.body as Partial<Problem> | undefined)?.type ?? 'unexpected';
    this.#close(reply.status === 503 ? CODES.later : CODES.refused, name);
  }

  onData(data: string): void {
    this.#socket.send(data);
    if (this.#socket.bufferedAmount <= MAX_UNREAD_BYTES) return;
    this.#close(CODES.later, 'too slow');
    this.#socket.terminate(); // what it does not read, it will not read before the closing frame either
  }

  onClosed(reason: string, isLost: boolean): void {
    this.#close(isLost ? CODES.later : CODES.done, reason);
  }

  #said(text: string | undefined): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#messages.take('') > 0) {
      this.#close(CODES.refused, 'too-many');
      return;
    }
    const message = pageSaysSchema.safeParse(parse(text));
    if (message.success) {
      if (!this.#stream?.send(JSON.stringify(message.data))) this.#close(CODES.later, 'unavailable');
      return;
    }
    this.#wrong += 1;
    const problem = 'invalid-request';
    this.#socket.send(JSON.stringify({ type: 'problem', problem, title: problems[problem].title }));
    if (this.#wrong >= MAX_WRONG) this.#close(CODES.refused, problem);
  }

  #close(code: number, reason: string): void {
    this.#stream?.close(reason);
    this.#socket.close(code, reason.slice(0, 120));
  }

  /** A page that vanished without a word (a closed lid, a lost network) is noticed within two rounds. */
  #ping(): void {
    this.#stopPinging = this.#clock.after(PING_MS, () => {
      if (!this.#isAlive) {
        this.#socket.terminate();
        return;
      }
      this.#isAlive = false;
      this.#socket.ping();
      this.#ping();
    });
  }
}

function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
