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
import { codeWordFor } from './code-word.ts';
import { forReading, maskForVisitor } from './dial-policy.ts';

interface Parts {
  readonly store: CallbackStore;
  readonly calls: CallStore;
  readonly accounts: AccountStore;
  readonly routing: Routing;
  readonly company: CompanyRules;
  readonly clock: Clock;
  readonly codeKey: Buffer;
  readonly behind: Behind;
}

/** The code word is shown from the ring to so long after it. */
const CODE_WORD_MS = 60_000;

export interface VisitorLook {
  readonly view: CallbackView;
  /** The range told before will be missed; this look withdraws it. */
  readonly promiseBroke: boolean;
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
    const waiting = callback.phase.state === 'queued' ? await this.#standing(record, standing) : undefined;
    const ringing = await this.#ringing(callback);
    const agentId = claimOf(callback)?.agentId;
    const agent = agentId === undefined ? undefined : await this.#parts.accounts.byId(agentId);
    const at = dueTime(callback);
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
    return { view: { ...body, revision: revisionOf(body) }, promiseBroke: waiting?.broke ?? false };
  }

  /** Place and range; without routing (Redis is gone) the visitor keeps the place, and we say nothing of it. */
  async #standing(
    record: CallbackRecord,
    known: Standing | undefined,
  ): Promise<{ place?: number; range?: { from: number; to: number }; broke: boolean }> {
    const { routing, store, clock, behind } = this.#parts;
    const standing = known ?? (await routing.place(record.callback.id).catch(() => undefined));
    const told = bindingPromise(record);
    if (!standing) return { broke: false, ...(told && { range: told }) };
    const now = clock.now();
    const fresh = standing.estimate;
    const place = standing.place;
    if (!fresh) return { place, broke: false };
    // A promise only narrows or holds; when it cannot be kept any more it is withdrawn in so many words.
    const broke = told !== undefined && (fresh.from > told.to || now > told.to);
    const range = told && !broke ? narrowed(told, fresh) : fresh;
    if (!told || broke || range.from !== told.from || range.to !== told.to) {
      const saved = (): Promise<void> =>
        store.savePromise(record.callback.id, { ...range, madeAt: now }, broke);
      // The first range goes with the acceptance, which does not wait for it: one that is lost bound nobody for long.
      if (known) behind.run('promise', saved);
      else await saved();
    }
    return { place, range, broke };
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

function narrowed(
  told: { from: number; to: number },
  fresh: { from: number; to: number },
): { from: number; to: number } {
  const minute = 60_000;
  const from = Math.max(told.from, fresh.from);
  const to = Math.min(told.to, fresh.to);
  // Below a minute's difference nothing is worth moving on the visitor's screen.
  if (from > to || Math.abs(from - told.from) + Math.abs(to - told.to) < minute)
    return { from: told.from, to: told.to };
  return { from, to };
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
