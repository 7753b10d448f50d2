import type { AgentId } from '../../contracts/ids.ts';
import type { Counts } from '../domain/estimate/law.ts';
import type { Calibration } from '../domain/estimate/calibration.ts';
import type { Comer, Experience } from '../domain/estimate/experience.ts';
import type { Situation, Waiting } from '../domain/estimate/situation.ts';
import { classesOf } from '../domain/estimate/situation.ts';
import { seatsOf } from '../domain/estimate/seats.ts';
import type { ClassId } from '../domain/match.ts';
import { channelOf } from '../domain/match.ts';
import { urgencySpan } from '../domain/order.ts';
import { numbersByName, readChanges } from './decode.ts';
import type { Reply } from './script.ts';

const SPAN_MS = 600_000;
const MINUTE_MS = 60_000;

/** Reads the answer of the `situation` script, with the channels that somebody waits by, is served by or `asked` for. */
export function readSituation(reply: Reply, asked: readonly ClassId[]): Situation {
  const [, at, step, held, idle, lines] = reply;
  const every = Number(step);
  const agents = (held as string[]).map((told) => {
    const [text = '', agentId, wish] = told.split('\0');
    const [profile = '', ...rest] = text.split(' ');
    const inHand = rest.flatMap((id, i) => (i % 2 === 0 ? [{ class: id, since: Number(rest[i + 1]) }] : []));
    const who = {
      ...(agentId && { agentId: agentId as AgentId }),
      // Whoever wishes to be something else takes nothing more; how long a break will be nobody knows.
      ...(wish && { until: Number(at) }),
      ...(wish === 'logged-off' && { logsOff: true }),
    };
    return { profile, inHand, who };
  });
  const ready = [...numbersByName(idle)].flatMap(([profile, n]) =>
    Array.from({ length: n }, () => ({ profile, inHand: [], who: {} })),
  );
  let cut = Infinity;
  const all: Waiting[] = [];
  for (const [id, end, scores, changing] of lines as [ClassId, string, string[], string[]][]) {
    const first = all.length;
    for (const score of scores) all.push({ class: id, score: Number(score) });
    for (let i = 0; i + 2 < changing.length; i += 3) {
      const at = first + Number(changing[i]) - 1;
      const { class: now = id, score = NaN } = all[at] ?? {};
      all[at] = { class: now, score, ...readChanges(changing[i + 1], changing[i + 2]) };
    }
    if (end !== '') cut = Math.min(cut, Number(end));
  }
  const classes = [
    ...asked,
    ...all.flatMap(classesOf),
    ...agents.flatMap((it) => it.inHand.map((of) => of.class)),
  ];
  const channels = new Set(classes.map(channelOf));
  const line = all.filter((it) => it.score <= cut).sort((a, b) => a.score - b.score);
  const some = <T>(list: readonly T[]) => list.filter((_, i) => i % every === 0);
  const seats = [...agents, ...some(ready)].map(({ profile, inHand, who }) => {
    const { busy, idle: free } = seatsOf(profile, inHand, channels);
    return { busy: busy.map((it) => ({ ...it, ...who })), idle: free.map((it) => ({ profile: it, ...who })) };
  });
  return {
    at: Number(at),
    busy: seats.flatMap((it) => it.busy),
    idle: seats.flatMap((it) => it.idle),
    coming: [],
    line: some(line),
    more: cut < Infinity,
    oneIn: every,
  };
}

/** What a centre has counted, and how its forecasts are to be corrected. */
export interface Learned {
  readonly experience: Experience;
  readonly calibration: Calibration;
}

/** Reads the answer of the `experience` script, which was asked for the laws of these classes. */
export function readExperience(reply: Reply, classes: readonly ClassId[]): Learned {
  const [, now, laws, cameNow, cameBefore, calibration] = reply;
  const byName = (laws as string[][]).map((flat) => numbersByName(flat));
  const habits = byName[classes.indexOf('*')] ?? new Map<string, number>();
  const moved = numbersByName(calibration);
  const overMs = SPAN_MS + (Number(now) % SPAN_MS);
  return {
    experience: {
      laws: new Map(classes.map((id, i) => [id, binsOf(byName[i] ?? new Map<string, number>())])),
      lapses: habits.get('lapses') ?? 0,
      awayMs: habits.get('away') ?? 0,
      cancels: habits.get('cancels') ?? 0,
      waitedMs: habits.get('waited') ?? 0,
      comers: [cameNow, cameBefore].flatMap((flat) => [...numbersByName(flat)].map(comer(overMs))),
    },
    calibration: { p10: moved.get('p10') ?? 0, p90: moved.get('p90') ?? 0 },
  };
}

function binsOf(counts: ReadonlyMap<string, number>): Counts {
  const bins = [...counts].map(([name, n]): [number, number] => [Number(name), n]);
  return new Map(bins.filter(([bin]) => Number.isInteger(bin)));
}

const comer =
  (overMs: number) =>
  ([name, n]: readonly [string, number]): Comer => {
    const [id = '', urgency = '0', minutes = '0'] = name.split(' ');
    return {
      class: id,
      urgencyScore: urgencySpan(Number(urgency)),
      headStartMs: Number(minutes) * MINUTE_MS,
      perMs: n / overMs,
    };
  };
