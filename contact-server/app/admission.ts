import type { CallbackId } from '../../contracts/ids.ts';
import type { Routing } from '../../routing/index.ts';
import type { Clock } from '../../server-kit/clock.ts';
import type { Callback, CallTime, Fact } from '../domain/callback.ts';
import type { AuditStore, CallbackStore } from '../ports/stores.ts';
import type { CallTimes } from './call-times.ts';

interface Parts {
  readonly routing: Routing;
  readonly times: CallTimes;
  readonly store: Pick<CallbackStore, 'lastAgent'>;
  readonly audit: AuditStore;
  readonly clock: Clock;
}

export type Screened = Extract<Fact, { type: 'screened' | 'refused' }>;

/** After that somebody else may help as well as who was talked to last. */
const REMEMBERED_MS = 30 * 24 * 3_600_000;
const closed = {
  ok: false,
  rule: 'hours/closed',
  reason: 'Nobody is here at this time. Pick another.',
} as const;

/** Entitlement, numbers and hours: decides before anything else whether and when a callback may be made. */
export class Admission {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Judged, and a refusal is written down. */
  async screen(callback: Callback): Promise<Screened> {
    const fact = await this.judge(callback);
    if (fact.type === 'refused') await this.noteRefusal(callback.id, fact);
    return fact;
  }

  async noteRefusal(about: CallbackId, { at, rule }: Extract<Screened, { type: 'refused' }>): Promise<void> {
    await this.#parts.audit.add({ at, who: 'admission', what: 'refused', about, detail: rule });
  }

  /** What the screening comes to, for whoever may not use it after all: nothing is written. */
  async judge({ wish }: Callback): Promise<Screened> {
    const { routing, times, store, clock } = this.#parts;
    const at = clock.now();
    const refuse = (rule: string, reason: string): Screened => ({ type: 'refused', at, rule, reason });

    const owed = await routing.screen({
      service: wish.service,
      phone: wish.phone,
      ip: wish.ip,
      ...(wish.customerId !== undefined && { customerId: wish.customerId }),
      ...(wish.language !== undefined && { language: wish.language }),
    });
    if (!owed.ok) return refuse(owed.rule, owed.reason);

    const call =
      wish.wantedAt === undefined ? await times.next(wish, at) : await this.#picked(wish, wish.wantedAt);
    if (!call.ok) return refuse(call.rule, call.reason);
    const preferredAgent =
      owed.preferredAgent ?? (owed.lastAgent && (await store.lastAgent(wish, at - REMEMBERED_MS)));
    return {
      type: 'screened',
      at,
      terms: {
        tier: owed.tier,
        priority: owed.priority,
        must: owed.requirement.must,
        prefer: owed.requirement.prefer,
        ...(owed.language !== undefined && { language: owed.language }),
        ...(preferredAgent && { preferredAgent }),
      },
      ...(call.at > at && { startAt: call.at }),
    };
  }

  /** A picked time is kept or refused, never moved: only who asked for no time is called when it is possible. */
  async #picked(wish: Callback['wish'], wantedAt: number): Promise<CallTime> {
    const { routing, times } = this.#parts;
    const dial = times.mayDial(wish, wantedAt);
    if (!dial.ok) return dial;
    const { openNow } = await routing.opening(wish.service, wantedAt);
    return openNow ? { ok: true, at: wantedAt } : closed;
  }
}
