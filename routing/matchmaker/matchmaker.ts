import type { Redis } from 'ioredis';
import type { AgentId, CallbackId, ReservationId } from '../../contracts/ids.ts';
import type { AgentNext, AgentStatus, AgentWish, Contact } from '../routing.ts';
import type { ClassId, ProfileId } from '../domain/match.ts';
import type { Precedence } from '../domain/order.ts';
import type { RawReservation } from './decode.ts';
import { readReservation, readStatus } from './decode.ts';
import type { Reply } from './script.ts';
import { ScriptRunner } from './script.ts';
import type { ScriptName, Scripts } from './scripts.ts';
import { scripts as ours } from './scripts.ts';

/** The matchmaker's view of the roster is not this one; `version` is what it holds. */
export interface Stale {
  readonly state: 'stale';
  readonly version: number;
}
/** A kind of contact it has not met yet: define it, and ask again. */
export interface UnknownClass {
  readonly state: 'unknown-class';
  readonly class: ClassId;
}

export type Entered =
  | { readonly state: 'reserved'; readonly reservation: RawReservation }
  | { readonly state: 'queued'; readonly standing: Reply }
  | { readonly state: 'over' }
  | Stale
  | UnknownClass;

export type Answered =
  | { readonly state: 'ok'; readonly reservation: RawReservation }
  | { readonly state: 'unknown' | 'not-yours' | 'gone' | 'not-able' };

/** A contact together with what routing worked out for it. */
export interface Entry {
  readonly contact: Contact;
  readonly class: ClassId;
  readonly offerMs: number;
  readonly precedence: Precedence;
  /** What it needs from which time on (epoch ms), in their order. */
  readonly rings: readonly { readonly at: number; readonly class: ClassId }[];
  /** So long its preferred agent is waited for; 0 for not at all. */
  readonly waitUntil: number;
}

/**
 * The atomic steps by which contacts and agents find each other, one script each, typed. Asks for a new epoch by
 * itself when Redis turns out to be empty.
 */
export class Matchmaker {
  readonly #runner: ScriptRunner<ScriptName>;
  /** By what name Redis knows the library of our functions. */
  readonly library: string;
  readonly #found: (run: (epoch: number) => Promise<void>) => Promise<void>;

