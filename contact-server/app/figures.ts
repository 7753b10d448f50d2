import { DateTime } from 'luxon';
import type { Figure } from '../../contracts/agent.ts';
import type { AgentState } from '../../contracts/states.ts';
import { keptPromise, moment } from './kept-promise.ts';
import type { CallbackRecord } from '../ports/stores.ts';
import type { RoutingSnapshot } from '../../routing/index.ts';

/** Time to answer that counts as good service for a callback asked for now. */
const TARGET_MS = 120_000;

interface Seen {
  readonly now: number;
  readonly open: readonly CallbackRecord[];
  /** Ended since midnight of the centre. */
  readonly ended: readonly CallbackRecord[];
  readonly agents: readonly { readonly state: AgentState; readonly takesCalls: boolean }[];
  readonly timezone: string;
  readonly overtaken: RoutingSnapshot['overtaken'];
}

/** The figures of STANDARDS (metrics), each with its definition. */
export function figures(seen: Seen): readonly Figure[] {
  const { now, open, ended, agents, timezone } = seen;
  const day = `since midnight (${timezone})`;
  const waiting = open.filter((it) => it.callback.phase.state === 'queued');
  const oldest = Math.min(...waiting.map((it) => it.callback.startedAt));
  const count = (...states: AgentState[]): number => agents.filter((it) => states.includes(it.state)).length;
  const handled = ended.filter((it) => it.callback.phase.state === 'completed');
  const answered = [...handled, ...open].flatMap((it) => waitOf(it) ?? []);
  const within = answered.filter((it) => it <= TARGET_MS).length;
  const given = ended.filter((it) => ['cancelled', 'expired', 'unreached'].includes(it.callback.phase.state));
  const promised = [...ended, ...open].flatMap((it) => keptPromise(it)?.kept ?? []);
  const times = handled.flatMap((it) => handleTime(it) ?? []);
  return [
    {
      id: 'waiting',
      label: 'Waiting',
      value: waiting.length,
      unit: 'count',
      definition: 'Callbacks in line at this moment.',
    },
    {
      id: 'longest-waiting',
      label: 'Longest',
      ...(Number.isFinite(oldest) && { value: now - oldest }),
      unit: 'ms',
      definition: 'Now minus the earliest start time in line.',
    },
    {
      id: 'reserved',
      label: 'Reserved',
      value: open.filter((it) => it.callback.phase.state === 'reserved').length,
      unit: 'count',
      definition: 'Callbacks offered to an agent at this moment.',
    },
    {
      id: 'agents-ready',
      label: 'Ready',
      value: agents.filter((it) => it.state === 'ready' && it.takesCalls).length,
      unit: 'count',
      definition: 'Agents who can take an offer now; who takes no calls at all is left out.',
    },
    {
      id: 'agents-busy',
      label: 'Busy',
      value: count('busy', 'reserved', 'working-after-call'),
      unit: 'count',
      definition: 'Agents with an offer, in a call or in after-call work.',
    },
    {
      id: 'agents-not-ready',
      label: 'Not ready',
      value: count('not-ready'),
      unit: 'count',
      definition: 'Agents logged in and not ready.',
    },
    {
      id: 'service-level',
      label: 'Service level 2:00',
      ...share(within, answered.length),
      unit: 'share',
      definition: `Answered within 2:00 of the start time ÷ answered, ${day}; callbacks that ended before are left out.`,
    },
    {
      id: 'abandoned',
      label: 'Callback abandon',
      ...share(given.length, ended.length + open.length),
      unit: 'share',
      definition: `(Cancelled + expired + unreached) ÷ accepted, ${day}.`,
    },
    {
      id: 'promises-kept',
      label: 'Promises kept',
      ...share(promised.filter((kept) => kept).length, promised.length),
      unit: 'share',
      definition: `Target 80 %. Both talking within the range told to the visitor, or within 2:00 of the time they picked ÷ promised, ${day}; a withdrawn range and waiting in vain count as broken, who could not be reached or cancelled is left out.`,
    },
    {
      id: 'handle-time',
      label: 'Handle time',
      ...(times.length > 0 && { value: times.reduce((sum, it) => sum + it, 0) / times.length }),
      unit: 'ms',
      definition: `Mean of talk, hold and after-call work of completed callbacks, ${day}.`,
    },
    ...overtakings(seen.overtaken),
  ];
}

function overtakings({ unexplained, ...explained }: RoutingSnapshot['overtaken']): readonly Figure[] {
  const counts = Object.entries(explained);
  const words = counts.map(([reason, n]) => `${reason} ${n}`).join(', ');
  const since = 'since the line was last begun anew';
  return [
    {
      id: 'overtaken',
      label: 'Overtaken',
      value: counts.reduce((sum, [, n]) => sum + n, 0),
      unit: 'count',
      definition: `For each offer, those who started earlier and were waiting or put off, ${since}: ${words}.`,
    },
    {
      id: 'overtaken-unexplained',
      label: 'Overtaken without reason',
      value: unexplained,
      unit: 'count',
      definition: `Those an agent could have served and who were due first, ${since}: a fault if it is not 0.`,
    },
  ];
}

/** The last midnight in the centre's zone (epoch ms). */
export function midnight(now: number, timezone: string): number {
  return DateTime.fromMillis(now, { zone: timezone }).startOf('day').toMillis();
}

function share(part: number, whole: number): { value?: number } {
  return whole === 0 ? {} : { value: part / whole };
}

function waitOf(record: CallbackRecord): number | undefined {
  const talked = moment(record, 'connected');
  return talked === undefined ? undefined : Math.max(0, talked - record.callback.startedAt);
}

function handleTime(record: CallbackRecord): number | undefined {
  const talked = moment(record, 'connected');
  const done = moment(record, 'completed');
  return talked === undefined || done === undefined ? undefined : done - talked;
}
