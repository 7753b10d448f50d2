import { randomBytes } from 'node:crypto';
import WebSocket from 'ws';
import type { CallbackCreated, CallbackView, PageHears, PageSays } from '../../contracts/visitor.ts';
import type { CallbackState } from '../../contracts/states.ts';
import demo from '../../embedded/demo/company.json' with { type: 'json' };
import { History } from './history.ts';
import { readEvents } from './sse.ts';

interface Options {
  readonly publicUrl: string;
  readonly site: string;
  readonly ip?: string;
}

export interface VisitorAnswer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

/** A visitor of the company's site, over the real visitor API of web-dmz. */
export class VisitorClient {
  readonly #options: Options;
  readonly views = new History<CallbackView>();
  readonly heard = new History<PageHears>();
  #end = new AbortController();
  #sockets: WebSocket[] = [];
  created: CallbackCreated | undefined;
  ip: string | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.ip = options.ip;
  }

  async send<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<VisitorAnswer<T>> {
    const { publicUrl, site } = this.#options;
    const response = await fetch(`${publicUrl}/api/v1${path}`, {
      method,
      headers: {
        origin: site,
        ...(this.ip !== undefined && { 'x-forwarded-for': this.ip }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: (text === '' ? undefined : JSON.parse(text)) as T,
      headers: response.headers,
    };
  }

  /** The body of a request as the widget sends it. */
  request(phone: string, more: object = {}): Record<string, unknown> {
    return {
      service: 'sales',
      phone,
      country: 'GB',
      name: 'Maria',
      timezone: 'Europe/London',
      page: `${this.#options.site}/tents/`,
      consent: { call: true, ...demo.consent.call },
      ...more,
    };
  }

  /** Asks for a callback, as the widget does: again with the same key while nobody can take it. */
  async ask(phone: string, more: object = {}, key: string = newKey()): Promise<CallbackCreated> {
    for (;;) {
      const answer = await this.send<CallbackCreated>('POST', '/callbacks', this.request(phone, more), {
        'idempotency-key': key,
      }).catch(() => undefined);
      if (answer?.status === 201) {
        this.created = answer.body;
        this.views.add(answer.body);
        return answer.body;
      }
      if (answer && answer.status !== 503) {
        throw new Error(`the request was answered ${String(answer.status)} ${JSON.stringify(answer.body)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  bearer(): Record<string, string> {
    return { authorization: `Bearer ${this.created?.token ?? ''}` };
  }

  async look(): Promise<CallbackView> {
    return (
      await this.send<CallbackView>('GET', `/callbacks/${this.created?.id ?? ''}`, undefined, this.bearer())
    ).body;
  }

  /** Follows the callback's events, through breaks of the stream. */
  follow(): void {
    const { publicUrl, site } = this.#options;
    const { signal } = this.#end;
    const read = async (): Promise<void> => {
      let last = '';
      while (!signal.aborted) {
        try {
          const response = await fetch(`${publicUrl}/api/v1/callbacks/${this.created?.id ?? ''}/events`, {
            headers: { origin: site, ...this.bearer(), ...(last && { 'last-event-id': last }) },
            signal,
          });
          for await (const event of readEvents(response)) {
            last = event.id;
            this.views.add(JSON.parse(event.data) as CallbackView);
          }
        } catch {
          // Broken off: the next round goes on.
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    void read();
  }

  until(state: CallbackState, from = 0, withinMs?: number): Promise<CallbackView> {
    return this.views.until(`visitor sees ${state}`, (it) => it.state === state, from, withinMs);
  }

  /** Opens a page session as a tab of this visitor (or, with `viewer`, as a frame of an agent). */
  async page(hello: Partial<Extract<PageSays, { type: 'hello' }>> & { url: string }): Promise<PageSocket> {
    const { publicUrl, site } = this.#options;
    const socket = new WebSocket(`${publicUrl.replace(/^http/, 'ws')}/api/v1/session`, {
      origin: site,
      headers: { ...(this.ip !== undefined && { 'x-forwarded-for': this.ip }) },
    });
    this.#sockets.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    const page = new PageSocket(socket);
    page.say({ type: 'hello', tab: randomBytes(8).toString('hex'), seq: 1, ...hello });
    return page;
  }

  close(): void {
    this.#end.abort();
    for (const it of this.#sockets) it.terminate();
  }
}

/** One open page session: what was said on it, and saying something. */
export class PageSocket {
  readonly heard = new History<PageHears>();
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.heard.add(JSON.parse(data.toString('utf8')) as PageHears));
    this.closed = new Promise((resolve) => socket.once('close', (code) => resolve(code)));
    socket.on('error', () => {});
  }

  say(message: PageSays): void {
    this.#socket.send(JSON.stringify(message));
  }

  async hears<Type extends PageHears['type']>(
    type: Type,
    fits: (message: Extract<PageHears, { type: Type }>) => boolean = () => true,
    from = 0,
  ): Promise<Extract<PageHears, { type: Type }>> {
    const found = await this.heard.until(
      `page hears ${type}`,
      (it) => it.type === type && fits(it as Extract<PageHears, { type: Type }>),
      from,
    );
    return found as Extract<PageHears, { type: Type }>;
  }

  /** Drops the connection without a word. */
  cut(): void {
    this.#socket.terminate();
  }
}

/** 128 random bits. */
export function newKey(): string {
  return randomBytes(16).toString('base64url');
}
