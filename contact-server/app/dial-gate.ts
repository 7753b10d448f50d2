import type { CallId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';
import type { Callback, Claim } from '../domain/callback.ts';
import type { AuditStore, CallbackStore } from '../ports/stores.ts';
import type { DialPolicy } from './dial-policy.ts';

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
    const { store, policy, audit, clock } = this.#parts;
    const at = clock.now();
    const { wish } = callback;
    const allowed = policy.mayDial(wish.phone, {
      service: wish.service,
      now: at,
      anyHour: wish.anyHour,
      pickedTime: wish.wantedAt !== undefined,
      ...(wish.timezone !== undefined && { visitorZone: wish.timezone }),
    });
    if (!allowed.ok) {
      await audit.add({
        at,
        who: 'dial-gate',
        what: 'dial-refused',
        about: callback.id,
        detail: allowed.rule,
      });
      const { rule, reason, notBefore } = allowed;
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
}
