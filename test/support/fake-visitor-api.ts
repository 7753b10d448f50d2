import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import type { CallbackId, SessionId } from '../../contracts/ids.ts';
import type { Problem, ProblemName } from '../../contracts/problem.ts';
import { problems } from '../../contracts/problem.ts';
import type { CallbackMove, CallbackRequest } from '../../contracts/visitor.schema.ts';
import {
  callbackMoveSchema,
  callbackRequestSchema,
  idempotencyKeySchema,
  pageSaysSchema,
} from '../../contracts/visitor.schema.ts';
import type { AvailabilityView, CallbackView, PageHears, PageSays } from '../../contracts/visitor.ts';
import { Mailbox } from './mailbox.ts';

/** One accepted, or refused, try to ask for a callback. */
export interface Asked {
  readonly key: string;
  readonly body: CallbackRequest;
}
/** One page session's connection, worked by the test. */
export interface PageLine {
  readonly says: Mailbox<PageSays>;
  /** Everything it has said. */
  readonly said: readonly PageSays[];
  hear(message: PageHears): void;
  drop(): void;
  readonly closed: Promise<void>;
}

/** How a coming request fails: answered with a problem, or cut off before or after it was carried out. */
export type Failure =
  | {
      readonly on: string;
      readonly problem: ProblemName;
      readonly detail?: string;
      readonly about?: string;
      readonly slots?: Problem['slots'];
    }
  | { readonly on: string; readonly cut: 'before' | 'after' };

/**
 * The web server as the widget meets it, speaking exactly contracts/visitor.ts, with the test as what stands behind it.
 * What the widget says wrongly is collected in `faults`.
 */
export class FakeVisitorApi {
  readonly asked = new Mailbox<Asked>();
  readonly moved = new Mailbox<CallbackMove>();
  readonly cancelled = new Mailbox<string>();
  readonly lines = new Mailbox<PageLine>();
  readonly streams = new Mailbox<{ lastEventId: string | undefined }>();
  readonly faults: string[] = [];
  readonly requests: string[] = [];
  availability: AvailabilityView;
  /** Answers to come before the ordinary ones: the next requests fail so; `cut` ends the connection. */
  readonly failures: Failure[] = [];
  /** Whether something on the way ends each stream before it has said anything. */
  refusesStreams = false;

  /** Whether somebody has changed the parts of the widget on the way. */
  corruptsParts = false;

