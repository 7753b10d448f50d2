import type { Redis } from 'ioredis';
import type { AgentId, CallbackId, ReservationId } from '../../contracts/ids.ts';
import type { AgentNext, AgentStatus, AgentWish, Contact } from '../routing.ts';
import type { ClassId, ProfileId } from '../domain/match.ts';
import { lineScore } from '../domain/order.ts';
import type { RawReservation } from './decode.ts';
import { readReservation, readStatus } from './decode.ts';
import type { Reply, Script } from './script.ts';
import { ScriptRunner } from './script.ts';
import { scripts } from './scripts.ts';

/** The matchmaker's view of the roster is not this one; `version` is what it holds. */
export interface Stale {
  readonly state: 'stale';
  readonly version: number;
}
/** A kind of contact it has not met yet: define it, and ask again. */
export interface UnknownClass {
  readonly state: 'unknown-class';
}

export type Entered =
  | { readonly state: 'reserved'; readonly reservation: RawReservation }
  | { readonly state: 'queued' | 'over' }
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
}

/**
 * The atomic steps by which contacts and agents find each other, one script each, typed. Asks for a new epoch by
 * itself when Redis turns out to be empty.
 */
export class Matchmaker {
  readonly #runner: ScriptRunner;
  readonly #found: (run: (epoch: number) => Promise<void>) => Promise<void>;

  constructor(redis: Redis, prefix: string, outboxMax: number, nextEpoch: () => Promise<number>) {
    this.#runner = new ScriptRunner(redis, prefix, outboxMax);
    let founding: Promise<void> | undefined;
    this.#found = (run) => {
      founding ??= nextEpoch()
        .then(run)
        .finally(() => (founding = undefined));
      return founding;
    };
  }

  /** Runs any script; the typed methods below are what most callers want. */
  async run(it: Script, ...args: readonly (string | number)[]): Promise<Reply> {
    for (let tries = 0; ; tries += 1) {
      const reply = await this.#runner.run(it, args);
      if (reply[0] !== 'lost' || tries === 3) return reply;
      await this.#found(async (epoch) => {
        await this.#runner.run(scripts.found, [epoch]);
      });
    }
  }

  async enter({ contact, class: id, offerMs }: Entry, version: number): Promise<Entered> {
    const { preferred } = contact;
    const reply = await this.run(
      scripts.enter,
      contact.id,
      contact.entry,
      id,
      lineScore(contact.priority, contact.startedAt),
      offerMs,
      preferred?.agentId ?? '',
      preferred?.until ?? '',
      JSON.stringify(contact),
      version,
    );
    if (reply[0] === 'reserved') return { state: 'reserved', reservation: readReservation(reply[1]) };
    return stale(reply) ?? { state: reply[0] as 'queued' | 'over' | 'unknown-class' };
  }

  async leave(contactId: CallbackId): Promise<void> {
    await this.run(scripts.leave, contactId);
  }

  accept(reservationId: ReservationId, agentId: AgentId): Promise<Answered> {
    return this.#answered(scripts.accept, reservationId, agentId);
  }

  reject(reservationId: ReservationId, agentId: AgentId): Promise<Answered> {
    return this.#answered(scripts.reject, reservationId, agentId);
  }

  async claim(
    { contact, class: id, offerMs }: Entry,
    agentId: AgentId,
    version: number,
  ): Promise<Answered | Stale | UnknownClass> {
    const reply = await this.run(
      scripts.claim,
      contact.id,
      contact.entry,
      id,
      lineScore(contact.priority, contact.startedAt),
      offerMs,
      agentId,
      '',
      JSON.stringify(contact),
      version,
    );
    if (reply[0] === 'ok') return { state: 'ok', reservation: readReservation(reply[1]) };
    return stale(reply) ?? { state: reply[0] as 'gone' | 'not-able' | 'unknown-class' };
  }

  async #answered(it: Script, reservationId: ReservationId, agentId: AgentId): Promise<Answered> {
    const [tag, rest] = await this.run(it, reservationId, agentId);
    if (tag === 'ok') return { state: 'ok', reservation: readReservation(rest) };
    if (tag === 'unknown') return { state: wasOurs(reservationId, Number(rest)) ? 'gone' : 'unknown' };
    return { state: tag as 'not-yours' | 'gone' };
  }

  async wrapUp(reservationId: ReservationId): Promise<void> {
    await this.run(scripts.wrapUp, reservationId);
  }

  async complete(reservationId: ReservationId, next: AgentNext): Promise<void> {
    const wish = next.state === 'as-wished' ? '' : JSON.stringify(next);
    await this.run(scripts.complete, reservationId, wish);
  }

  /** `onlyNew` leaves alone who is logged in already. */
  async setAgentState(
    agentId: AgentId,
    profile: ProfileId,
    wish: AgentWish,
    version: number,
    onlyNew = false,
  ): Promise<AgentStatus | Stale> {
    const args = [agentId, profile, JSON.stringify(wish), version, onlyNew ? '1' : ''];
    const reply = await this.run(scripts.setAgentState, ...args);
    return stale(reply) ?? readStatus(reply[1]);
  }

  async agentStatus(agentId: AgentId): Promise<AgentStatus | undefined> {
    const reply = await this.run(scripts.agentStatus, agentId);
    return reply[0] === 'ok' ? readStatus(reply[1]) : undefined;
  }

  async schedule(contactId: CallbackId, at: number, service: string | undefined): Promise<void> {
    await this.run(scripts.schedule, contactId, at, service ?? '');
  }

  async unschedule(contactId: CallbackId): Promise<void> {
    await this.run(scripts.unschedule, contactId);
  }

  /** A due time has come, if it still holds. */
  async due(contactId: CallbackId, at: number): Promise<'due' | 'early' | 'nothing'> {
    return (await this.run(scripts.due, contactId, at))[0] as 'due' | 'early' | 'nothing';
  }
}

function stale(reply: Reply): Stale | undefined {
  return reply[0] === 'stale' ? { state: 'stale', version: Number(reply[1]) } : undefined;
}

/** Ids name their epoch: one of ours that is no longer known was lost with Redis, or ended long ago. */
function wasOurs(id: ReservationId, epoch: number): boolean {
  const named = /^r(\d+)-\d+$/.exec(id)?.[1];
  return named !== undefined && Number(named) <= epoch;
}
