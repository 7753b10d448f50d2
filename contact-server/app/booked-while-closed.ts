import type { Rules } from '../../contracts/rules.schema.ts';
import { isOpenAt } from '../../routing/index.ts';
import type { CallbackRecord } from '../ports/stores.ts';
import { momentIn } from './time-words.ts';

type Hours = Rules['hours'][number];

/**
 * A sentence about the callbacks that are booked for times at which these rules close what was open before; nothing
 * where there is none. Whom a manager has moved to a closed time on purpose is not among them.
 */
export function bookedWhileClosed(
  open: readonly CallbackRecord[],
  before: Rules,
  rules: Rules,
): string | undefined {
  const [old, now] = [before, rules].map(hoursByService);
  const hit = open.flatMap(({ callback: { phase, wish } }) => {
    if (phase.state !== 'scheduled' || phase.anyway) return [];
    const [was, is] = [old?.get(wish.service), now?.get(wish.service)];
    if (!was || !is || JSON.stringify(was) === JSON.stringify(is)) return [];
    return isOpenAt(was, phase.at) && !isOpenAt(is, phase.at) ? [{ at: phase.at, zone: is.timezone }] : [];
  });
  const first = hit.toSorted((a, b) => a.at - b.at)[0];
  if (!first) return undefined;
  const when = momentIn(first.zone, first.at);
  return hit.length === 1
    ? `One callback is booked for a time that would be closed: ${when}. It would be made at the next opening after it.`
    : `${String(hit.length)} callbacks are booked for times that would be closed, the first for ${when}. They would be made at the next opening after that.`;
}

function hoursByService({ services, hours }: Rules): ReadonlyMap<string, Hours> {
  const byId = new Map(hours.map((it) => [it.id, it]));
  return new Map(
    services.flatMap((it) => {
      const found = byId.get(it.hours);
      return found ? [[it.id, found] as const] : [];
    }),
  );
}
