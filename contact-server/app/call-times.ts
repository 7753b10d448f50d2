import type { Routing } from '../../routing/index.ts';
import type { Clock } from '../../server-kit/clock.ts';
import type { Callback, CallTime, Fact, Wish } from '../domain/callback.ts';
import { type CallingHours, firstWithin } from './dial-hours.ts';
import type { DialAnswer, DialPolicy } from './dial-policy.ts';

interface Parts {
  readonly routing: Pick<Routing, 'opening'>;
  readonly policy: Pick<DialPolicy, 'mayDial'>;
  readonly clock: Clock;
}

type Ringable =
  | { readonly ok: true }
  | { readonly ok: false; readonly rule: string; readonly reason: string; readonly notBefore?: number };

type Asked = Pick<Wish, 'service' | 'phone' | 'timezone' | 'anyHour' | 'wantedAt'>;

/** So far ahead somebody is told a time at all. */
export const LOOK_AHEAD_MS = 14 * 24 * 3_600_000;

const never = {
  open: {
    ok: false,
    rule: 'hours/never-open',
    reason: 'Nobody will be here to call you in the next two weeks.',
  },
  both: {
    ok: false,
    rule: 'hours/never-both',
    reason: 'In the next two weeks nobody is here at the hours in which we may call you.',
  },
} as const;

/** When somebody can be called: their service is open, and their number may be rung at that hour. */
export class CallTimes {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** What the dial policy says of ringing them at this moment; the opening is not asked. */
  mayDial({ service, phone, timezone, anyHour, wantedAt }: Asked, at: number): DialAnswer {
    return this.#parts.policy.mayDial(phone, {
      service,
      now: at,
      anyHour,
      pickedTime: wantedAt !== undefined,
      ...(timezone !== undefined && { visitorZone: timezone }),
    });
  }

  /** The first moment from `from` on at which both hold; else the rule that says no, and why. */
  next(wish: Asked, from: number): Promise<CallTime> {
    return this.#first(wish.service, from, (at) => this.mayDial(wish, at));
  }

  /** The same for one whose number is not known yet, by their zone alone. */
  nextIn(zone: string, hours: CallingHours, service: string, from: number): Promise<CallTime> {
    return this.#first(service, from, (at) => {
      const notBefore = firstWithin(at, hours, [zone]);
      if (notBefore === at) return { ok: true };
      return { ...never.both, ...(notBefore !== undefined && { notBefore }) };
    });
  }

  async #first(service: string, from: number, mayRing: (at: number) => Ringable): Promise<CallTime> {
    const { routing } = this.#parts;
    const last = from + LOOK_AHEAD_MS;
    let isRestricted = false;
    for (let at = from; at <= last;) {
      const may = mayRing(at);
      if (!may.ok) {
        if (may.notBefore === undefined) return { ok: false, rule: may.rule, reason: may.reason };
        isRestricted = true;
        at = may.notBefore;
        if (at > last) break;
      }
      const { openNow, opensAt } = await routing.opening(service, at);
      if (openNow) return { ok: true, at };
      if (opensAt === undefined) break;
      at = opensAt;
    }
    return isRestricted ? never.both : never.open;
  }

  /** What to tell a booked callback whose time is none at which it can be called, now or any more; nothing else. */
  async postponed({ phase, wish }: Callback): Promise<Extract<Fact, { type: 'postponed' }> | undefined> {
    if (phase.state !== 'scheduled') return undefined;
    const now = this.#parts.clock.now();
    const at = Math.max(phase.at, now);
    // A manager wants it though it is closed: then only the hours of the called party count.
    if (phase.anyway && this.mayDial(wish, at).ok) return undefined;
    const next = await this.next(wish, at);
    if (next.ok && next.at === at) return undefined;
    return { type: 'postponed', at: now, from: phase.at, next };
  }
}
