import type { CallbackId } from '../../contracts/ids.ts';
import { Centre } from '../../test/routing/centre.ts';
import type { RedisProcess } from '../../test/routing/redis-process.ts';
import { quantile, report } from '../report.ts';

const BENCH = 'routing';
const SCHEDULED = 20_000;
const DUE = 200;
const GOAL_MS = 15;

/** How late due times are told, by Redis' own clock, and what one that is far off costs. */
export async function lateness(process: RedisProcess): Promise<void> {
  const centre = new Centre(process, {});
  const routing = await centre.open();
  const heard = centre.listen(routing);
  const probe = process.client();
  const used = async () => Number(/^used_memory:(\d+)/m.exec(await probe.info('memory'))?.[1]);
  const from = Date.now() + 10_000;
  const times = Array.from(
    { length: DUE },
    (_, i) => [`due-${String(i)}` as CallbackId, from + i * 10] as const,
  );
  await Promise.all(times.map(([id, at]) => routing.schedule(id, at)));
  if (Date.now() > from) throw new Error('too slow a machine: the first was due before all were scheduled');
  const told = await Promise.all(
    times.map(([id]) => heard.until('contact.due', (it) => it.contactId === id)),
  );
  const late = told.map((it, i) => it.at - (times[i]?.[1] ?? 0));
  report(BENCH, 'due_late_p50', quantile(late, 0.5), GOAL_MS, 'ms');
  report(BENCH, 'due_late_p99', quantile(late, 0.99), GOAL_MS, 'ms');

  const before = await used();
  const soon = Date.now() + 3_600_000;
  for (let i = 0; i < SCHEDULED; i += 100) {
    const some = Array.from({ length: 100 }, (_, n) => (i + n).toString(16).padStart(32, '0') as CallbackId);
    await Promise.all(some.map((id) => routing.schedule(id, soon + i, 'help', soon)));
  }
  report(BENCH, 'bytes_scheduled', ((await used()) - before) / SCHEDULED, 900, 'B');
  probe.disconnect();
  await centre.close();
}
