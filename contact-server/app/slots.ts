import type { TimeRange } from '../../contracts/states.ts';
import type { Routing } from '../../routing/index.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import type { Wish } from '../domain/callback.ts';
import type { CompanyRules } from '../ports/company.ts';
import type { Booking } from '../ports/stores.ts';
import { LOOK_AHEAD_MS } from './call-times.ts';
import { isWithin, isZone } from './dial-hours.ts';
import { timeWords } from './time-words.ts';

interface Parts {
  readonly routing: Pick<Routing, 'slot' | 'openings'>;
  readonly company: Pick<CompanyRules, 'callingHours' | 'timezone'>;
  readonly clock: Clock;
}

const TOLD = 3;

/** Bookable times: which place a picked time takes, and what is said when there is none left. */
export class Slots {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The span a picked time falls into; none for who picked no time, or one at which it is closed. */
  async booking({ service, wantedAt }: Pick<Wish, 'service' | 'wantedAt'>): Promise<Booking | undefined> {
    return wantedAt === undefined ? undefined : this.#parts.routing.slot(service, wantedAt);
  }

  /** The refusal, with the free times that come next, in the zone of whoever picked. */
  async full({ service, wantedAt, timezone }: Wish): Promise<ProblemError> {
    const { routing, company, clock } = this.#parts;
    const slot = await this.booking({ service, ...(wantedAt !== undefined && { wantedAt }) });
    const from = slot?.to ?? clock.now();
    const found = await routing.openings(service, from, from + LOOK_AHEAD_MS);
    const zone = timezone !== undefined && isZone(timezone) ? timezone : company.timezone;
    const next = callable(found.slots, company.callingHours, zone).slice(0, TOLD);
    const detail = `This time has just been taken. ${inWords(next, zone)}`;
    return new ProblemError('slot-full', {
      rule: 'slots/full',
      detail,
      slots: next.map((it) => ({ from: new Date(it.from).toISOString(), to: new Date(it.to).toISOString() })),
      errors: [{ path: '/at', message: detail }],
    });
  }
}

/** A picked time is judged by the zone of whoever picks it: times at which we would not ring there are not offered. */
export function callable(
  slots: readonly TimeRange[],
  callingHours: CompanyRules['callingHours'],
  zone: string,
): readonly TimeRange[] {
  const may = (at: number): boolean => isWithin(at, callingHours, [zone]);
  return slots.filter(({ from, to }) => may(from) && may(to - 1));
}

const DAY_MS = 24 * 3_600_000;
/** So many are shown as they are. */
const FEW = 200;
/** Where there are more, those after the first day lie so far apart: a page is not to carry two thousand times. */
const APART_MS = 30 * 60_000;

/** Of many slots all of the first day, and of the days after it one in half an hour: every day can be picked. */
export function spread(slots: readonly TimeRange[]): readonly TimeRange[] {
  if (slots.length <= FEW) return slots;
  const apart = (slots[0]?.from ?? 0) + DAY_MS;
  let next = apart;
  return slots.filter(({ from }) => {
    if (from < apart) return true;
    if (from < next) return false;
    next = from + APART_MS;
    return true;
  });
}

/** `Free next: Mon 30 Nov 10:00, 10:30 and Tue 1 Dec 09:00.` */
function inWords(slots: readonly TimeRange[], timeZone: string): string {
  if (slots.length === 0) return 'No other time is free in the next two weeks.';
  const { day, clock } = timeWords(timeZone);
  const told = slots.map(({ from }, i) => {
    const before = slots[i - 1];
    const isSameDay = before !== undefined && day(before.from) === day(from);
    return isSameDay ? clock(from) : `${day(from)} ${clock(from)}`;
  });
  return `Free next: ${new Intl.ListFormat('en-GB').format(told)}.`;
}
