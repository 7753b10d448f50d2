import type { AgentId, SessionId } from '../../contracts/ids.ts';
import type { Role, ViewerMode } from '../../contracts/states.ts';

/** Where the visitor's pages stand, and who is registered under the visitor's address. */
export interface PageSession {
  readonly id: SessionId;
  /** The registration key: the visitor's address as last seen. */
  readonly ip: string;
  readonly origin: string;
  readonly since: number;
  readonly consent: 'unasked' | 'asked' | 'given' | 'declined' | 'withdrawn';
  /** Newest page of each tab; the shared tab is the one focused or moved last. */
  readonly tabs: readonly PageTab[];
  /** Oldest first; only since the visitor agreed to share. */
  readonly trail: readonly { readonly url: string; readonly title?: string; readonly at: number }[];
  readonly registrations: readonly Registration[];
  /** Number of the last `go` that was sent. */
  readonly lastGo: number;
}

export interface PageTab {
  readonly tab: string;
  readonly seq: number;
  readonly url: string;
  readonly title?: string;
  readonly at: number;
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
}

const MAX_TABS = 8;
const MAX_TRAIL = 50;

export function newPageSession(id: SessionId, ip: string, origin: string, at: number): PageSession {
  return { id, ip, origin, since: at, consent: 'unasked', tabs: [], trail: [], registrations: [], lastGo: 0 };
}

/** The tab that is shared. */
export function activeTab(session: PageSession): PageTab | undefined {
  return session.tabs.reduce<PageTab | undefined>(
    (best, it) => (best && best.at >= it.at ? best : it),
    undefined,
  );
}

/** A move of a tab; the very same session when the number was seen before. */
export function navigated(session: PageSession, move: PageTab): PageSession {
  const known = session.tabs.find((it) => it.tab === move.tab);
  if (known && move.seq <= known.seq) return session;
  const tabs = [...session.tabs.filter((it) => it.tab !== move.tab), move].slice(-MAX_TABS);
  return followTrail({ ...session, tabs }, move);
}

export function focused(session: PageSession, tab: string, at: number): PageSession {
  return { ...session, tabs: session.tabs.map((it) => (it.tab === tab ? { ...it, at } : it)) };
}

/** The visitor's answer. What was seen before the yes is not told after it, but for the present page. */
export function consented(session: PageSession, given: boolean): PageSession {
  if (!given) {
    return { ...session, consent: session.consent === 'given' ? 'withdrawn' : 'declined', trail: [] };
  }
  const now: PageSession = { ...session, consent: 'given' };
  const tab = activeTab(now);
  return tab ? followTrail(now, tab) : now;
}

export function register(session: PageSession, registration: Registration): PageSession {
  const others = session.registrations.filter((it) => it.agentId !== registration.agentId);
  return { ...session, registrations: [...others, registration] };
}

export function unregister(session: PageSession, which: (it: Registration) => boolean): PageSession {
  return { ...session, registrations: session.registrations.filter((it) => !which(it)) };
}

export function inMode(session: PageSession, agentId: AgentId, mode: ViewerMode): PageSession {
  return {
    ...session,
    registrations: session.registrations.map((it) => (it.agentId === agentId ? { ...it, mode } : it)),
  };
}

function followTrail(session: PageSession, move: PageTab): PageSession {
  if (session.consent !== 'given' || session.trail.at(-1)?.url === move.url) return session;
  const step = { url: move.url, ...(move.title !== undefined && { title: move.title }), at: move.at };
  return { ...session, trail: [...session.trail, step].slice(-MAX_TRAIL) };
}