  constructor(
    redis: Redis,
    prefix: string,
    outboxMax: number,
    nextEpoch: () => Promise<number>,
    scripts: Scripts = ours,
  ) {
    this.library = scripts.name;
    this.#runner = new ScriptRunner(redis, scripts, prefix, outboxMax);
    let founding: Promise<void> | undefined;
    this.#found = (run) => {
      founding ??= nextEpoch()
        .then(run)
        .finally(() => (founding = undefined));
      return founding;
    };
  }

  /** Runs any script; the typed methods below are what most callers want. */
  async run(name: ScriptName, ...args: readonly (string | number)[]): Promise<Reply> {
    for (let tries = 0; ; tries += 1) {
      const reply = await this.#runner.run(name, args);
      if (reply[0] !== 'lost' || tries === 3) return reply;
      await this.#found(async (epoch) => {
        await this.#runner.run('found', [epoch]);
      });
    }
  }

  /** `isTold`: where it stands, if nobody is free, is part of the answer, as the `standing` script gives it. */
  async enter(entry: Entry, version: number, isTold = false): Promise<Entered> {
    const { contact } = entry;
    const reply = await this.run('enter', contact.id, wishes(entry), version, isTold ? '1' : '');
    if (reply[0] === 'reserved') return { state: 'reserved', reservation: reservationIn(reply) };
    if (reply[0] === 'queued') return { state: 'queued', standing: reply[1] as Reply };
    return disagreed(reply) ?? { state: 'over' };
  }

  /** Whoever waits, waits by a changed rule of their service from now on, at the same place. */
  async anew(entry: Entry, version: number): Promise<{ state: 'ok' | 'nothing' } | Stale | UnknownClass> {
    const { contact } = entry;
    const reply = await this.run('anew', contact.id, wishes(entry), version);
    return disagreed(reply) ?? { state: reply[0] as 'ok' | 'nothing' };
  }

  async leave(contactId: CallbackId): Promise<void> {
    await this.run('leave', contactId);
  }

  accept(reservationId: ReservationId, agentId: AgentId): Promise<Answered> {
    return this.#answered('accept', reservationId, agentId);
  }

  reject(reservationId: ReservationId, agentId: AgentId): Promise<Answered> {
    return this.#answered('reject', reservationId, agentId);
  }

  async claim(entry: Entry, agentId: AgentId, version: number): Promise<Answered | Stale | UnknownClass> {
    const { contact } = entry;
    const reply = await this.run('claim', contact.id, wishes(entry), version, agentId);
    if (reply[0] === 'ok') return { state: 'ok', reservation: reservationIn(reply) };
    return disagreed(reply) ?? { state: reply[0] as 'gone' | 'not-able' };
  }

  async #answered(
    name: 'accept' | 'reject',
    reservationId: ReservationId,
    agentId: AgentId,
  ): Promise<Answered> {
    const reply = await this.run(name, reservationId, agentId);
    const [tag, epoch] = reply;
    if (tag === 'late') {
      await this.run('lapse', reservationId);
      return { state: 'gone' };
    }
    if (tag === 'ok') return { state: 'ok', reservation: reservationIn(reply) };
    if (tag === 'unknown') return { state: wasOurs(reservationId, Number(epoch)) ? 'gone' : 'unknown' };
    return { state: tag as 'not-yours' | 'gone' };
  }

  async wrapUp(reservationId: ReservationId): Promise<void> {
    await this.run('wrapUp', reservationId);
  }

  async complete(reservationId: ReservationId, next: AgentNext): Promise<void> {
    const wish = next.state === 'as-wished' ? ['', ''] : [next.state, reasonOf(plain(next))];
    await this.run('complete', reservationId, ...wish);
  }

  /** `onlyNew` leaves alone who is logged in already. */
  async setAgentState(
    agentId: AgentId,
    profile: ProfileId,
    wish: AgentWish,
    version: number,
    onlyNew = false,
  ): Promise<AgentStatus | Stale> {
    const told = plain(wish);
    const wished = [told.state, reasonOf(told), JSON.stringify(told)] as const;
    const reply = await this.run('setAgentState', agentId, profile, ...wished, version, onlyNew ? '1' : '');
    return stale(reply) ?? readStatus(agentId, String(reply[1]));
  }

  async agentStatus(agentId: AgentId): Promise<AgentStatus | undefined> {
    const reply = await this.run('agentStatus', agentId);
    return reply[0] === 'ok' ? readStatus(agentId, String(reply[1])) : undefined;
  }

  async schedule(
    contactId: CallbackId,
    at: number,
    service: string | undefined,
    startedAt: number | undefined,
  ): Promise<number | undefined> {
    return timeIn(await this.run('schedule', contactId, at, service ?? '', startedAt ?? ''));
  }

  /** Like `schedule`, gives the time (epoch ms) that holds no more. */
  async unschedule(contactId: CallbackId): Promise<number | undefined> {
    return timeIn(await this.run('unschedule', contactId));
  }

  /** A due time has come, if it still holds. */
  async due(contactId: CallbackId, at: number): Promise<'due' | 'early' | 'nothing'> {
    return (await this.run('due', contactId, at))[0] as 'due' | 'early' | 'nothing';
  }
}

function timeIn([, at]: Reply): number | undefined {
  return at === '' ? undefined : Number(at);
}

/** What a contact wishes, as `lua/records.ts` keeps it and `decode.ts` reads it. */
function wishes(entry: Entry): string {
  const { contact, precedence, offerMs, rings, waitUntil } = entry;
  const { preferred } = contact;
  return [
    contact.entry,
    entry.class,
    0,
    rings.map((it) => `${it.at} ${it.class}`).join(' '),
    String(precedence.score).padStart(16, '0'),
    Math.floor(contact.startedAt),
    offerMs,
    precedence.priority,
    precedence.boostMs,
    preferred === undefined
      ? ''
      : `${Math.max(preferred.until, waitUntil)} ${waitUntil} ${preferred.agentId}`,
    `${entry.class} ${contact.service}`,
  ]
    .map((field) => `${field}\0`)
    .join('');
}

function reasonOf(wish: AgentWish | AgentNext): string {
  return wish.state === 'not-ready' ? wish.reason : '';
}

/** Control characters end the fields of what is kept: a reason has none. */
function plain<T extends AgentWish | AgentNext>(wish: T): T {
  return wish.state === 'not-ready' ? { ...wish, reason: wish.reason.replace(/\p{Cc}/gu, ' ') } : wish;
}

function reservationIn([, id, state, text]: Reply): RawReservation {
  return readReservation(String(id), String(state), String(text));
}

function disagreed(reply: Reply): Stale | UnknownClass | undefined {
  if (reply[0] === 'unknown-class') return { state: 'unknown-class', class: String(reply[1]) };
  return stale(reply);
}

function stale(reply: Reply): Stale | undefined {
  return reply[0] === 'stale' ? { state: 'stale', version: Number(reply[1]) } : undefined;
}

/** Ids name their epoch: one of ours that is no longer known was lost with Redis, or ended long ago. */
function wasOurs(id: ReservationId, epoch: number): boolean {
  const named = /^r(\d+)-\d+$/.exec(id)?.[1];
  return named !== undefined && Number(named) <= epoch;
}
