import type { PagesView, PageView, ViewerTicket } from '../../contracts/agent.ts';
import type { RegistrationAsk } from '../../contracts/agent.schema.ts';
import type { AgentId, SessionId } from '../../contracts/ids.ts';
import type { ViewerMode } from '../../contracts/states.ts';
import type { PageSays } from '../../contracts/visitor.ts';
import { pageSaysSchema } from '../../contracts/visitor.schema.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { activeTab, inMode, newPageSession, register, unregister } from '../domain/page-session.ts';
import { sharable } from '../domain/page-url.ts';
import type { VisitorStream } from '../ports/visitor-desk.ts';
import { PageAuthority } from './page-authority.ts';
import { PageCodes } from './page-codes.ts';
import type { PageParts } from './page-parts.ts';
import { PageRoom, say } from './page-room.ts';
import { PageTalk } from './page-talk.ts';
import { pagesView, pageView } from './page-views.ts';
import type { Pages, Viewer } from './pages.ts';
import { Serial } from './serial.ts';
import { newId } from './tokens.ts';

const HELLO_MS = 5_000;
const MAX_VIEWERS = 20;

/** Shared pages; see the promises in pages.ts. */
export class PageDesk implements Pages {
  readonly #parts: PageParts;
  readonly #rooms = new Map<SessionId, PageRoom>();
  readonly #serial = new Serial();
  readonly #authority: PageAuthority;
  readonly #talk: PageTalk;

  constructor(parts: PageParts) {
    this.#parts = parts;
    const codes = new PageCodes(parts.clock);
    this.#authority = new PageAuthority(parts, codes);
    this.#talk = new PageTalk(parts, codes, this.#authority, (room) => this.#changed(room));
  }

