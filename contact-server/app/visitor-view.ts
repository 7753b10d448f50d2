import { createHash } from 'node:crypto';
import type { CallbackView, VisitorAction } from '../../contracts/visitor.ts';
import type { Routing, Standing } from '../../routing/index.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { type Callback, callOf, claimOf, type Phase } from '../domain/callback.ts';
import type { AccountStore } from '../ports/accounts.ts';
import type { CompanyRules } from '../ports/company.ts';
import type { CallbackRecord, CallbackStore, CallStore } from '../ports/stores.ts';
import { firstName } from './agent-views.ts';
import type { Behind } from './behind.ts';
import { bindingPromise } from './binding-promise.ts';
import type { CallTimes } from './call-times.ts';
import { codeWordFor } from './code-word.ts';
import { forReading, maskForVisitor } from './dial-policy.ts';
import { type Telling, tell, type ToldRange } from './told-promise.ts';

interface Parts {
  readonly store: CallbackStore;
  readonly calls: CallStore;
  readonly accounts: AccountStore;
  readonly routing: Pick<Routing, 'place'>;
  readonly times: Pick<CallTimes, 'next'>;
  readonly company: CompanyRules;
  readonly clock: Clock;
  readonly codeKey: Buffer;
  readonly behind: Behind;
}

/** The code word is shown from the ring to so long after it. */
const CODE_WORD_MS = 60_000;
/** From an agent's yes to both talking, as a rule. */
const RINGING_MS = 10_000;

export interface VisitorLook {
  readonly view: CallbackView;
  /** The range told before will be missed; this look withdraws it. */
  readonly promiseBroke: boolean;
  /** Look again by then, so that a promise is withdrawn before it is missed. */
  readonly reviewAt?: number;
}

interface Waiting extends Telling {
  readonly place?: number;
  readonly callableAt?: number;
}

/** What the visitor may know, made from the stores each time; estimates that are told become promises. */
export class VisitorViews {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** `standing`: as routing has just told it; else it is asked. */
  async look(record: CallbackRecord, standing?: Standing): Promise<VisitorLook> {
    const { callback } = record;
    const waiting = isPromised(callback.phase) ? await this.#standing(record, standing) : undefined;
    const ringing = await this.#ringing(callback);
    const agentId = claimOf(callback)?.agentId;
    const agent = agentId === undefined ? undefined : await this.#parts.accounts.byId(agentId);
    const at = dueTime(callback) ?? waiting?.callableAt;
    const reason = reasonOf(callback.phase);
    const last = callback.attempts.map((it) => it.outcome).findLast((it) => it !== 'pending');
    const body: Omit<CallbackView, 'revision'> = {
      id: callback.id,
      state: callback.phase.state,
      service: callback.wish.service,
      requestedAt: iso(callback.requestedAt),
      phone: maskForVisitor(callback.wish.phone),
      ...(waiting?.place !== undefined && { place: waiting.place }),
      ...(waiting?.range && { estimate: { from: iso(waiting.range.from), to: iso(waiting.range.to) } }),
      ...(at !== undefined && { at: iso(at) }),
      ...ringing,
      ...(agent && { agent: { name: firstName(agent.name) } }),
      attempts: callback.attempts.length,
      ...(last && { lastOutcome: last }),
      ...(reason !== undefined && { reason }),
      allowed: allowedFor(callback),
    };
    return {
      view: { ...body, revision: revisionOf(body) },
      promiseBroke: waiting?.broke ?? false,
      ...(waiting?.reviewAt !== undefined && { reviewAt: waiting.reviewAt }),
    };
  }

  /**
   * Place and range. Who is offered to somebody stands nowhere, and without routing (Redis is gone) nobody does: what
   * was told holds, and is withdrawn in time all the same.
   */
  async #standing(record: CallbackRecord, known: Standing | undefined): Promise<Waiting> {
    const { store, clock, behind } = this.#parts;
    const { place, estimate, opensAt } = known ?? (await this.#place(record.callback)) ?? {};
    const told = bindingPromise(record);
    const now = clock.now();
    const telling =
      opensAt === undefined ? tell(told, estimate && ringing(estimate), now) : { broke: told !== undefined };
    const { range, broke } = telling;
    if (range && (range.from !== told?.from || range.to !== told.to)) {
      const saved = (): Promise<void> =>
        store.savePromise(record.callback.id, { ...range, madeAt: now }, broke);
      // The first range goes with the acceptance, which does not wait for it: one that is lost bound nobody for long.
      if (known) behind.run('promise', saved);
      else await saved();
    } else if (broke && told && !record.promiseBroken) {
      await store.savePromise(record.callback.id, told, broke);
    }
    const callableAt = opensAt === undefined ? undefined : await this.#callableFrom(record.callback, opensAt);
    return {
      ...telling,
      ...(place !== undefined && { place }),
      ...(callableAt !== undefined && { callableAt }),
    };
  }

  async #place({ id, phase }: Callback): Promise<Standing | undefined> {
    if (phase.state !== 'queued') return undefined;
    return this.#parts.routing.place(id).catch(() => undefined);
  }

  /** We go on at the next opening: with them as soon as it is an hour at which they may be rung. */
  async #callableFrom({ wish }: Callback, opensAt: number): Promise<number | undefined> {
    const next = await this.#parts.times.next(wish, opensAt);
    return next.ok ? next.at : undefined;
  }

  async #ringing(callback: Callback): Promise<Pick<CallbackView, 'callerId' | 'codeWord'>> {
    const callId = callOf(callback);
    if (callId === undefined) return {};
    const { calls, company, clock, codeKey } = this.#parts;
    const call = await calls.find(callId);
    const callerId = company.services.get(callback.wish.service)?.callerIds[0];
    const since = call?.ringingSince;
    const shown = since !== undefined && !call?.ended && clock.now() - since <= CODE_WORD_MS;
    return {
      ...(callerId !== undefined && { callerId: forReading(callerId) }),
      ...(shown && { codeWord: codeWordFor(codeKey, callback.id, callId) }),
    };
  }
}

/** A promise is kept when both talk: the two phones ring first. */
function ringing({ from, to }: ToldRange): ToldRange {
  return { from, to: to + RINGING_MS };
}

/** They wait for what was told, until their own phone rings. */
export function isPromised({ state }: Pick<Phase, 'state'>): boolean {
  return state === 'queued' || state === 'reserved' || state === 'dialing-agent';
}

function dueTime(callback: Callback): number | undefined {
  return callback.phase.state === 'scheduled' ? callback.phase.at : undefined;
}

function reasonOf(phase: Phase): string | undefined {
  return phase.state === 'refused' || phase.state === 'failed' ? phase.reason : undefined;
}

function allowedFor(callback: Callback): readonly VisitorAction[] {
  switch (callback.phase.state) {
    case 'requested':
    case 'screened':
    case 'queued':
    case 'reserved':
    case 'dialing-agent':
      return ['cancel', 'move'];
    case 'scheduled':
      return callback.attempts.length > 0 ? ['cancel', 'move', 'retry'] : ['cancel', 'move'];
    case 'dialing-customer':
      return ['cancel'];
    case 'connected':
    case 'wrap-up':
    case 'completed':
    case 'cancelled':
    case 'expired':
    case 'unreached':
    case 'refused':
    case 'failed':
      return [];
  }
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Changes with the content, and only with it. */
function revisionOf(body: unknown): number {
  return createHash('sha256').update(JSON.stringify(body)).digest().readUInt32BE(0);
}
