import type { Qualification } from '../../routing/testing.ts';
import { classId, profileId } from '../../routing/testing.ts';
import type { Arrival, SimulatedAgent, World } from './centre.ts';

/** One call of a trace, in ms; `at` from wherever the trace counts. */
export interface TraceRecord {
  readonly at: number;
  /** How long it took an agent; undefined for one who gave up. */
  readonly serviceMs?: number;
  /** How long it had waited when it gave up; undefined for one who was served. */
  readonly abandonedMs?: number;
  readonly kind: string;
}

export interface Trace {
  readonly records: readonly TraceRecord[];
  /** Lines that could not be read, each with its number and why. */
  readonly bad: readonly string[];
}

/**
 * Reads `arrival,service,abandonment[,kind]`, one call a line, in seconds: when it came, how long it was handled, after
 * how long it gave up; one of the last two is empty. A first line of words is taken for a heading.
 */
export function readTrace(text: string): Trace {
  const records: TraceRecord[] = [];
  const bad: string[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || (i === 0 && /^\s*[a-z"]/i.test(line))) continue;
    const record = readLine(line);
    if (typeof record === 'string') bad.push(`line ${i + 1}: ${record}`);
    else records.push(record);
  }
  return { records: records.sort((a, b) => a.at - b.at), bad };
}

function readLine(line: string): TraceRecord | string {
  const [arrival = '', service = '', abandonment = '', kind = ''] = line.split(',').map((it) => it.trim());
  if (arrival === '') return 'no arrival';
  for (const [name, value] of Object.entries({ arrival, service, abandonment })) {
    if (value !== '' && !(Number(value) >= 0 && Number.isFinite(Number(value)))) {
      return `${name} "${value}" is not a number of seconds`;
    }
  }
  if (service === '' && abandonment === '') return 'neither service nor abandonment';
  return {
    at: Number(arrival) * 1_000,
    kind,
    ...(service === ''
      ? { abandonedMs: Number(abandonment) * 1_000 }
      : { serviceMs: Number(service) * 1_000 }),
  };
}

const HOUR = 3_600_000;
/** How much of the agents' time a plan means to use, where nobody says how many they are. */
const PLANNED_LOAD = 0.95;

/** A centre that serves the calls of a trace: so many agents, or as many each hour as its calls ask for. */
export function traceWorld({ records }: Trace, agents: number | undefined): World {
  const skill = (name: string): Qualification => ({ name: `kind:${name}`, level: 1 });
  const kinds = [...new Set(records.map((it) => it.kind))];
  const ids = new Map(kinds.map((kind) => [kind, classId({ must: [skill(kind)], prefer: [] })]));
  const profile = profileId(kinds.map(skill));
  const served = records.flatMap((it) => it.serviceMs ?? []);
  const usual = served.reduce((sum, ms) => sum + ms, 0) / Math.max(1, served.length);
  const arrivals = records.map(({ at, kind, serviceMs, abandonedMs }): Arrival => ({
    at,
    class: ids.get(kind) ?? '',
    headStartMs: 0,
    handleMs: serviceMs ?? usual,
    patienceMs: abandonedMs ?? Infinity,
    firstOfferLapses: false,
  }));
  return {
    classes: [...ids.values()],
    arrivals,
    agents: agents === undefined ? asked(arrivals, profile) : constant(arrivals, profile, agents),
    serves: () => true,
    tiers: () => [[profile]],
    offerMs: 0,
    awayMs: 0,
  };
}

function constant(arrivals: readonly Arrival[], profile: string, count: number): SimulatedAgent[] {
  const shift = { from: arrivals[0]?.at ?? 0, to: (arrivals.at(-1)?.at ?? 0) + 24 * HOUR };
  return Array.from({ length: count }, () => ({ profile, shifts: [shift] }));
}

function asked(arrivals: readonly Arrival[], profile: string): SimulatedAgent[] {
  const work = new Map<number, number>();
  for (const { at, handleMs } of arrivals) {
    const hour = Math.floor(at / HOUR);
    work.set(hour, (work.get(hour) ?? 0) + handleMs);
  }
  const needed = new Map([...work].map(([hour, ms]) => [hour, Math.ceil(ms / HOUR / PLANNED_LOAD)]));
  const most = Math.max(0, ...needed.values());
  return Array.from({ length: most }, (_, i) => ({
    profile,
    shifts: [...needed]
      .filter(([, count]) => i < count)
      .sort(([a], [b]) => a - b)
      .map(([hour]) => ({ from: hour * HOUR, to: (hour + 1) * HOUR })),
  }));
}
