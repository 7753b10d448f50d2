import type { PagesView, PageView, RegistrationView, ViewerTicket } from '../../contracts/agent.ts';
import type { RegistrationAsk } from '../../contracts/agent.schema.ts';
import type { AgentId, SessionId } from '../../contracts/ids.ts';
import type { ViewerMode } from '../../contracts/states.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import {
  activeTab,
  inMode,
  newPageSession,
  register,
  type Registration,
  sharingEnded,
  unregister,
} from '../domain/page-session.ts';
import { sharable } from '../domain/page-url.ts';
import type { VisitorStream } from '../ports/visitor-desk.ts';
import { auditPages } from './page-audit.ts';
import { PageAuthority } from './page-authority.ts';
import { PageCodes } from './page-codes.ts';
import { PageConsent } from './page-consent.ts';
import { PageDoor } from './page-door.ts';
import { PageLegs } from './page-legs.ts';
import type { PageParts } from './page-parts.ts';
import type { PageRoom } from './page-room.ts';
import { PageRooms } from './page-rooms.ts';
import { PageViewer } from './page-viewer.ts';
import { pagesView, pageView } from './page-views.ts';
import { PageVisitor } from './page-visitor.ts';
import type { Pages, Viewer } from './pages.ts';
import { newId } from './tokens.ts';

const MAX_VIEWERS = 20;
/** A manager whose frame is gone, or never came, watches no more. */
const WATCH_MS = 30_000;
const FIRST_FRAME_MS = 90_000;
/** What an earlier process left is settled when its visitors have had time to come back. */
const RETURN_MS = 10_000;
const ASKS = { max: 5, withinMs: 10 * 60_000 };

/** Shared pages; see the promises in pages.ts. */
export class PageDesk implements Pages {
  readonly #parts: PageParts;
  readonly #rooms: PageRooms;
  readonly #codes: PageCodes;
  readonly #authority: PageAuthority;
  readonly #legs: PageLegs;
  readonly #consent: PageConsent;
  readonly #door: PageDoor;