  begin(ip: string, origin: string | undefined): { id: SessionId; ticket: string } {
    const id = newId() as SessionId;
    const site = origin ?? '';
    const room = new PageRoom(newPageSession(id, ip, site, this.#parts.clock.now()));
    this.#rooms.set(id, room);
    return { id, ticket: this.#authority.sessionTicket(id, origin) };
  }

  sessionOf(ticket: string, origin: string | undefined): SessionId | undefined {
    return this.#authority.sessionOf(ticket, origin);
  }

  open(stream: VisitorStream): Promise<void> {
    const { clock, log } = this.#parts;
    let greeted = false;
    const cancel = clock.after(HELLO_MS, () => {
      if (!greeted) stream.close('no hello');
    });
    let lane = Promise.resolve<((said: PageSays) => void) | undefined>(undefined);
    stream.onClose(() => cancel());
    stream.onData((text) => {
      lane = lane.then(async (listener) => {
        const said = understood(text);
        if (!said) {
          say(stream, {
            type: 'problem',
            problem: 'invalid-request',
            title: 'This message is not understood.',
          });
          stream.close('not understood');
          return listener;
        }
        if (listener) {
          listener(said);
          return listener;
        }
        if (said.type !== 'hello') {
          stream.close('hello first');
          return undefined;
        }
        greeted = true;
        return this.#greet(stream, said).catch((err: unknown) => {
          if (!(err instanceof ProblemError)) log.error({ err }, 'page session not opened');
          say(stream, { type: 'ended', reason: 'refused' });
          stream.close('refused');
          return undefined;
        });
      });
    });
    return Promise.resolve();
  }

  async register(viewer: Viewer, ask: RegistrationAsk): Promise<{ id: string; sessionId: SessionId }> {
    const sessionId = await this.#authority.sessionFor(viewer, ask);
    return this.#in(sessionId, async (room) => {
      const { clock, audit } = this.#parts;
      if (room.session.registrations.length >= MAX_VIEWERS) throw new ProblemError('too-many');
      const id = newId();
      const { agentId, name, role } = viewer;
      const at = clock.now();
      const mode: ViewerMode = role === 'agent' || role === 'second-agent' ? 'lead' : 'watch';
      room.cancelEnd?.();
      room.session = register(room.session, { id, ip: room.session.ip, agentId, name, role, mode, at });
      await audit.add({ at, who: agentId, what: 'page-registered', about: sessionId });
      if (room.session.consent === 'unasked' || room.session.consent === 'declined')
        this.#talk.askConsent(room, name);
      await this.#changed(room);
      room.tellSharing();
      return { id, sessionId };
    });
  }

  async unregister(viewer: Viewer, registrationId: string): Promise<void> {
    for (const [sessionId, room] of this.#rooms) {
      if (!room.session.registrations.some((it) => it.id === registrationId && it.agentId === viewer.agentId))
        continue;
      await this.#drop(sessionId, viewer.agentId);
      return;
    }
    throw new ProblemError('not-found');
  }

  async askConsent(viewer: Viewer, sessionId: SessionId): Promise<void> {
    await this.#asRegistered(viewer, sessionId, async (room) => {
      if (!room.online) throw new ProblemError('not-now', { detail: 'The visitor has no page open.' });
      if (room.session.consent === 'given') return;
      this.#talk.askConsent(room, viewer.name);
      await this.#changed(room);
    });
  }

  async setMode(viewer: Viewer, sessionId: SessionId, mode: ViewerMode): Promise<void> {
    await this.#asRegistered(viewer, sessionId, async (room) => {
      room.session = inMode(room.session, viewer.agentId, mode);
      const tab = activeTab(room.session);
      if (mode !== 'lead' && tab && room.sharing) room.moveViewers(tab.url, 'visitor');
      await this.#changed(room);
    });
  }

  async push(viewer: Viewer, sessionId: SessionId, url: string): Promise<void> {
    await this.#asRegistered(viewer, sessionId, async (room, mine) => {
      const answer = sharable(url, this.#parts.siteOrigins);
      if (!answer.ok) throw new ProblemError('page-refused', { detail: answer.why });
      if (!room.sharing)
        throw new ProblemError('not-now', { detail: 'The visitor is not sharing the page.' });
      if (mine.mode === 'watch')
        throw new ProblemError('not-permitted', { detail: 'You are only watching.' });
      if (!room.online) throw new ProblemError('not-now', { detail: 'The visitor has no page open.' });
      room.tellVisitor({ type: 'go', n: room.nextGo(), url: answer.url, by: 'agent' });
      room.moveViewers(answer.url, 'agent');
      const { audit, clock } = this.#parts;
      await audit.add({ at: clock.now(), who: viewer.agentId, what: 'page-pushed', about: sessionId });
    });
  }

  async ticket(viewer: Viewer, sessionId: SessionId): Promise<ViewerTicket> {
    const known = (await this.#room(sessionId)).session.registrations.some(
      (it) => it.agentId === viewer.agentId,
    );
    // A manager may look in where an agent works: registered for watching, and the visitor is told by name.
    if (!known && viewer.role === 'manager') await this.#enrol(viewer, sessionId);
    return this.#asRegistered(viewer, sessionId, (room) => {
      const tab = activeTab(room.session);
      if (!room.sharing || !tab)
        throw new ProblemError('not-now', { detail: 'The visitor is not sharing the page.' });
      const page = sharable(tab.url, this.#parts.siteOrigins);
      if (!page.ok) throw new ProblemError('page-refused', { detail: page.why });
      const url = new URL(page.url);
      url.hash = `ringback-viewer=${this.#authority.viewerTicket(sessionId, viewer.agentId)}`;
      return Promise.resolve({ url: url.href });
    });
  }

  async viewFor(viewer: Viewer, sessionId: SessionId): Promise<PagesView> {
    return pagesView(await this.#room(sessionId), viewer);
  }

  async pageOf(sessionId: SessionId): Promise<PageView | undefined> {
    return pageView((await this.#room(sessionId)).session);
  }

  endAfter(sessionId: SessionId, graceMs: number): void {
    const room = this.#rooms.get(sessionId);
    if (!room) return;
    room.cancelEnd?.();
    room.cancelEnd = this.#parts.clock.after(graceMs, () => {
      this.#in(sessionId, (it) => this.#talk.endAll(it)).catch((err: unknown) => {
        this.#parts.log.error({ err, sessionId }, 'sharing not ended');
      });
    });
  }

  async leave(agentId: AgentId): Promise<void> {
    for (const [sessionId, room] of this.#rooms) {
      if (room.session.registrations.some((it) => it.agentId === agentId))
        await this.#drop(sessionId, agentId);
    }
  }

  async #greet(
    stream: VisitorStream,
    hello: Extract<PageSays, { type: 'hello' }>,
  ): Promise<((said: PageSays) => void) | undefined> {
    const inRoom = (id: SessionId) => (work: (room: PageRoom) => Promise<void>) => {
      this.#in(id, work).catch((err: unknown) =>
        this.#parts.log.error({ err, sessionId: id }, 'page message lost'),
      );
    };
    if (hello.viewer !== undefined) {
      const { sessionId, agentId } = await this.#authority.viewerBehind(hello.viewer);
      return this.#in(sessionId, (room) =>
        this.#talk.welcomeViewer(room, agentId, stream, hello, inRoom(sessionId)),
      );
    }
    const { ip, origin } = stream.ask.visitor;
    const known = hello.ticket === undefined ? undefined : this.sessionOf(hello.ticket, origin);
    const begun = known === undefined ? this.begin(ip, origin) : undefined;
    const id = known ?? begun?.id;
    const ticket = begun?.ticket ?? hello.ticket;
    if (id === undefined || ticket === undefined) throw new Error('no session');
    return this.#in(id, (room) => this.#talk.welcomeVisitor(room, stream, hello, ticket, inRoom(id)), {
      ip,
      origin: origin ?? '',
    });
  }

  async #enrol(viewer: Viewer, sessionId: SessionId): Promise<void> {
    await this.#in(sessionId, async (room) => {
      const at = this.#parts.clock.now();
      const { agentId, name, role } = viewer;
      room.session = register(room.session, {
        id: newId(),
        ip: room.session.ip,
        agentId,
        name,
        role,
        mode: 'watch',
        at,
      });
      await this.#changed(room);
      room.tellSharing();
    });
  }

  #drop(sessionId: SessionId, agentId: AgentId): Promise<void> {
    return this.#in(sessionId, async (room) => {
      room.session = unregister(room.session, (it) => it.agentId === agentId);
      room.dismiss((frame) => frame.agentId === agentId);
      room.tellSharing();
      await this.#changed(room);
    });
  }

  #asRegistered<T>(
    viewer: Viewer,
    sessionId: SessionId,
    work: (room: PageRoom, mine: { mode: ViewerMode }) => Promise<T>,
  ): Promise<T> {
    return this.#in(sessionId, async (room) => {
      const mine = room.session.registrations.find((it) => it.agentId === viewer.agentId);
      if (!mine)
        throw new ProblemError('not-permitted', { detail: 'You are not registered for this visitor.' });
      return work(room, mine);
    });
  }

  /** One thing at a time in each room. */
  #in<T>(
    id: SessionId,
    work: (room: PageRoom) => Promise<T>,
    from?: { ip: string; origin: string },
  ): Promise<T> {
    return this.#serial.run(id, async () => work(await this.#room(id, from)));
  }

  async #room(id: SessionId, from?: { ip: string; origin: string }): Promise<PageRoom> {
    const known = this.#rooms.get(id);
    if (known) return known;
    const { store, clock } = this.#parts;
    const stored = await store.load(id);
    const again = this.#rooms.get(id);
    if (again) return again;
    const room = new PageRoom(stored ?? newPageSession(id, from?.ip ?? '', from?.origin ?? '', clock.now()));
    this.#rooms.set(id, room);
    return room;
  }

  async #changed(room: PageRoom): Promise<void> {
    const { store, hints } = this.#parts;
    hints.give({ about: 'session', id: room.session.id });
    hints.give({ about: 'board' });
    await store.save(room.session);
    if (!room.online && room.viewers.size === 0 && room.session.registrations.length === 0) {
      this.#rooms.delete(room.session.id);
    }
  }
}

function understood(text: string): PageSays | undefined {
  try {
    const result = pageSaysSchema.safeParse(JSON.parse(text));
    return result.success ? (result.data as PageSays) : undefined;
  } catch {
    return undefined;
  }
}
