import type { ClassId, ProfileId, Qualification, Requirement } from '../../routing/testing.ts';
import { classId, Competition, profileId, seeded, normal, tiersFor } from '../../routing/testing.ts';
import type { Arrival, SimulatedAgent, World } from './centre.ts';

/** The parameters under which the estimators of the field were measured before (docs/BENCHMARKS.md names them). */
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SHAPE = [0.45, 0.85, 1.25, 1.35, 1.2, 0.95, 0.9, 1.05, 1.2, 1.1, 0.85, 0.55];
const OPENS = 8;
const SHARES = [0.3, 0.2, 0.18, 0.14, 0.1, 0.08];
const HANDLE_S = [200, 240, 170, 300, 260, 330];
const HANDLE_CV = 1.1;
const NO_ANSWER = { share: 0.2, ms: 35_000 };
const PATIENCE_MS = 2 * HOUR;
const LAPSES = 0.05;
const PRIORITY = { share: 0.15, headStartMs: 300_000 };
const DAILY_CV = 0.12;
/** Which classes each profile serves, and how many of 110 agents have it; not published. */
const PROFILES: readonly (readonly [readonly number[], number])[] = [
  [[0], 12],
  [[1], 12],
  [[0, 2], 16],
  [[1, 3], 16],
  [[0, 1, 2], 14],
  [[2, 3, 4], 14],
  [[0, 3, 4, 5], 14],
  [[0, 1, 2, 3, 4, 5], 12],
];
/** Share of the agents' time the plan means to use; not published. With it Asterisk's average is wrong by about as much as published. */
const PLANNED_LOAD = 0.96;
/** Not published either: an offer's time, and how long who missed one is away. */
const OFFER_MS = 20_000;
const AWAY_MS = 100_000;
const START = Date.UTC(2026, 5, 1);

export function publishedWorld(days: number, seed: number): World {
  const random = seeded(seed);
  const needs = SHARES.map((_, i): Requirement => ({ must: [skill(i)], prefer: [] }));
  const classes = needs.map((it) => classId(it));
  const requirementOf = new Map(needs.map((it) => [classId(it), it]));
  const profiles = new Map<ProfileId, readonly Qualification[]>(
    PROFILES.map(([can]) => can.map(skill)).map((list) => [profileId(list), list]),
  );
  const { serves } = new Competition(
    (id) => profiles.get(id) ?? [],
    (id) => requirementOf.get(id),
  );
  const tiers = new Map([...requirementOf].map(([id, it]) => [id, tiersFor(it, profiles)]));
  return {
    classes,
    arrivals: arrivals(classes, days, random),
    agents: agents(days),
    serves,
    tiers: (id) => tiers.get(id) ?? [],
    offerMs: OFFER_MS,
    awayMs: AWAY_MS,
  };
}

const skill = (number: number): Qualification => ({ name: `skill:${number}`, level: 1 });

/** How many of all work in an hour of the day, as a share. */
const staffed = (hour: number): number => (SHAPE[hour] ?? 0) / Math.max(...SHAPE);

/** Shifts change on the hour: as many work as the usual day asks for. */
function agents(days: number): SimulatedAgent[] {
  return PROFILES.flatMap(([can, count]) =>
    Array.from({ length: count }, (_, i): SimulatedAgent => {
      const shifts: { from: number; to: number }[] = [];
      for (let day = 0; day < days; day += 1) {
        for (let hour = 0; hour < SHAPE.length; hour += 1) {
          if ((i + 0.5) / count > staffed(hour)) continue;
          const from = START + day * DAY + (OPENS + hour) * HOUR;
          const last = shifts.at(-1);
          if (last?.to === from) shifts[shifts.length - 1] = { from: last.from, to: from + HOUR };
          else shifts.push({ from, to: from + HOUR });
        }
      }
      return { profile: profileId(can.map(skill)), shifts };
    }),
  );
}

function arrivals(classes: readonly ClassId[], days: number, random: () => number): Arrival[] {
  const workMs = SHARES.reduce((sum, share, i) => {
    const handle = (HANDLE_S[i] ?? 0) * 1_000;
    return sum + share * ((1 - NO_ANSWER.share) * handle + NO_ANSWER.share * NO_ANSWER.ms);
  }, 0);
  const people = PROFILES.reduce((sum, [, count]) => sum + count, 0);
  const found: Arrival[] = [];
  for (let day = 0; day < days; day += 1) {
    const busyness = gamma(1 / DAILY_CV ** 2, random) * DAILY_CV ** 2;
    for (let hour = 0; hour < SHAPE.length; hour += 1) {
      const perMs = (PLANNED_LOAD * people * staffed(hour) * busyness) / workMs;
      const from = START + day * DAY + (OPENS + hour) * HOUR;
      for (let at = from + gap(perMs, random); at < from + HOUR; at += gap(perMs, random)) {
        found.push(arrival(at, classes, random));
      }
    }
  }
  return found;
}

function arrival(at: number, classes: readonly ClassId[], random: () => number): Arrival {
  let pick = random();
  const found = SHARES.findIndex((share) => (pick -= share) < 0);
  const i = found < 0 ? SHARES.length - 1 : found;
  const variance = Math.log(1 + HANDLE_CV ** 2);
  const mean = (HANDLE_S[i] ?? 0) * 1_000;
  const handleMs =
    random() < NO_ANSWER.share
      ? NO_ANSWER.ms
      : mean * Math.exp(Math.sqrt(variance) * normal(random) - variance / 2);
  return {
    at,
    class: classes[i] ?? '',
    headStartMs: random() < PRIORITY.share ? PRIORITY.headStartMs : 0,
    handleMs,
    patienceMs: gap(1 / PATIENCE_MS, random),
    firstOfferLapses: random() < LAPSES,
  };
}

function gap(perMs: number, random: () => number): number {
  return -Math.log(1 - random()) / perMs;
}

/** A gamma number of this shape and scale 1 (Marsaglia and Tsang 2000); for shapes of at least 1. */
function gamma(shape: number, random: () => number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
