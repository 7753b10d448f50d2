import type { AgentId, CallbackId, ReservationId } from '../../contracts/ids.ts';
import type { AgentState, ReservationState } from '../../contracts/states.ts';
import type { RoutedChannel } from '../domain/channels.ts';
import { isChannel } from '../domain/channels.ts';
import type { DecisionInputs } from '../domain/decision.ts';
import type { Waiting } from '../domain/estimate/situation.ts';
import type { ClassId } from '../domain/match.ts';
import type { AgentStatus, AgentWish, Contact } from '../routing.ts';

/** A reservation with its decision still made of ids. */
export interface RawReservation {
  readonly id: ReservationId;
  readonly contactId: CallbackId;
  readonly entry: number;
  readonly agentId: AgentId;
  readonly state: ReservationState;
  readonly fence: number;
  readonly epoch: number;
  readonly createdAt: number;
  readonly deadline: number;
  readonly class: string;
  readonly why: DecisionInputs;
}

/** Reads a reservation as `lua/records.ts` writes it. */
export function readReservation(id: string, state: string, text: string): RawReservation {
  const [contactId, agentId, entry, deadline, kind = '', at, how, version, heads, ring, overtook, states] =
    text.split('\0');
  const [, epoch, fence] = /^r(\d+)-(\d+)$/.exec(id) ?? [];
  const overtaken = numbersByName(overtook ? overtook.split(' ') : []);
  const stood = pairs(states);
  return {
    id: id as ReservationId,
    contactId: contactId as CallbackId,
    entry: Number(entry),
    agentId: agentId as AgentId,
    state: state as ReservationState,
    fence: Number(fence),
    epoch: Number(epoch),
    createdAt: Number(at),
    deadline: Number(deadline),
    class: kind,
    why: {
      how: how as DecisionInputs['how'],
      version: Number(version),
      class: kind,
      at: Number(at),
      heads: pairs(heads).map(([profile, head]) => [profile, ...readHead(head)] as const),
      ...(ring !== '0' && { ring: Number(ring) }),
      ...(overtaken.size > 0 && { overtook: Object.fromEntries(overtaken) }),
      ...(stood.length > 0 && { states: Object.fromEntries(stood) }),
    },
  };
}

/** One who waits; `class` is what it needs now. */
export interface Waiter extends Waiting {
  readonly id: string;
  /** What it asked for. */
  readonly asked: ClassId;
  readonly contact: Omit<Contact, 'requirement'>;
}

/** Reads one who waits: its id, its line, and its wishes as `lua/records.ts` keeps them. */
export function readWaiting([id, line, wishes]: readonly [string, string, string]): Waiter {
  const [entry, now = '', , rings, score, start, , priority, , preferred = '', kept = ''] =
    wishes.split('\0');
  const [asked = '', ...service] = kept.split(' ');
  const [, until, agentId] = /^(\S+) \S+ (.+)$/.exec(preferred) ?? [];
  const contact = {
    id: id as CallbackId,
    service: service.join(' '),
    priority: Number(priority),
    startedAt: Number(start),
    entry: Number(entry),
    ...(agentId !== undefined && { preferred: { agentId: agentId as AgentId, until: Number(until) } }),
  };
  const changes = readChanges(rings, line.startsWith('@') ? preferred : '');
  return { id, class: now, asked, score: Number(score), contact, ...changes };
}

/** What will become of one who waits: its rings, and the agent it waits for alone, as `lua/records.ts` keeps them. */
export function readChanges(rings = '', preferred = ''): Pick<Waiting, 'rings' | 'waitsFor'> {
  const coming = [...rings.matchAll(/(\d+) (\S+)/g)].map(([, at, id = '']) => ({
    at: Number(at),
    class: id,
  }));
  const [, until, agentId] = /^\S+ (\S+) (.+)$/.exec(preferred) ?? [];
  return {
    ...(coming.length > 0 && { rings: coming }),
    ...(agentId !== undefined && { waitsFor: { agentId: agentId as AgentId, until: Number(until) } }),
  };
}

/** Reads an agent as `lua/records.ts` writes them. */
export function readStatus(agentId: string, text: string): AgentStatus {
  const [state, , since, , reservationId, contactId, , channel, next, reason, open, , also] =
    text.split('\0');
  const inHand = reservationId ? readInHand(channel, also) : [];
  return {
    agentId: agentId as AgentId,
    state: state as AgentState,
    since: Number(since),
    ...(reason && { reason }),
    ...(next && { next: JSON.parse(next) as AgentWish }),
    ...(reservationId && {
      reservationId: reservationId as ReservationId,
      contactId: contactId as CallbackId,
    }),
    ...(open && { open: open.split(' ') as RoutedChannel[] }),
    ...(inHand.length > 0 && inHand.join() !== 'voice' && { inHand }),
  };
}

/** By which channels the contacts in hand came: that of the foremost, and those that wait beside it. */
function readInHand(foremost = '', also = ''): RoutedChannel[] {
  const others = also.split('\x01').map((it) => it.split(' ')[2] ?? '');
  return [foremost, ...others].filter(isChannel).sort();
}

/** One of the things that a step told: what happened, to whom, and what was written with it. */
export interface Told {
  readonly type: string;
  readonly id: string;
  readonly text: string;
}

/** All that one entry of the outbox tells, and when. */
export function readStep([, at, ...fields]: readonly string[]): {
  readonly at: number;
  readonly told: readonly Told[];
} {
  const told: Told[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [type = '', ...id] = (fields[i] ?? '').split(' ');
    told.push({ type, id: id.join(' '), text: fields[i + 1] ?? '' });
  }
  return { at: Number(at), told };
}

const STATES: Readonly<Record<string, ReservationState>> = { created: 'pending', wrapup: 'wrapping' };

/** The reservation that an event of one tells of; its state follows from what happened. */
export function toldReservation({ type, id, text }: Told): RawReservation {
  const happened = type.slice('reservation.'.length);
  return readReservation(id, STATES[happened] ?? happened, text);
}

/** What every other event tells. */
export function toldBody({ type, id, text }: Told): object {
  switch (type) {
    case 'agent.state':
      return { status: readStatus(id, text) };
    case 'contact.queued':
    case 'contact.left': {
      const [entry, ring] = text.split(' ').map(Number);
      return { contactId: id, entry, ...(ring !== undefined && { ring }) };
    }
    case 'contact.due':
      return { contactId: id };
    case 'repaired':
      return { what: id, why: text };
  }
  return {};
}

/** A flat list of names and numbers as a map. */
export function numbersByName(flat: unknown): Map<string, number> {
  const map = new Map<string, number>();
  const list = flat as readonly string[];
  for (let i = 0; i + 1 < list.length; i += 2) map.set(list[i] ?? '', Number(list[i + 1]));
  return map;
}

function pairs(text = ''): readonly (readonly [string, string])[] {
  const list = text === '' ? [] : text.split('\x01');
  return list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1] ?? ''] as const] : []));
}

function readHead(text: string): readonly [AgentId, number] {
  const at = text.indexOf(' ');
  return [text.slice(at + 1) as AgentId, Number(text.slice(0, at))];
}
