import type { Rules } from '../../contracts/rules.schema.ts';
import type { RulesFault } from '../../contracts/rules.ts';
import { canServe, hasRoomFor } from '../domain/match.ts';
import type { Qualification, Requirement } from '../domain/qualification.ts';
import { addressRange } from './addresses.ts';

type Item<K extends keyof Rules> = Rules[K][number];

/**
 * Everything that is not right about these rules taken together; each by itself has the shape of its schema. A removed service
 * is not asked about: it may be beyond everybody now.
 */
export function rulesFaults(rules: Rules): readonly RulesFault[] {
  return [
    ...rules.services.filter((it) => !it.removed).flatMap((it) => serviceFaults(it, rules)),
    ...rules.hours.flatMap(hoursFaults),
    ...rules.agents.flatMap((it) => agentFaults(it, rules)),
    ...rules.entitlements.flatMap((it) => entitlementFaults(it, rules)),
  ];
}

function serviceFaults(service: Item<'services'>, rules: Rules): RulesFault[] {
  const at = `/services/${service.id}`;
  const steps = [{ ...service, at }, ...service.rings.map((it, i) => ({ ...it, at: `${at}/rings/${i}` }))];
  const faults = [
    ...steps.flatMap((it) => skillFaults(it.must, `${it.at}/must`, rules.qualifications)),
    ...steps.flatMap((it) => skillFaults(it.prefer, `${it.at}/prefer`, rules.qualifications)),
  ];
  if (!rules.hours.some((it) => it.id === service.hours)) {
    const message = `There are no opening hours called ${service.hours}, by which ${service.name} is open.`;
    faults.push({ path: `${at}/hours`, message });
  }
  for (const [i, { afterMs }] of service.rings.entries()) {
    if (afterMs > (service.rings[i - 1]?.afterMs ?? 0)) continue;
    const message = 'A step begins later than the one before: give it a longer time.';
    faults.push({ path: `${at}/rings/${i}/afterMs`, message });
  }
  // Where a step has somebody, or one after it, whoever waits is reached. Before anybody is hired nothing can be said.
  const manned = steps.findLastIndex((step) =>
    rules.agents.some((it) => hasRoomFor(step, it.capacity) && canServe(it.qualifications, step)),
  );
  if (faults.length > 0 || rules.agents.length === 0) return faults;
  return steps.slice(manned + 1).map((it, i) => ({
    path: `${it.at}/must`,
    message: impossible(it, service.name, manned + 1 + i, rules),
    unmanned: true,
  }));
}

/** `step`: 0 is what is asked for at first, 1 the first ring. */
function impossible(asked: Requirement, service: string, step: number, { agents }: Rules): string {
  const isKnownBy = (needs: Requirement): boolean => agents.some((it) => canServe(it.qualifications, needs));
  const alone = asked.must.find((need) => !isKnownBy({ must: [need], prefer: [] }));
  const why = alone
    ? `nobody has ${alone.name} at level ${alone.level} or higher`
    : isKnownBy(asked)
      ? 'whoever is able to takes no calls'
      : 'there are people for each of these, but nobody has all of them';
  return `Nobody could take a call for ${service}${step === 0 ? '' : ` from step ${step} on`}: ${why}.`;
}

function skillFaults(skills: readonly Qualification[], at: string, known: readonly string[]): RulesFault[] {
  return skills.flatMap(({ name }, i) => {
    const path = `${at}/${String(i)}`;
    if (!known.includes(name)) return { path, message: `${name} is not a qualification here. Add it first.` };
    return skills.findIndex((it) => it.name === name) < i
      ? { path, message: `${name} stands here twice.` }
      : [];
  });
}

function agentFaults({ id, name, qualifications, hours }: Item<'agents'>, rules: Rules): RulesFault[] {
  const at = `/agents/${id}`;
  const faults = skillFaults(qualifications, `${at}/qualifications`, rules.qualifications);
  if (hours !== undefined && !rules.hours.some((it) => it.id === hours)) {
    const message = `There are no hours called ${hours}, at which ${name} works.`;
    faults.push({ path: `${at}/hours`, message });
  }
  return faults;
}

function hoursFaults(hours: Item<'hours'>): RulesFault[] {
  const at = `/hours/${hours.id}`;
  const faults: RulesFault[] = [];
  if (!isZone(hours.timezone)) {
    faults.push({
      path: `${at}/timezone`,
      message: `${hours.timezone} is not a time zone. Write it as Europe/London.`,
    });
  }
  for (const [i, period] of hours.weekly.entries()) {
    const message = periodFault(period, hours.weekly.slice(0, i));
    if (message !== undefined) faults.push({ path: `${at}/weekly/${String(i)}`, message });
  }
  for (const [i, { date, periods }] of hours.exceptions.entries()) {
    const path = `${at}/exceptions/${String(i)}`;
    if (hours.exceptions.findIndex((it) => it.date === date) < i) {
      faults.push({ path, message: `${date} stands here twice.` });
    }
    const messages = periods.map((it, n) => periodFault(it, periods.slice(0, n)));
    faults.push(...messages.flatMap((message) => (message === undefined ? [] : { path, message })));
  }
  return faults;
}

/** Without a day: all of them are of one date. */
interface Period {
  readonly day?: number;
  readonly from: string;
  readonly to: string;
}

const DAY = 24 * 60;
const WEEK = 7 * DAY;
const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** A period that ends before it begins reaches over midnight, on Sundays into Monday. */
function periodFault(period: Period, others: readonly Period[]): string | undefined {
  const { day, from, to } = period;
  if (from >= '24:00' || to > '24:00') return 'A day ends at 24:00.';
  if (from === to) return 'This begins and ends at the same time.';
  const clash = others.find((it) => overlap(inWeek(period), inWeek(it)));
  if (!clash) return undefined;
  const on = clash.day === day ? '' : `${days[(clash.day ?? 1) - 1] ?? ''} `;
  return `This overlaps ${on}${clash.from} to ${clash.to}.`;
}

interface Minutes {
  readonly begin: number;
  readonly end: number;
}

function inWeek({ day = 1, from, to }: Period): Minutes {
  const [begin = 0, end = 0] = [from, to].map(
    (clock) => (day - 1) * DAY + Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5)),
  );
  return { begin, end: end > begin ? end : end + DAY };
}

function overlap(one: Minutes, other: Minutes): boolean {
  return [-WEEK, 0, WEEK].some((by) => one.begin < other.end + by && other.begin + by < one.end);
}

function entitlementFaults(it: Item<'entitlements'>, { services }: Rules): RulesFault[] {
  const at = `/entitlements/${it.id}`;
  const faults: RulesFault[] = [];
  const unknown = it.services.find((name) => !services.some((service) => service.id === name));
  if (unknown !== undefined)
    faults.push({ path: `${at}/services`, message: `There is no service ${unknown}.` });
  if (it.ipRange !== undefined && addressRange(it.ipRange) === undefined) {
    faults.push({
      path: `${at}/ipRange`,
      message: 'Write an address range as 203.0.113.0/24 or 2001:db8::/32.',
    });
  }
  if (
    it.validFrom !== undefined &&
    it.validTo !== undefined &&
    Date.parse(it.validFrom) >= Date.parse(it.validTo)
  ) {
    faults.push({ path: `${at}/validTo`, message: 'This ends before it begins.' });
  }
  return faults;
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
