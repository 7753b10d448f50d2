import type { AgentId } from '../../contracts/ids.ts';
import type { PageSays } from '../../contracts/visitor.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { activeTab, consented, focused, navigated, unregister } from '../domain/page-session.ts';
import { legId } from '../domain/session.ts';
import { sharable } from '../domain/page-url.ts';
import type { VisitorStream } from '../ports/visitor-desk.ts';
import { CODE_LIFE_MS, type PageCodes } from './page-codes.ts';
import type { PageAuthority } from './page-authority.ts';
import type { PageParts } from './page-parts.ts';
import { type PageRoom, say, type ViewerFrame } from './page-room.ts';
import { keyedHash } from './tokens.ts';

type Hello = Extract<PageSays, { type: 'hello' }>;
type Move = Extract<PageSays, { type: 'navigated' }>;
/** Runs work in the room, one thing at a time. */
type InRoom = (work: (room: PageRoom) => Promise<void>) => void;
type Listener = (said: PageSays) => void;

/** What is said and heard in a room, by the visitor's tabs and by the frames of viewers. */
export class PageTalk {
  readonly #parts: PageParts;
  readonly #codes: PageCodes;
  readonly #authority: PageAuthority;
  readonly #changed: (room: PageRoom) => Promise<void>;

  constructor(
    parts: PageParts,
    codes: PageCodes,
    authority: PageAuthority,
    changed: (room: PageRoom) => Promise<void>,
  ) {
    this.#parts = parts;
    this.#codes = codes;
    this.#authority = authority;
    this.#changed = changed;
  }

