import type {
  AgentEvents,
  AgentMessage,
  BoardView,
  ContactView,
  DeskSnapshot,
  OfferView,
} from '../../contracts/agent.ts';
import type { CallbackState } from '../../contracts/states.ts';
import { History } from './history.ts';
import { readEvents } from './sse.ts';

export interface Answer<T = unknown> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

/** An agent at a portal, over the real agent API: commands, and everything the event stream told. */
export class AgentClient {
  readonly url: string;
  readonly told = new History<AgentMessage>();
  cookie = '';
  cursor = '';
  #stream = new AbortController();

  private constructor(url: string) {
    this.url = url;
  }

  static async logIn(url: string, username: string, password: string): Promise<AgentClient> {
    const client = new AgentClient(url);
    const { status, headers } = await client.send('POST', '/sessions', { username, password });
    if (status !== 201) throw new Error(`log-in of ${username} was answered ${String(status)}`);
    client.cookie = cookieIn(headers);
    client.cursor = (await client.desk()).cursor;
    client.listen();
    return client;
  }

  async send<T = unknown>(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        origin: this.url,
        cookie: this.cookie,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: (text === '' ? undefined : JSON.parse(text)) as T,
      headers: response.headers,
    };
  }

  async desk(): Promise<DeskSnapshot> {
    return this.#got<DeskSnapshot>('/me');
  }

  async board(): Promise<BoardView> {
    return this.#got<BoardView>('/board');
  }

  async #got<T>(path: string): Promise<T> {
    const { status, body } = await this.send<T>('GET', path);
    if (status !== 200) throw new Error(`${path} answered ${String(status)}: ${JSON.stringify(body)}`);
    return body;
  }

  async ready(): Promise<void> {
    const { status, body } = await this.send('PUT', '/me/state', { state: 'ready' });
    if (status !== 200) throw new Error(`not ready: ${JSON.stringify(body)}`);
  }

  /** Opens the event stream where the last one stopped; comes back by itself until `close` or `drop`. */
  listen(board = false): void {
    const stream = new AbortController();
    this.#stream = stream;
    const read = async (): Promise<void> => {
      while (!stream.signal.aborted) {
        try {
          const response = await fetch(
            `${this.url}/api/v1/events?cursor=${this.cursor}${board ? '&board=1' : ''}`,
            { headers: { cookie: this.cookie }, signal: stream.signal },
          );
          for await (const event of readEvents(response)) {
            this.cursor = event.id || this.cursor;
            this.told.add(JSON.parse(event.data) as AgentMessage);
          }
        } catch {
          // Broken off: the next round goes on from the cursor.
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    void read();
  }

  /** Loses the stream, as a dropped network would. */
  drop(): void {
    this.#stream.abort();
  }

  close(): void {
    this.#stream.abort();
  }

  /** The next event of this name that was not there at index `from`. */
  async event<Name extends keyof AgentEvents>(
    name: Name,
    fits: (data: AgentEvents[Name]) => boolean = () => true,
    from = 0,
    withinMs?: number,
  ): Promise<AgentEvents[Name]> {
    const found = await this.told.until(
      `event ${name}`,
      (it) => it.type === name && fits(it.data as AgentEvents[Name]),
      from,
      withinMs,
    );
    return found.data as AgentEvents[Name];
  }

  offer(fits: (offer: OfferView) => boolean = () => true, from = 0): Promise<OfferView> {
    return this.event('offer.made', fits, from);
  }

  contactIn(state: CallbackState, callbackId?: string): Promise<ContactView> {
    return this.event(
      'contact.changed',
      (it) => it.state === state && (callbackId === undefined || it.callbackId === callbackId),
    );
  }

  /** Sends a command and waits until the stream says that it is completed; throws when it failed. */
  async command(path: string, body: object = {}, withinMs?: number): Promise<void> {
    const { status, body: taken } = await this.send<{ requestId: string }>('POST', path, body);
    if (status !== 202)
      throw new Error(`POST ${path} was answered ${String(status)} ${JSON.stringify(taken)}`);
    const end = await this.told.until(
      `end of ${path}`,
      (it) =>
        (it.type === 'command.completed' || it.type === 'command.failed') &&
        it.data.requestId === taken.requestId,
      0,
      withinMs,
    );
    if (end.type === 'command.failed') throw new Error(`${end.data.problem}: ${end.data.title}`);
  }

  async accept(offer: OfferView, withinMs?: number): Promise<void> {
    await this.command(`/reservations/${offer.reservationId}/accept`, {}, withinMs);
  }

  async complete(callbackId: string, next: 'ready' | 'not-ready' = 'ready'): Promise<void> {
    await this.command(`/contacts/${callbackId}/complete`, { disposition: 'resolved', next });
  }
}

function cookieIn(headers: Headers): string {
  return headers
    .getSetCookie()
    .map((it) => it.split(';')[0])
    .join('; ');
}
