import type { CallId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';
import type { Callback, Claim } from '../domain/callback.ts';
import type { AuditStore, CallbackStore, Suppressions } from '../ports/stores.ts';
import type { CallTimes } from './call-times.ts';
import type { DialAnswer } from './dial-policy.ts';
import { suppressed } from './suppression-list.ts';
import { keyedHash } from './tokens.ts';

interface Refusal {
  readonly verdict: 'refused';
  readonly rule: string;
  readonly reason: string;
  /** When it may be rung, and somebody is here to talk. */
  readonly notBefore?: number;
}

export type GateAnswer =
  | { readonly verdict: 'dial'; readonly trunkId: string; readonly callerId: string }
  | Refusal
  /** This dial is not the present one any more, or was made already: nothing must ring. */
  | { readonly verdict: 'stale' };

interface Parts {
  readonly store: CallbackStore;
  readonly times: CallTimes;
  /** The suppressed numbers as the store knows them at this moment, by this key's hash. */
  readonly list: Pick<Suppressions, 'has'>;
  readonly hashKey: Buffer;
  readonly audit: AuditStore;
  readonly clock: Clock;
}

/**
 * The one door every customer's phone is rung through. It asks the policy, then records the attempt in the same
 * atomic step that checks the fence: a second worker, a stalled job or a restart cannot pass twice.
 */
export class DialGate {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async ask(callback: Callback, callId: CallId, claim: Claim): Promise<GateAnswer> {
    const { store, audit, clock } = this.#parts;
    const at = clock.now();
    const allowed = await this.#allowed(callback, at);
    if (!allowed.ok) return this.#refused(callback, allowed, at);
    const recorded = await store.recordAttempt(callback.id, {
      n: callback.attempts.length + 1,
      at,
      callId,
      fence: claim.fence,
      outcome: 'pending',
    });
    if (!recorded) {
      await audit.add({ at, who: 'dial-gate', what: 'duplicate-dial-prevented', about: callback.id });
      return { verdict: 'stale' };
    }
    return { verdict: 'dial', trunkId: allowed.trunkId, callerId: allowed.callerId };
  }

  /** Asked before the agent is rung, who is not to lift the phone for nothing: only what needs no store is looked at. */
  async foresees(callback: Callback): Promise<Refusal | undefined> {
    const { times, clock } = this.#parts;
    const at = clock.now();
    const dial = times.mayDial(callback.wish, at);
    return dial.ok ? undefined : this.#refused(callback, dial, at);
  }

  async #refused(
    { id, wish }: Callback,
    dial: Extract<DialAnswer, { ok: false }>,
    at: number,
  ): Promise<Refusal> {
    const { times, audit } = this.#parts;
    await audit.add({ at, who: 'dial-gate', what: 'dial-refused', about: id, detail: dial.rule });
    const { rule, reason, notBefore } = dial;
    if (notBefore === undefined) return { verdict: 'refused', rule, reason };
    const next = await times.next(wish, notBefore);
    return next.ok
      ? { verdict: 'refused', rule, reason, notBefore: next.at }
      : { verdict: 'refused', rule: next.rule, reason: next.reason };
  }

  async #allowed({ wish }: Callback, now: number): Promise<DialAnswer> {
    const { times, list, hashKey } = this.#parts;
    // They may have asked not to be called since they asked to be.
    if (await list.has(keyedHash(hashKey, wish.phone))) return { ok: false, ...suppressed };
    return times.mayDial(wish, now);
  }
}
