import type { AgentId, SessionId } from '../../contracts/ids.ts';
import type { Role, ViewerMode } from '../../contracts/states.ts';

/** Where the visitor's pages stand, and who is registered under the visitor's address. */
export interface PageSession {
  readonly id: SessionId;
  /** The registration key: the visitor's address as last seen. */
  readonly ip: string;
  /** The key before, when the visitor changed networks while somebody was registered. */
  readonly earlierIp?: string;
  readonly origin: string;
  readonly since: number;
  readonly consent: 'unasked' | 'asked' | 'given' | 'declined' | 'withdrawn';
  /** Who asked last, to be named again to a visitor who returns. */
  readonly askedBy?: string;
  /** Newest page of each tab. */
  readonly tabs: readonly PageTab[];
  /** The tab that is shared: the one that came to the front last or, where none says so, moved last. */
  readonly shared?: string;
  /** Oldest first; only since the visitor agreed to share. */
  readonly trail: readonly { readonly url: string; readonly title?: string; readonly at: number }[];
  readonly registrations: readonly Registration[];
  /** Frames of viewers, so that their counts go on in another process. */
  readonly frames: readonly PageFrame[];
  /** Some tab is connected. */
  readonly online: boolean;
  /** Somebody has been registered: it is a contact, with a record of its endpoints, and not just somebody who reads pages. */
  readonly isContact: boolean;
  /** Sharing ends then (epoch ms): the call is over. */
  readonly endsAt?: number;
}

export interface PageTab {
  readonly tab: string;
  readonly seq: number;
  readonly url: string;
  readonly title?: string;
  readonly at: number;
  /** It has said that it came to the front, so its browser tells such things. */
  readonly front?: boolean;
}

export interface PageFrame {
  readonly tab: string;
  readonly registration: string;
  readonly seq: number;
  readonly url: string;
}

/** One viewer under one visitor's address: {ip key, session, agent, time}. */
export interface Registration {
  readonly id: string;
  readonly ip: string;
  readonly agentId: AgentId;
  readonly name: string;
  readonly role: Role;
  readonly mode: ViewerMode;
  readonly at: number;
  /** The reservation that gave the right to it; absent where the visitor's code or a manager's role did. */
  readonly by?: string;
}

export const MAX_TABS = 20;
const MAX_TRAIL = 50;

export function newPageSession(id: SessionId, ip: string, origin: string, at: number): PageSession {
  return {
    id,
    ip,
    origin,
    since: at,
    consent: 'unasked',
    tabs: [],
    trail: [],
    registrations: [],
    frames: [],
    online: false,
    isContact: false,
  };
}

/** The visitor agreed, and somebody is registered. */
export function isSharing(session: PageSession): boolean {
  return session.consent === 'given' && session.registrations.length > 0;
}

/** The tab that is shared. */
export function activeTab(session: PageSession): PageTab | undefined {
  return session.tabs.find((it) => it.tab === session.shared) ?? session.tabs.at(-1);
}

/** A move of a tab; the very same session when the number was seen before. */
export function navigated(
  session: PageSession,
  move: PageTab,
  how: 'load' | 'history' | 'hash',
): PageSession {
  const known = session.tabs.find((it) => it.tab === move.tab);
  if (known && move.seq <= known.seq) return session;
  const tab = { ...move, ...(known?.front && { front: true }) };
  const tabs = [...session.tabs.filter((it) => it.tab !== move.tab), tab].slice(-MAX_TABS);
  const now = activeTab(session);
  // A page that loads itself anew in the background does not take the share from the tab in front.
  const keeps = now !== undefined && now.tab !== move.tab && now.front === true && how === 'load';
  return followTrail({ ...session, tabs, shared: keeps ? now.tab : move.tab }, move.at);
}

export function focused(session: PageSession, tab: string, at: number): PageSession {
  if (!session.tabs.some((it) => it.tab === tab)) return session;
  const tabs = session.tabs.map((it) => (it.tab === tab ? { ...it, front: true } : it));
  return followTrail({ ...session, tabs, shared: tab }, at);
}

/** A tab is closed for good. The last one stays, as the place where the visitor was. */
export function tabClosed(session: PageSession, tab: string, at: number): PageSession {
  if (session.tabs.length < 2) return session;
  const tabs = session.tabs.filter((it) => it.tab !== tab);
  const shared = session.shared === tab ? tabs.at(-1)?.tab : session.shared;
  return followTrail({ ...session, tabs, ...(shared !== undefined && { shared }) }, at);
}

/** The visitor is seen at this address: identity is the session, the address is its index. */
export function seenAt(session: PageSession, ip: string): PageSession {
  if (session.ip === ip) return session;
  const registrations = session.registrations.map((it) => ({ ...it, ip }));
  const changed = session.registrations.length > 0 && session.ip !== '';
  return { ...session, ip, registrations, ...(changed && { earlierIp: session.ip }) };
}

export function asked(session: PageSession, by: string): PageSession {
  return { ...session, consent: 'asked', askedBy: by };
}

/** The visitor's answer. What was seen before the yes is not told after it, but for the present page. */
export function consented(session: PageSession, given: boolean, at: number): PageSession {
  if (given) return session.consent === 'given' ? session : followTrail({ ...session, consent: 'given' }, at);
  return { ...session, consent: session.consent === 'given' ? 'withdrawn' : 'declined', trail: [] };
}

/** The same agent twice is one registration. */
export function register(session: PageSession, registration: Registration): PageSession {
  const others = session.registrations.filter((it) => it.agentId !== registration.agentId);
  const { endsAt: _endsAt, ...rest } = session;
  return { ...rest, registrations: [...others, registration], isContact: true };
}

/**
 * Ends registrations. Who only watches does so where an agent works: without one, nobody is left; and a question that nobody asks
 * any more is open no longer.
 */
export function unregister(session: PageSession, which: (it: Registration) => boolean): PageSession {
  const left = session.registrations.filter((it) => !which(it));
  const registrations = left.some((it) => it.role !== 'manager') ? left : [];
  const kept = new Set(registrations.map((it) => it.id));
  const frames = session.frames.filter((it) => kept.has(it.registration));
  const isMoot = registrations.length === 0 && session.consent === 'asked';
  return { ...session, registrations, frames, ...(isMoot && { consent: 'unasked' as const }) };
}

export function inMode(session: PageSession, agentId: AgentId, mode: ViewerMode): PageSession {
  return {
    ...session,
    registrations: session.registrations.map((it) => (it.agentId === agentId ? { ...it, mode } : it)),
  };
}

/** The call is over: nobody sees anything any more, and the visitor is asked anew next time. */
export function sharingEnded(session: PageSession): PageSession {
  const {
    endsAt: _endsAt,
    askedBy: _askedBy,
    earlierIp: _earlierIp,
    ...rest
  } = unregister(session, () => true);
  return { ...rest, consent: 'unasked', trail: [], isContact: false };
}

function followTrail(session: PageSession, at: number): PageSession {
  const tab = activeTab(session);
  if (session.consent !== 'given' || !tab || session.trail.at(-1)?.url === tab.url) return session;
  const step = { url: tab.url, ...(tab.title !== undefined && { title: tab.title }), at };
  return { ...session, trail: [...session.trail, step].slice(-MAX_TRAIL) };
}

/** A frame's count, so that it goes on elsewhere. */
export function frameAt(session: PageSession, frame: PageFrame): PageSession {
  return { ...session, frames: [...session.frames.filter((it) => it.tab !== frame.tab), frame] };
}

export function frameGone(session: PageSession, tab: string): PageSession {
  return { ...session, frames: session.frames.filter((it) => it.tab !== tab) };
}