  /** Whether page sessions are turned away at the door. */
  refusesPages = false;

  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));
  readonly #sockets = new WebSocketServer({ server: this.#server, path: '/api/v1/session' });
  readonly #callbacks = new Map<string, { view: CallbackView; token: string; key: string; body: string }>();
  readonly #open = new Set<{ id: string; response: ServerResponse }>();
  readonly #folder: string;
  readonly #spent = new Set<string>();
  /** A stream that is resumed begins with nothing, as where nothing has happened since. */
  hasNothingNew = false;
  #events = 0;
  #forms = 0;

  constructor(widgetFolder: string) {
    this.#folder = widgetFolder;
    this.availability = {
      service: 'sales',
      open: true,
      estimate: inMinutes(6.5, 8.5),
      slots: [],
      consent: { text: 'You may call me about my question, this one time.', version: '2025-03' },
      form: { token: 'first', difficulty: 8 },
      country: 'GB',
      keepDays: 90,
    };
    this.#sockets.on('connection', (socket) => {
      if (this.refusesPages) {
        socket.terminate();
        return;
      }
      const says = new Mailbox<PageSays>();
      const said: PageSays[] = [];
      socket.on('message', (data: Buffer) => {
        const parsed = pageSaysSchema.safeParse(JSON.parse(data.toString('utf8')));
        if (!parsed.success) {
          this.faults.push(`page says ${data.toString('utf8')}: ${parsed.error.message}`);
          return;
        }
        const message = parsed.data as PageSays;
        said.push(message);
        says.put(message);
      });
      this.lines.put({
        says,
        said,
        hear: (message) => socket.send(JSON.stringify(message)),
        drop: () => socket.terminate(),
        closed: once(socket, 'close').then(() => {}),
      });
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#sockets.clients.forEach((socket) => socket.terminate());
    this.#sockets.close();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Changes what is known of a callback, and tells whoever follows it. */
  change(id: string, change: Partial<CallbackView>, event = 'callback.changed'): void {
    const kept = this.#callbacks.get(id);
    if (!kept) throw new Error(`no callback ${id}`);
    kept.view = { ...kept.view, ...change, revision: kept.view.revision + 1 };
    for (const { id: its, response } of this.#open) if (its === id) this.#send(response, kept.view, event);
  }

  /** The only callback there is. */
  get only(): CallbackView {
    const [first, ...more] = this.#callbacks.values();
    if (!first || more.length > 0) throw new Error(`${this.#callbacks.size} callbacks`);
    return first.view;
  }

  get count(): number {
    return this.#callbacks.size;
  }

  breakStreams(): void {
    for (const { response } of this.#open) response.destroy();
  }

  /** Lets a page in, as a visitor's unless it is said otherwise. */
  welcome(line: PageLine, viewerCredential?: string, sharing = false): void {
    const shared = { type: 'welcome', session: randomUUID() as SessionId, sharing } as const;
    if (viewerCredential === undefined) line.hear({ ...shared, role: 'visitor', ticket: 'ticket-1' });
    else line.hear({ ...shared, role: 'viewer', credential: viewerCredential });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers } = request;
    const url = new URL(request.url ?? '', this.origin);
    const what = `${method} ${url.pathname}`;
    this.requests.push(what);
    if (headers.cookie) this.faults.push(`${what} carried a cookie`);
    if (url.search.includes('token')) this.faults.push(`${what} carried a token in its address`);
    response.setHeader('Access-Control-Allow-Origin', headers.origin ?? '*');
    if (method === 'OPTIONS') {
      response.setHeader('Access-Control-Allow-Methods', 'GET, POST, PATCH, DELETE');
      response.setHeader(
        'Access-Control-Allow-Headers',
        'authorization, content-type, idempotency-key, last-event-id',
      );
      response.writeHead(204).end();
      return;
    }
    const failure = this.failures[0];
    const isFailing = failure !== undefined && what.startsWith(failure.on);
    if (isFailing) this.failures.shift();
    if (isFailing && 'cut' in failure && failure.cut === 'before') {
      request.socket.destroy();
      return;
    }
    const text = await readAll(request);
    if (isFailing && 'problem' in failure) {
      if (method === 'POST') this.#asked(request, text);
      problem(response, failure.problem, failure.detail, failure.about, failure.slots);
      return;
    }
    await this.#route(request, response, url, text, isFailing);
  }

  async #route(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    text: string,
    isCut: boolean,
  ): Promise<void> {
    const [, id, events] = /^\/api\/v1\/callbacks\/([^/]+)(\/events)?$/.exec(url.pathname) ?? [];
    if (url.pathname === '/widget.js' || url.pathname.startsWith('/widget/')) {
      await this.#file(response, url.pathname.replace(/^\/widget\//, '/'));
    } else if (url.pathname === '/api/v1/availability') {
      const form = { ...this.availability.form, token: `${this.availability.form.token}-${++this.#forms}` };
      json(response, 200, { ...this.availability, service: url.searchParams.get('service') ?? '', form });
    } else if (url.pathname === '/api/v1/callbacks' && request.method === 'POST') {
      this.#create(request, response, text, isCut);
    } else if (id) this.#one(request, response, id, text, events !== undefined);
    else problem(response, 'not-found');
  }

  #asked(request: IncomingMessage, text: string): Asked | undefined {
    const key = idempotencyKeySchema.safeParse(request.headers['idempotency-key']);
    const body = callbackRequestSchema.safeParse(JSON.parse(text));
    if (!key.success || !body.success) {
      this.faults.push(`asked with ${text}: ${(key.error ?? body.error)?.message ?? ''}`);
      return undefined;
    }
    const asked = { key: key.data, body: body.data };
    this.asked.put(asked);
    return asked;
  }

  #create(request: IncomingMessage, response: ServerResponse, text: string, isCut: boolean): void {
    const asked = this.#asked(request, text);
    if (!asked) {
      problem(response, 'invalid-request');
      return;
    }
    const known = [...this.#callbacks.values()].find(({ key }) => key === asked.key);
    if (known) {
      if (known.body === text) json(response, 201, { ...known.view, token: known.token });
      else problem(response, 'key-reused');
      return;
    }
    const { proof, consent, phone, service, at } = asked.body;
    const isWorked =
      proof && leadingZeroBits(`${proof.token}:${proof.nonce}`) >= this.availability.form.difficulty;
    if (!isWorked || this.#spent.has(proof.token)) {
      problem(response, 'proof-missing');
      return;
    }
    this.#spent.add(proof.token);
    if (consent.text !== this.availability.consent.text) {
      problem(response, 'consent-missing');
      return;
    }
    const view: CallbackView = {
      id: randomUUID() as CallbackId,
      state: at ? 'scheduled' : 'queued',
      service,
      requestedAt: new Date().toISOString(),
      phone: `+44 •••• ${phone.slice(-4)}`,
      ...(at ? { at } : { place: 3, estimate: inMinutes(6, 12) }),
      attempts: 0,
      allowed: ['cancel', 'move'],
      revision: 1,
    };
    const token = randomUUID();
    this.#callbacks.set(view.id, { view, token, key: asked.key, body: text });
    if (isCut) request.socket.destroy();
    else json(response, 201, { ...view, token });
  }

  #one(request: IncomingMessage, response: ServerResponse, id: string, text: string, events: boolean): void {
    const kept = this.#callbacks.get(id);
    if (!kept || request.headers.authorization !== `Bearer ${kept.token}`) {
      problem(response, kept ? 'wrong-token' : 'not-found');
      return;
    }
    if (events) {
      this.streams.put({ lastEventId: request.headers['last-event-id'] as string | undefined });
      if (this.refusesStreams) {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end();
        return;
      }
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
      const open = { id, response };
      this.#open.add(open);
      response.on('close', () => this.#open.delete(open));
      const isResumed = request.headers['last-event-id'] !== undefined;
      if (isResumed && this.hasNothingNew) response.write('retry: 1000\n\n');
      else this.#send(response, kept.view, 'callback.changed');
    } else if (request.method === 'GET') json(response, 200, kept.view);
    else if (request.method === 'DELETE') {
      this.change(id, { state: 'cancelled', allowed: [] });
      json(response, 200, kept.view);
      this.cancelled.put(id);
    } else {
      const move = callbackMoveSchema.safeParse(JSON.parse(text));
      if (!move.success) {
        this.faults.push(`moved with ${text}`);
        problem(response, 'invalid-request');
        return;
      }
      const { at } = move.data;
      this.change(
        id,
        at === null
          ? { state: 'queued', place: 3, estimate: inMinutes(6, 12), allowed: ['cancel', 'move'] }
          : { state: 'scheduled', at, allowed: ['cancel', 'move'] },
      );
      json(response, 200, this.#callbacks.get(id)?.view);
      this.moved.put(move.data);
    }
  }

  #send(response: ServerResponse, view: CallbackView, event: string): void {
    response.write(`: here\nid: ${++this.#events}\nevent: ${event}\ndata: ${JSON.stringify(view)}\n\n`);
  }

  async #file(response: ServerResponse, path: string): Promise<void> {
    try {
      const bytes = await readFile(join(this.#folder, path));
      response.writeHead(200, { 'Content-Type': 'text/javascript; charset=utf-8' });
      response.end(this.corruptsParts && path !== '/widget.js' ? `${bytes.toString()};alert(1)` : bytes);
    } catch {
      problem(response, 'not-found');
    }
  }
}

/** A range in minutes from now, as the API writes it. */
export function inMinutes(from: number, to: number): { from: string; to: string } {
  const time = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
  return { from: time(from), to: time(to) };
}

function leadingZeroBits(text: string): number {
  const bits = [...createHash('sha256').update(text).digest()]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  return bits.indexOf('1');
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

function problem(
  response: ServerResponse,
  type: ProblemName,
  detail = '',
  about = '',
  slots?: Problem['slots'],
): void {
  const errors = about === '' ? {} : { errors: [{ path: about, message: detail }] };
  const body = { type, ...problems[type], ...(detail && { detail }), ...errors, ...(slots && { slots }) };
  response.writeHead(body.status, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify(body));
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
  return text;
}