  async welcomeVisitor(
    room: PageRoom,
    stream: VisitorStream,
    hello: Hello,
    ticket: string,
    inRoom: InRoom,
  ): Promise<Listener> {
    const { tab } = hello;
    room.tabs.get(tab)?.close('replaced');
    room.tabs.set(tab, stream);
    // An address that changes in the middle keeps its session: the ticket is the identity, the address the index.
    const { ip } = stream.ask.visitor;
    if (room.session.ip !== ip) room.session = { ...room.session, ip };
    say(stream, {
      type: 'welcome',
      role: 'visitor',
      session: room.session.id,
      ticket,
      sharing: room.sharing,
    });
    const validForS = CODE_LIFE_MS / 1000;
    say(stream, { type: 'code', code: this.#codes.issue(room.session.id, ip), validForS });
    if (room.session.consent === 'asked' && room.askedBy !== undefined) this.askConsent(room, room.askedBy);
    await this.#moved(room, tab, hello);
    await this.#leg(room, 'joined');
    room.tellSharing();
    stream.onClose(() =>
      inRoom(async (it) => {
        if (it.tabs.get(tab) === stream) it.tabs.delete(tab);
        if (it.online) return;
        this.#codes.forget(it.session.id);
        await this.#leg(it, 'lost');
        await this.#changed(it);
      }),
    );
    return (said) => inRoom((it) => this.#visitorSaid(it, tab, said));
  }

  async welcomeViewer(
    room: PageRoom,
    agentId: AgentId,
    stream: VisitorStream,
    hello: Hello,
    inRoom: InRoom,
  ): Promise<Listener> {
    const registration = room.session.registrations.find((it) => it.agentId === agentId);
    if (!registration) throw new ProblemError('wrong-token');
    const frame: ViewerFrame = { agentId, stream, url: hello.url };
    room.viewers.add(frame);
    const { id } = room.session;
    const credential = this.#authority.viewerCredential(id, agentId);
    say(stream, { type: 'welcome', role: 'viewer', session: id, credential, sharing: room.sharing });
    await this.#arrived(room, frame);
    const { role, name } = registration;
    await this.#parts.sessions.apply(id, [
      { do: 'add', role, who: agentId, name, channel: 'pages', state: 'joined' },
    ]);
    await this.#changed(room);
    stream.onClose(() =>
      inRoom(async (it) => {
        it.viewers.delete(frame);
        if ([...it.viewers].some((other) => other.agentId === agentId)) return;
        const state = it.session.registrations.some((other) => other.agentId === agentId) ? 'lost' : 'left';
        await this.#parts.sessions.apply(id, [{ do: 'set', id: legId(role, agentId, 'pages'), state }]);
        await this.#changed(it);
      }),
    );
    return (said) => inRoom((it) => this.#viewerSaid(it, frame, said));
  }

  askConsent(room: PageRoom, agent: string): void {
    const { text, version } = this.#parts.company.consent.pages;
    room.session = { ...room.session, consent: 'asked' };
    room.askedBy = agent;
    room.tellVisitor({ type: 'consent-asked', agent, text, version });
  }

  /** The session's rule has ended the sharing: everybody is unregistered, and the visitor is asked anew next time. */
  async endAll(room: PageRoom): Promise<void> {
    const had = room.session.registrations.length > 0;
    room.session = { ...unregister(room.session, () => true), consent: 'unasked', trail: [] };
    room.dismiss(() => true);
    if (had) room.tellSharing();
    await this.#changed(room);
  }

  async #visitorSaid(room: PageRoom, tab: string, said: PageSays): Promise<void> {
    switch (said.type) {
      case 'hello':
        return;
      case 'navigated':
        await this.#moved(room, tab, said);
        return;
      case 'focused': {
        room.session = focused(room.session, tab, this.#parts.clock.now());
        const active = activeTab(room.session);
        if (active && room.sharing) room.moveViewers(active.url, 'visitor');
        await this.#changed(room);
        return;
      }
      case 'consent':
        await this.#consent(room, said);
    }
  }

  /** A tab moved: kept, and repeated at every frame if the page may be shown. */
  async #moved(room: PageRoom, tab: string, move: Pick<Move, 'seq' | 'url' | 'title'>): Promise<void> {
    const page = sharable(move.url, this.#parts.siteOrigins);
    if (!page.ok) return;
    const before = room.session;
    const { seq, title } = move;
    room.session = navigated(before, {
      tab,
      seq,
      url: page.url,
      ...(title !== undefined && { title }),
      at: this.#parts.clock.now(),
    });
    if (room.session === before) return;
    if (room.sharing) room.moveViewers(page.url, 'visitor');
    await this.#changed(room);
  }

  async #consent(room: PageRoom, said: Extract<PageSays, { type: 'consent' }>): Promise<void> {
    const { consents, company, clock, keys } = this.#parts;
    room.session = consented(room.session, said.pages);
    if (said.pages) {
      await consents.add({
        purpose: 'pages',
        text: said.text ?? company.consent.pages.text,
        version: said.version ?? company.consent.pages.version,
        at: clock.now(),
        ipHash: keyedHash(keys.hash, room.session.ip),
        sessionId: room.session.id,
      });
    }
    await this.#changed(room);
    room.tellSharing();
    const tab = activeTab(room.session);
    if (tab && room.sharing) room.moveViewers(tab.url, 'visitor');
  }

  async #viewerSaid(room: PageRoom, frame: ViewerFrame, said: PageSays): Promise<void> {
    if (said.type !== 'navigated') return;
    const echo = frame.url === said.url || said.because !== undefined;
    frame.url = said.url;
    if (echo || !room.sharing) return;
    const mode = room.session.registrations.find((it) => it.agentId === frame.agentId)?.mode;
    const page = sharable(said.url, this.#parts.siteOrigins);
    if (mode !== 'lead' || !page.ok) {
      // Who only follows or watches is brought back to where the visitor is.
      if (mode !== 'lead') await this.#arrived(room, frame);
      return;
    }
    room.tellVisitor({ type: 'go', n: room.nextGo(), url: page.url, by: 'agent' });
    room.moveViewers(page.url, 'agent', frame);
    this.#parts.hints.give({ about: 'session', id: room.session.id });
  }

  #arrived(room: PageRoom, frame: ViewerFrame): Promise<void> {
    const tab = activeTab(room.session);
    if (tab && room.sharing && tab.url !== frame.url) {
      frame.url = tab.url;
      say(frame.stream, { type: 'go', n: room.nextGo(), url: tab.url, by: 'visitor' });
    }
    return Promise.resolve();
  }

  async #leg(room: PageRoom, state: 'joined' | 'lost'): Promise<void> {
    await this.#parts.sessions.apply(room.session.id, [
      { do: 'add', role: 'visitor', who: 'visitor', name: 'Visitor', channel: 'pages', state },
    ]);
  }
}
