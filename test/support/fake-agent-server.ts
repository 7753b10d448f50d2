import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';

import type {
  AgentEvents,
  AgentMessage,
  BoardView,
  ContactView,
  DecisionsView,
  LineView,
  WaitingView,
  Me,
  OfferView,
  StoryView,
  WhatIfView,
} from '../../contracts/agent.ts';
import {
  completeSchema,
  emptySchema,
  logInSchema,
  managerMoveSchema,
  notesSchema,
  pageModeSchema,
  preferencesSchema,
  pushSchema,
  registrationSchema,
  stateWishSchema,
  whatIfSchema,
} from '../../contracts/agent.schema.ts';
import type { CallbackId, ReservationId, SessionId } from '../../contracts/ids.ts';
import { problems, type ProblemName } from '../../contracts/problem.ts';
import type { RulesFault } from '../../contracts/rules.ts';
import { buildPortal } from '../../deploy/build-portal.ts';
import { anaAs, boardAs, storyOf } from './fake-agent-views.ts';
import { changedBy, rulesAs } from './fake-rules.ts';
import { Mailbox } from './mailbox.ts';

/** A command the page has sent, as the server took it. */
export interface Sent {
  readonly name: string;
  readonly id: string;
  readonly body: unknown;
  readonly requestId: string;
}

class Refused extends Error {
  readonly type: ProblemName;
  readonly more: object;
  constructor(type: ProblemName, more: object = {}) {
    super(type);
    this.type = type;
    this.more = more;
  }
}

interface Logged {
  readonly cursor: number;
  readonly message: AgentMessage;
}

const nobodyWaits: WaitingView = { counts: { waiting: 0, booked: 0 }, rows: [] };

const bodies: Readonly<Record<string, z.ZodType>> = {
  'PUT me/state': stateWishSchema,
  'PUT me/preferences': preferencesSchema,
  'POST reservations/accept': emptySchema,
  'POST reservations/reject': emptySchema,
  'POST calls/hold': emptySchema,
  'POST calls/retrieve': emptySchema,
  'POST calls/drop': emptySchema,
  'POST callbacks/call': emptySchema,
  'POST callbacks/cancel': emptySchema,
  'POST callbacks/move': managerMoveSchema,
  'POST contacts/complete': completeSchema,
  'POST contacts/identity': emptySchema,
  'POST pages/consent': emptySchema,
  'POST pages/push': pushSchema,
  'PUT pages/mode': pageModeSchema,
};

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/**
 * An agent server with one desk and one board, worked by the test: it speaks the contract on the wire (bodies are
 * checked by the very schemas), and changes nothing by itself. `sent` tells what the page has asked for.
 */
