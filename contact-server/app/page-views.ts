import type { PageCommand, PagesView, PageView } from '../../contracts/agent.ts';
import { activeTab, type PageSession } from '../domain/page-session.ts';
import type { PageRoom } from './page-room.ts';
import type { Viewer } from './pages.ts';

const SHOWN_TRAIL = 20;

/** Where the visitor is; nothing before consent. */
export function pageView(session: PageSession): PageView | undefined {
  const tab = activeTab(session);
  if (session.consent !== 'given' || !tab) return undefined;
  const { url, title, at } = tab;
  return {
    url,
    ...(title !== undefined && { title }),
    at,
    trail: session.trail.slice(-SHOWN_TRAIL).reverse(),
  };
}

/** The sharing as one viewer may see and use it. */
export function pagesView(room: PageRoom, viewer: Viewer): PagesView {
  const { session } = room;
  const mine = session.registrations.find((it) => it.agentId === viewer.agentId);
  const page = mine || viewer.role === 'manager' ? pageView(session) : undefined;
  const sharing = sharingOf(room);
  const connected = new Set([...room.frames.values()].map((it) => it.registration));
  return {
    sharing,
    registered: mine !== undefined,
    ...(mine && { registration: mine.id, address: keyOf(session) }),
    mode: mine?.mode ?? 'watch',
    ...(page && { page }),
    viewers: session.registrations
      .filter((it) => connected.has(it.id))
      .map(({ name, role, mode }) => ({ name, role, mode })),
    allowed: mine ? commandsFor(sharing, mine.mode) : [],
  };
}

function sharingOf(room: PageRoom): PagesView['sharing'] {
  const { consent } = room.session;
  if (consent === 'given') return room.online ? 'on' : 'paused';
  if (!room.online) return 'offline';
  if (consent === 'asked') return 'asked';
  return consent === 'unasked' ? 'off' : 'declined';
}

function commandsFor(sharing: PagesView['sharing'], mode: string): readonly PageCommand[] {
  switch (sharing) {
    case 'on':
      return mode === 'watch'
        ? ['open-view', 'stop']
        : ['open-view', 'push', mode === 'lead' ? 'follow' : 'lead', 'stop'];
    case 'off':
    case 'declined':
      return ['ask-consent', 'stop'];
    case 'paused':
    case 'asked':
    case 'offline':
      return ['stop'];
  }
}

/** The registration key, and the one before where it changed. */
function keyOf(session: PageSession): { now: string; earlier?: string } {
  const { ip, earlierIp } = session;
  return { now: maskAddress(ip), ...(earlierIp !== undefined && { earlier: maskAddress(earlierIp) }) };
}

/** An address as policy lets agents see it: enough to recognise, not to find. */
export function maskAddress(ip: string): string {
  if (ip.includes(':')) return `${ip.split(':').slice(0, 3).join(':')}:•`;
  return `${ip.split('.').slice(0, 3).join('.')}.•`;
}
