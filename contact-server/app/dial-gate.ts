import type { CallId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';
import type { Callback, Claim } from '../domain/callback.ts';
import type { AuditStore, CallbackStore, Suppressions } from '../ports/stores.ts';
import type { DialAnswer, DialPolicy } from './dial-policy.ts';
import { suppressed } from './suppression-list.ts';
import { keyedHash } from './tokens.ts';

export type GateAnswer =
  | { readonly verdict: 'dial'; readonly trunkId: string; readonly callerId: string }
  | {
      readonly verdict: 'refused';
      readonly rule: string;
      readonly reason: string;
      readonly notBefore?: number;
    }
  /** This dial is not the present one any more, or was made already: nothing must ring. */
  | { readonly verdict: 'stale' };

interface Parts {
  readonly store: CallbackStore;
  readonly policy: DialPolicy;
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
    if (!allowed.ok) {
      const { rule, reason, notBefore } = allowed;
      await audit.add({ at, who: 'dial-gate', what: 'dial-refused', about: callback.id, detail: rule });
      return { verdict: 'refused', rule, reason, ...(notBefore !== undefined && { notBefore }) };
    }
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

  async #allowed({ wish }: Callback, now: number): Promise<DialAnswer> {
    const { policy, list, hashKey } = this.#parts;
    // They may have asked not to be called since they asked to be.
    if (await list.has(keyedHash(hashKey, wish.phone))) return { ok: false, ...suppressed };
    return policy.mayDial(wish.phone, {
      service: wish.service,
      now,
      anyHour: wish.anyHour,
      pickedTime: wish.wantedAt !== undefined,
      ...(wish.timezone !== undefined && { visitorZone: wish.timezone }),
    });
  }
}