export class FakeAgentServer {
  sent = new Mailbox<Sent>();
  /** Resolves with the cursor each stream began from. */
  streamsOpened = new Mailbox<string>();
  me: Me = anaAs();
  offers: OfferView[] = [];
  contacts: ContactView[] = [];
  line: LineView = { waiting: 3, longestSince: Date.now() - 130_000 };
  waiting: WaitingView = nobodyWaits;
  boardView: BoardView = boardAs();
  /** What is stored of callbacks that are not as `storyOf` has them. */
  readonly stories = new Map<CallbackId, StoryView>();
  /** Every decision about a callback; none about others. */
  readonly decisions = new Map<CallbackId, DecisionsView['decisions']>();
  rules = rulesAs();
  /** What the next change of rules is refused for. */
  ruleFaults: readonly RulesFault[] = [];
  /** What one more agent would change. */
  whatIf: WhatIfView = { place: 1, then: { place: 0 } };
  version = 'v1';
  /** Refuses the next request of this name with this problem. */
  readonly refusals = new Map<string, ProblemName>();
  /** The names of all requests, also of those that were refused. */
  asked: string[] = [];
  /** Contacts that have left the desk, whose notes are still taken. */
  closed: ContactView[] = [];
  /** Requests of this name are kept waiting until `release`. */
  readonly held = new Map<string, Promise<void>>();
  /** Commands complete by themselves unless a test wants to see what happens when they do not. */
  completes = true;
  /** The company's page can be framed. */
  framable = true;
  refusesStreams = false;
  /** Every stream breaks as soon as it is open. */
  breaksStreams = false;
  isLoggedIn = false;
  readonly users = new Map([['ana', 'correct horse']]);
  readonly #changes = new EventEmitter();
  readonly #streams = new Map<ServerResponse, boolean>();
  readonly #log: Logged[] = [];
  #cursor = 100;
  #forgottenUpTo = 0;
  #request = 0;
  readonly #server: Server;
  readonly #site: Server;
  readonly #sockets = new Set<Socket>();
  readonly #tickets = new Map<string, string>();
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#server = createServer((req, res) => void this.#answer(req, res));
    this.#site = createServer((req, res) => this.#companyPage(req, res));
    for (const server of [this.#server, this.#site])
      server.on('connection', (socket) => {
        this.#sockets.add(socket);
        socket.on('close', () => this.#sockets.delete(socket));
      });
  }

  /** Builds the portal and serves it on a free port. */
  static async start(port = 0): Promise<FakeAgentServer> {
    const folder = await mkdtemp(join(tmpdir(), 'portal-'));
    await buildPortal(folder);
    const fake = new FakeAgentServer(folder);
    fake.#server.listen(port, '127.0.0.1');
    fake.#site.listen(0, '127.0.0.1');
    await Promise.all([once(fake.#server, 'listening'), once(fake.#site, 'listening')]);
    return fake;
  }

  async stop(): Promise<void> {
    const closed = Promise.all([once(this.#server, 'close'), once(this.#site, 'close')]);
    this.#server.close();
    this.#site.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await rm(this.#folder, { recursive: true });
  }

  /** Everything as it was at the start, with Ana logged in; old tabs hear nothing any more. */
  reset(): void {
    this.dropStreams();
    this.sent = new Mailbox();
    this.streamsOpened = new Mailbox();
    this.me = anaAs();
    this.offers = [];
    this.contacts = [];
    this.boardView = boardAs();
    this.waiting = nobodyWaits;
    this.rules = rulesAs();
    this.ruleFaults = [];
    this.line = { waiting: 3, longestSince: Date.now() - 130_000 };
    this.version = 'v1';
    this.refusals.clear();
    this.asked = [];
    this.closed = [];
    this.stories.clear();
    this.decisions.clear();
    this.held.clear();
    this.completes = true;
    this.framable = true;
    this.refusesStreams = false;
    this.breaksStreams = false;
    this.isLoggedIn = true;
    this.#log.length = 0;
    this.#forgottenUpTo = 0;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The company's site is another site than the portal. */
  get siteOrigin(): string {
    return `http://localhost:${(this.#site.address() as AddressInfo).port}`;
  }

  /** The next command of this name; what else was sent before it is passed over. */
  async heard(name: string): Promise<Sent> {
    for (;;) {
      const sent = await this.sent.next();
      if (sent.name === name) return sent;
    }
  }

  /** Waits until so many streams are open: the server hears of a closed tab a little after the next one has come. */
  async hasStreams(n: number): Promise<void> {
    while (this.#streams.size !== n) await once(this.#changes, 'streams');
  }

  /** Tells the page something over the stream. */
  emit<Name extends keyof AgentEvents>(type: Name, data: AgentEvents[Name]): string {
    this.#cursor += 1;
    if (type === 'line.changed') this.line = data as LineView;
    const message = { type, data } as AgentMessage;
    const logged = { cursor: this.#cursor, message };
    if (type !== 'board.changed') this.#log.push(logged);
    for (const [stream, board] of this.#streams)
      if (type !== 'board.changed' || board) stream.write(frame(logged));
    return String(this.#cursor);
  }

  /** Draws a contact anew: it carries the cursor of the last event, and is not told again to those who resume. */
  redraw(contact: ContactView): void {
    this.contacts = [...this.contacts.filter((it) => it.callbackId !== contact.callbackId), contact];
    const message = { type: 'contact.changed', data: contact } as const;
    for (const stream of this.#streams.keys()) stream.write(frame({ cursor: this.#cursor, message }));
  }

  /** A line the page cannot read. */
  emitGarbage(): void {
    for (const stream of this.#streams.keys()) stream.write('data: {not json\n\n');
  }

  setMe(change: Partial<Me>): void {
    this.me = { ...this.me, since: Date.now(), ...change };
    this.emit('me.changed', this.me);
  }

  offer(offer: OfferView): void {
    this.offers.push(offer);
    this.setMe({ state: 'reserved' });
    this.emit('offer.made', offer);
  }

  withdraw(id: ReservationId, reason: AgentEvents['offer.withdrawn']['reason']): void {
    const offer = this.offers.find((it) => it.reservationId === id);
    this.offers = this.offers.filter((it) => it.reservationId !== id);
    if (offer) this.emit('offer.withdrawn', { reservationId: id, callbackId: offer.callbackId, reason });
  }

  setContact(contact: ContactView): void {
    this.contacts = [...this.contacts.filter((it) => it.callbackId !== contact.callbackId), contact];
    this.emit('contact.changed', contact);
  }

  changeContact(n: number, change: Partial<ContactView>): void {
    const now = this.contacts.find((it) => it.callbackId === (`callback-${n}` as CallbackId));
    if (now) this.setContact({ ...now, ...change });
  }

  closeContact(id: CallbackId): void {
    this.closed.push(...this.contacts.filter((it) => it.callbackId === id));
    this.contacts = this.contacts.filter((it) => it.callbackId !== id);
    this.emit('contact.closed', { callbackId: id });
  }

  setBoard(view: BoardView): void {
    this.boardView = view;
    this.emit('board.changed', view);
  }

  /** Breaks every stream, as a server that restarts does. */
  dropStreams(): void {
    for (const stream of this.#streams.keys()) stream.destroy();
  }

  /** What happened up to now can no longer be served to a stream that asks for it. */
  forget(): void {
    this.#forgottenUpTo = this.#cursor;
  }

  /** Holds requests of this name back; gives the way to let them go. */
  hold(name: string): () => void {
    let release = (): void => {};
    this.held.set(name, new Promise((resolve) => (release = resolve)));
    return () => {
      this.held.delete(name);
      release();
    };
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', this.url);
    try {
      if (!url.pathname.startsWith('/api/v1/')) await this.#file(url.pathname, res);
      else await this.#api(req, res, url);
    } catch (error) {
      const type = error instanceof Refused ? error.type : 'unexpected';
      const more = error instanceof Refused ? error.more : { detail: String(error) };
      json(res, problems[type].status, { type, ...problems[type], ...more }, 'application/problem+json');
    }
  }

  async #file(path: string, res: ServerResponse): Promise<void> {
    if (path === '/') {
      const nonce = randomBytes(16).toString('base64');
      const page = await readFile(join(this.#folder, 'index.html'), 'utf8');
      res.setHeader(
        'content-security-policy',
        `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'self'; connect-src 'self'; ` +
          `img-src 'self' data:; font-src 'self'; frame-src ${this.siteOrigin}; frame-ancestors 'none'; ` +
          `base-uri 'none'; form-action 'none'`,
      );
      res.setHeader('content-type', 'text/html; charset=utf-8');
      res.end(page.replaceAll('__NONCE__', nonce));
      return;
    }
    if (!/^\/portal\.[A-Z0-9]+\.(js|css)$/.test(path)) throw new Refused('not-found');
    res.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream');
    res.end(await readFile(join(this.#folder, path)));
  }

  async #api(req: IncomingMessage, res: ServerResponse, url: URL): Promise<void> {
    const method = req.method ?? 'GET';
    const [head = '', id = '', tail = ''] = url.pathname.slice('/api/v1/'.length).split('/');
    const isMine = head === 'me' || head === 'sessions';
    const name = isMine ? `${method} ${head}${id && `/${id}`}` : `${method} ${head}${tail && `/${tail}`}`;
    this.asked.push(name);
    await this.held.get(name);
    if (method !== 'GET') this.#checkWriting(req);
    const body: unknown = method === 'GET' || method === 'DELETE' ? {} : JSON.parse(await read(req));
    const refusal = this.refusals.get(name);
    if (refusal) {
      this.refusals.delete(name);
      throw new Refused(refusal, refusal === 'locked' ? { retryAfterS: 840 } : {});
    }
    if (name === 'POST sessions') {
      this.#logIn(body, res);
      return;
    }
    if (!this.isLoggedIn) throw new Refused('not-logged-in');
    if (name === 'GET me') await this.#tellAll(res);
    else if (name === 'GET line') json(res, 200, this.waiting);
    else if (name === 'GET board') json(res, 200, { ...this.boardView, serverNow: Date.now() });
    else if (name === 'GET callbacks')
      json(res, 200, this.stories.get(id as CallbackId) ?? storyOf(id as CallbackId));
    else if (name === 'GET callbacks/decisions')
      json(res, 200, { callbackId: id, decisions: this.decisions.get(id as CallbackId) ?? [] });
    else if (name === 'POST callbacks/forecast') {
      this.sent.put({ name, id, body: check(whatIfSchema, body), requestId: '' });
      json(res, 200, this.whatIf);
    } else if (name === 'GET rules') json(res, 200, this.rules);
    else if (name === 'POST rules') this.#changeRules(name, body, res);
    else if (name === 'GET events') this.#stream(req, res, url);
    else if (name === 'DELETE sessions/current') {
      this.isLoggedIn = false;
      res.writeHead(204).end();
      this.sent.put({ name, id, body, requestId: '' });
    } else if (name === 'PUT contacts/notes') this.#saveNotes(id, body, res);
    else if (name === 'POST registrations') {
      const ask = check(registrationSchema, body);
      if ('code' in ask && ask.code !== '123456') throw new Refused('not-found');
      this.sent.put({ name, id, body, requestId: '' });
      json(res, 201, { id: 'registration-1', sessionId: 'session-1' });
    } else if (name === 'DELETE registrations') {
      this.sent.put({ name, id, body, requestId: '' });
      res.writeHead(204).end();
    } else if (name === 'POST pages/viewer' || name === 'POST pages/watch') {
      const ticket = randomBytes(8).toString('hex');
      this.#tickets.set(ticket, id);
      this.sent.put({ name, id, body, requestId: '' });
      json(res, 200, { url: `${this.siteOrigin}/mortgages/fixed#ringback-viewer=${ticket}` });
    } else this.#command(name, id || tail, body, res);
  }

  #checkWriting(req: IncomingMessage): void {
    if (req.headers.origin !== undefined && req.headers.origin !== `http://${req.headers.host ?? ''}`)
      throw new Refused('wrong-origin');
    if (!(req.headers['content-type'] ?? '').startsWith('application/json')) throw new Refused('wrong-type');
  }

  #logIn(body: unknown, res: ServerResponse): void {
    const who = check(logInSchema, body);
    if (this.users.get(who.username) !== who.password) throw new Refused('wrong-credentials');
    this.isLoggedIn = true;
    json(res, 201, { me: this.me });
  }

  /** The answer can be held back on its way, while the desk goes on changing. */
  async #tellAll(res: ServerResponse): Promise<void> {
    const snapshot = this.#snapshot();
    const isHeld = this.held.get('GET me, answered');
    if (isHeld) this.sent.put({ name: 'GET me, answered', id: '', body: {}, requestId: '' });
    await isHeld;
    json(res, 200, snapshot);
  }

  #snapshot(): object {
    const { version, me, offers, contacts, line } = this;
    return { serverNow: Date.now(), version, cursor: String(this.#cursor), me, offers, contacts, line };
  }

  #stream(req: IncomingMessage, res: ServerResponse, url: URL): void {
    if (this.refusesStreams) throw new Refused('unavailable');
    const from = Number(req.headers['last-event-id'] ?? url.searchParams.get('cursor'));
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    res.write(': hello\n\n');
    const board = url.searchParams.get('board') === '1';
    if (from < this.#forgottenUpTo) {
      res.write('data: {"type":"stream.reset","data":{}}\n\n');
    } else for (const it of this.#log) if (it.cursor > from) res.write(frame(it));
    this.#streams.set(res, board);
    this.#changes.emit('streams');
    res.on('close', () => {
      this.#streams.delete(res);
      this.#changes.emit('streams');
    });
    this.streamsOpened.put(String(from));
    if (this.breaksStreams) res.destroy();
  }

  #changeRules(name: string, body: unknown, res: ServerResponse): void {
    this.sent.put({ name, id: '', body, requestId: '' });
    const answer = this.ruleFaults.length > 0 ? this.ruleFaults : changedBy(this.rules, body);
    this.ruleFaults = [];
    if (answer === 'conflict') throw new Refused('version-conflict');
    if (!('version' in answer)) throw new Refused('invalid-request', { errors: answer });
    this.rules = answer;
    json(res, 200, answer);
  }

  #saveNotes(id: string, body: unknown, res: ServerResponse): void {
    const notes = check(notesSchema, body);
    const contact = [...this.contacts, ...this.closed].find((it) => it.callbackId === (id as CallbackId));
    if (!contact) throw new Refused('not-found');
    if (notes.version !== contact.notes.version) throw new Refused('version-conflict');
    const saved = { text: notes.text, version: notes.version + 1, savedAt: Date.now() };
    const put = (it: ContactView): ContactView => (it === contact ? { ...it, notes: saved } : it);
    this.contacts = this.contacts.map(put);
    this.closed = this.closed.map(put);
    this.sent.put({ name: 'PUT contacts/notes', id, body, requestId: '' });
    json(res, 200, { version: saved.version, savedAt: saved.savedAt });
  }

  #command(name: string, id: string, body: unknown, res: ServerResponse): void {
    const schema = bodies[name];
    if (!schema) throw new Refused('not-found');
    check(schema, body);
    this.#request += 1;
    const requestId = `request-${this.#request}`;
    json(res, 202, { requestId });
    this.sent.put({ name, id, body, requestId });
    if (this.completes) this.emit('command.completed', { requestId });
  }

  /** A page of the company with a viewer's script in it, which shows its ticket to its own server. */
  #companyPage(req: IncomingMessage, res: ServerResponse): void {
    const url = new URL(req.url ?? '/', this.siteOrigin);
    if (!this.framable) res.setHeader('x-frame-options', 'DENY');
    if (url.pathname === '/joined') {
      const session = this.#tickets.get(url.searchParams.get('ticket') ?? '') as SessionId | undefined;
      this.#tickets.delete(url.searchParams.get('ticket') ?? '');
      const contact = this.contacts.find((it) => it.session?.id === session);
      if (contact?.session && this.framable) {
        const { pages } = contact.session;
        // the server names viewers by their first names, as the visitor sees them
        const viewers = [{ name: 'Ana', role: 'agent' as const, mode: pages.mode }];
        this.setContact({ ...contact, session: { ...contact.session, pages: { ...pages, viewers } } });
      }
      res.writeHead(204).end();
      return;
    }
    res.setHeader('content-type', 'text/html; charset=utf-8');
    res.end(`<!doctype html><html lang=en><title>Fixed rate mortgages</title>
      <style>body{font:16px/1.5 Georgia,serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#222}
      h1{font-size:2rem}td{padding:.4rem 2rem .4rem 0;border-top:1px solid #ccc}</style>
      <h1>Fixed rate mortgages</h1><p>Know what you pay, whatever the market does.</p>
      <table><tr><td>2 years<td>3.9 %<tr><td>5 years<td>4.2 %<tr><td>10 years<td>4.6 %</table>
      <script>fetch('/joined?ticket=' + location.hash.split('=')[1])</script>`);
  }
}

function frame({ cursor, message }: Logged): string {
  return `id: ${cursor}\ndata: ${JSON.stringify(message)}\n\n`;
}

function check<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (!result.success) throw new Refused('invalid-request', { detail: result.error.message });
  return result.data;
}

async function read(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function json(res: ServerResponse, status: number, body: object, type = 'application/json'): void {
  res.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  res.end(JSON.stringify(body));
}

// Run by itself it is a centre to look at: http://127.0.0.1:8090, user ana, password "correct horse".
const isProgram = process.argv[1] === fileURLToPath(import.meta.url);
if (isProgram) {
  const { FakeAgentWorld } = await import('./fake-agent-world.ts');
  const fake = await FakeAgentServer.start(8090);
  process.stdout.write(`${fake.url}  user ana, password "correct horse"\n`);
  await new FakeAgentWorld(fake).live();
}