  constructor(parts: PageParts) {
    const { clock, log, sessions } = parts;
    this.#parts = parts;
    this.#codes = new PageCodes(clock);
    this.#legs = new PageLegs(sessions, clock, log);
    this.#rooms = new PageRooms(parts, (room) => this.#begun(room));
    this.#authority = new PageAuthority(parts, this.#codes);
    this.#consent = new PageConsent(parts);
    const changed = (room: PageRoom): void => this.#changed(room);
    const visitor = new PageVisitor(parts, this.#codes, this.#consent, changed, (id) =>
      this.#rooms.stored(id),
    );
    const viewer = new PageViewer(parts, this.#authority, {
      changed,
      frameless: (room, registration) => this.#lapse(room.session.id, registration, WATCH_MS),
    });
    this.#door = new PageDoor(parts, {
      authority: this.#authority,
      rooms: this.#rooms,
      visitor,
      viewer,
    });
    sessions.onReleased((id, agentId) =>
      this.#quietly(
        id,
        this.#drop(id, (it) => it.agentId === agentId),
      ),
    );
    clock.after(RETURN_MS, () => void this.#settle());
  }

  begin(ip: string, origin: string | undefined): ReturnType<Pages['begin']> {
    const id = newId() as SessionId;
    const session = newPageSession(id, ip, origin ?? '', this.#parts.clock.now());
    // Kept, because the agent may be registered before the visitor opens a page; not held, because most never come.
    return { id, ticket: this.#authority.sessionTicket(id, origin), keep: () => this.#rooms.keep(session) };
  }

  sessionOf(ticket: string, origin: string | undefined): SessionId | undefined {
    return this.#authority.sessionOf(ticket, origin);
  }

  lookup(ip: string): readonly SessionId[] {
    return this.#codes.lookup(ip);
  }

  open(stream: VisitorStream): Promise<void> {
    this.#door.open(stream);
    return Promise.resolve();
  }

  async register(viewer: Viewer, ask: RegistrationAsk): Promise<RegistrationView> {
    const sessionId = await this.#authority.sessionFor(viewer, ask);
    const by = 'reservationId' in ask ? { by: ask.reservationId } : {};
    const id = await this.#rooms.in(sessionId, (room) => {
      const known = room.session.registrations.find((it) => it.agentId === viewer.agentId);
      if (known?.role === viewer.role && known.by === by.by) return known.id;
      const { id: fresh, name } = this.#enrol(room, viewer, by);
      if (room.session.consent !== 'given') this.#consent.ask(room, name);
      this.#changed(room);
      if (room.sharing) room.tellSharing();
      return fresh;
    });
    await this.#rooms.stored(sessionId);
    return { id, sessionId, join: await this.#legs.channels(sessionId) };
  }

  async unregister(viewer: Viewer, registrationId: string): Promise<void> {
    const isIt = (it: Registration): boolean => it.id === registrationId && it.agentId === viewer.agentId;
    for (const sessionId of await this.#rooms.ofAgent(viewer.agentId)) {
      if (await this.#drop(sessionId, isIt)) return this.#rooms.stored(sessionId);
    }
    throw new ProblemError('not-found');
  }

  async askConsent(viewer: Viewer, sessionId: SessionId): Promise<void> {
    await this.#asRegistered(viewer, sessionId, async (room, { name }) => {
      if (!room.online) throw new ProblemError('not-now', { detail: 'The visitor has no page open.' });
      if (room.session.consent === 'given') return;
      const key = `pages:ask:${sessionId}`;
      if (!(await this.#parts.limits.allow(key, ASKS.max, ASKS.withinMs).catch(() => true))) {
        throw new ProblemError('too-many', { detail: 'The visitor was asked often enough.' });
      }
      this.#consent.ask(room, name);
      this.#changed(room);
    });
  }

  async setMode(viewer: Viewer, sessionId: SessionId, mode: ViewerMode): Promise<void> {
    await this.#asRegistered(viewer, sessionId, (room, mine) => {
      if (mine.role === 'manager')
        throw new ProblemError('not-permitted', { detail: 'Managers only watch.' });
      room.session = inMode(room.session, viewer.agentId, mode);
      if (mode !== 'lead') for (const frame of room.framesOf(mine.id)) room.bring(frame);
      this.#changed(room);
    });
  }

  async push(viewer: Viewer, sessionId: SessionId, url: string): Promise<void> {
    await this.#asRegistered(viewer, sessionId, (room, mine) => {
      const answer = sharable(url, this.#parts.siteOrigins);
      if (!answer.ok) throw new ProblemError('page-refused', { detail: answer.why });
      if (!room.sharing) throw notSharing();
      if (mine.mode === 'watch')
        throw new ProblemError('not-permitted', { detail: 'You are only watching.' });
      if (!room.online) throw new ProblemError('not-now', { detail: 'The visitor has no page open.' });
      room.push(answer.url);
      auditPages(this.#parts, { who: viewer.agentId, what: 'page-pushed', about: sessionId });
    });
  }

  async ticket(viewer: Viewer, sessionId: SessionId): Promise<ViewerTicket> {
    if (viewer.role === 'manager') await this.#watch(viewer, sessionId);
    return this.#asRegistered(viewer, sessionId, (room, mine) => {
      const tab = activeTab(room.session);
      if (!room.sharing || !tab) throw notSharing();
      const page = sharable(tab.url, this.#parts.siteOrigins);
      if (!page.ok) throw new ProblemError('page-refused', { detail: page.why });
      const url = new URL(page.url);
      const mark = `ringback-viewer=${this.#authority.viewerTicket(sessionId, mine.id)}`;
      url.hash = url.hash === '' ? mark : `${url.hash}&${mark}`;
      return { url: url.href };
    });
  }

  async viewFor(viewer: Viewer, sessionId: SessionId): Promise<PagesView> {
    return pagesView(await this.#rooms.peek(sessionId), viewer);
  }

  async pageOf(sessionId: SessionId): Promise<PageView | undefined> {
    return pageView((await this.#rooms.peek(sessionId)).session);
  }

  endAfter(sessionId: SessionId, graceMs: number): void {
    const ending = this.#rooms.in(sessionId, (room) => {
      const { registrations, consent, endsAt } = room.session;
      if (registrations.length === 0 && consent === 'unasked') return;
      const at = this.#parts.clock.now() + graceMs;
      if (endsAt !== undefined && endsAt <= at) return;
      room.session = { ...room.session, endsAt: at };
      this.#begun(room);
      this.#changed(room);
    });
    this.#quietly(sessionId, ending);
  }

  async leave(agentId: AgentId): Promise<void> {
    for (const sessionId of await this.#rooms.ofAgent(agentId)) {
      await this.#drop(sessionId, (it) => it.agentId === agentId);
    }
  }

  #enrol(room: PageRoom, viewer: Viewer, by: { readonly by?: string }): Registration {
    if (room.session.registrations.length >= MAX_VIEWERS) throw new ProblemError('too-many');
    const { agentId, role } = viewer;
    const earlier = room.session.registrations.find((it) => it.agentId === agentId);
    if (earlier) room.dismiss((frame) => frame.registration === earlier.id, 'unregistered');
    room.cancelEnd?.();
    const registration: Registration = {
      id: newId(),
      ip: room.session.ip,
      agentId,
      // Visitors are told first names.
      name: viewer.name.split(' ')[0] ?? viewer.name,
      role,
      mode: role === 'agent' || role === 'second-agent' ? 'lead' : 'watch',
      at: this.#parts.clock.now(),
      ...by,
    };
    const { endsAt } = room.session;
    room.session = register(room.session, registration);
    if (role === 'manager' && endsAt !== undefined) {
      room.session = { ...room.session, endsAt };
      this.#begun(room);
    }
    auditPages(this.#parts, { who: agentId, what: 'page-registered', about: room.session.id });
    return registration;
  }

  /** A manager may look in where an agent works and the visitor shares: for watching only, and the visitor is told by name. */
  #watch(viewer: Viewer, sessionId: SessionId): Promise<void> {
    return this.#rooms.in(sessionId, (room) => {
      if (!room.sharing) throw notSharing();
      if (room.session.registrations.some((it) => it.agentId === viewer.agentId)) return;
      const { id } = this.#enrol(room, viewer, {});
      this.#lapse(sessionId, id, FIRST_FRAME_MS);
      this.#changed(room);
      room.tellSharing();
    });
  }

  #lapse(sessionId: SessionId, registration: string, afterMs: number): void {
    this.#parts.clock.after(afterMs, () => {
      if (this.#rooms.held(sessionId)?.framesOf(registration).length) return;
      const isIt = (it: Registration): boolean => it.id === registration && it.role === 'manager';
      this.#quietly(sessionId, this.#drop(sessionId, isIt));
    });
  }

  /** Ends registrations at once: frames close before anything else is done. True if there were any. */
  #drop(sessionId: SessionId, which: (it: Registration) => boolean): Promise<boolean> {
    return this.#rooms.in(sessionId, (room) => {
      const before = room.session.registrations;
      if (!before.some(which)) return false;
      this.#keepOnly(room, unregister(room.session, which));
      const left = new Set(room.session.registrations);
      this.#legs.left(
        room,
        before.filter((it) => !left.has(it)),
      );
      room.tellSharing();
      this.#consent.repeat(room); // somebody else may have asked, too
      this.#changed(room);
      return true;
    });
  }

  /** The session's rule has ended the sharing: everybody is unregistered, and the visitor is asked anew next time. */
  #endAll(room: PageRoom): void {
    const { registrations } = room.session;
    this.#keepOnly(room, sharingEnded(room.session));
    if (registrations.length > 0) room.tellSharing();
    this.#legs.ended(room, registrations);
    this.#changed(room);
  }

  #keepOnly(room: PageRoom, session: PageRoom['session']): void {
    room.session = session;
    const kept = new Set(session.registrations.map((it) => it.id));
    room.dismiss((frame) => !kept.has(frame.registration), 'unregistered');
  }

  #asRegistered<T>(
    viewer: Viewer,
    sessionId: SessionId,
    work: (room: PageRoom, mine: Registration) => T | Promise<T>,
  ): Promise<T> {
    return this.#rooms.in(sessionId, (room) => {
      const mine = room.session.registrations.find((it) => it.agentId === viewer.agentId);
      if (!mine)
        throw new ProblemError('not-permitted', { detail: 'You are not registered for this visitor.' });
      return work(room, mine);
    });
  }

  /** A room has come into memory, or its end was set. */
  #begun(room: PageRoom): void {
    const { endsAt, id } = room.session;
    room.cancelEnd?.();
    if (endsAt === undefined) return;
    room.cancelEnd = this.#parts.clock.after(Math.max(0, endsAt - this.#parts.clock.now()), () => {
      this.#quietly(
        id,
        this.#rooms.in(id, (it) => {
          if (it.session.endsAt === endsAt) this.#endAll(it);
        }),
      );
    });
  }

  #changed(room: PageRoom): void {
    this.#rooms.changed(room);
    this.#legs.follow(room);
  }

  async #settle(): Promise<void> {
    const { store, log } = this.#parts;
    const left = await store.open().catch((err: unknown) => {
      log.warn({ err }, 'page sessions of an earlier process not looked at');
      return [];
    });
    for (const id of left) {
      const settling = this.#rooms.in(id, (room) => {
        room.session = { ...room.session, online: room.online };
        for (const it of room.session.registrations) this.#lapse(id, it.id, WATCH_MS);
        this.#changed(room);
      });
      await settling.catch((err: unknown) => log.warn({ err, sessionId: id }, 'page session not settled'));
    }
  }

  #quietly(sessionId: SessionId, work: Promise<unknown>): void {
    work.catch((err: unknown) => this.#parts.log.error({ err, sessionId }, 'page session not served'));
  }
}

function notSharing(): ProblemError {
  return new ProblemError('not-now', { detail: 'The visitor is not sharing the page.' });
}
