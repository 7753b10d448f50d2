import type { Callback, Moment } from '../domain/callback.ts';

/** One thing that happened to a callback, in words for agents and managers. */
export interface Told {
  readonly at: number;
  readonly what: string;
}

const outcomes = {
  answered: 'answered',
  busy: 'busy',
  'no-answer': 'no answer',
  machine: 'an answering machine',
  rejected: 'declined',
  'bad-number': 'not a number in service',
  'trunk-error': 'the line failed',
  'agent-lost': 'our side was lost',
  cancelled: 'cancelled',
  pending: 'rings now',
} as const satisfies Record<Callback['attempts'][number]['outcome'], string>;

const waitsAgain: Readonly<Record<string, string>> = {
  screened: 'In line',
  due: 'In line: the time has come',
  moved: 'In line: moved to as soon as possible',
  kept: 'Kept in line for the next opening',
  timeout: 'In line again: the offer was not answered',
  rejected: 'In line again: the offer was declined',
  canceled: 'In line again: the offer was taken back',
  rescinded: 'In line again: the offer was taken back',
};

const later: Readonly<Record<string, string>> = {
  asked: 'Waits for the time that was picked',
  moved: 'Moved to another time by the visitor',
  'moved by the manager': 'Moved to another time by the manager',
  retry: 'Waits to be tried again',
  hours: 'Waits for an hour at which somebody is here and may call',
};

/**
 * The stored history and attempts of a callback, in the order in which they were written; `nameOf` gives the name of an
 * agent. Times do not order them: what routing decided has the time of Redis, what was done about it that of a process,
 * and their clocks differ. So what followed is told no earlier than what it followed.
 */
export function toldHistory(
  { history, attempts }: Pick<Callback, 'history' | 'attempts'>,
  nameOf: (agentId: string) => string,
): readonly Told[] {
  const told = history.map((moment, index): readonly Told[] => {
    const before = history[index - 1];
    const what = wordsOf(moment, before?.state === 'matched' ? nameOf(before.why) : undefined);
    return what === undefined ? [] : [{ at: moment.at, what }];
  });
  const rang = history.map((): Told[] => []);
  const earlier: Told[] = [];
  for (const { at, outcome } of attempts) {
    (rang[dialOf(at, history)] ?? earlier).push({ at, what: `Rang the visitor: ${outcomes[outcome]}` });
  }
  let latest = -Infinity;
  return [...earlier, ...told.flatMap((it, index) => [...it, ...(rang[index] ?? [])])].map(({ at, what }) => {
    latest = Math.max(latest, at);
    return { at: latest, what };
  });
}

/** Which moment an attempt followed: that at which the dial of the visitor began; where it is kept no more, the last before. */
function dialOf(at: number, history: readonly Moment[]): number {
  const dial = history.findLastIndex((it) => it.state === 'dialing-customer' && it.at <= at);
  return dial >= 0 ? dial : history.findLastIndex((it) => it.at <= at);
}

/** `agent`: to whom it was offered, where the moment before has said so. */
function wordsOf({ state, why }: Moment, agent: string | undefined): string | undefined {
  switch (state) {
    case 'requested':
      return sentence(why);
    case 'screened':
      return why === '' ? 'Checked' : `Checked: ${why}`;
    case 'queued':
      return waitsAgain[why] ?? `In line again: ${why}`;
    case 'scheduled':
      return later[why] ?? `Waits: ${why}`;
    case 'matched': // told by the offer that follows
    case 'dialing-customer': // told by the attempt
      return undefined;
    case 'reserved':
      return agent === undefined ? 'Offered' : `Offered to ${agent}`;
    case 'dialing-agent':
      return 'Accepted; the agent’s phone rings';
    case 'connected':
      return 'Both talk';
    case 'wrap-up':
      return `Call over: ${why.replace(/: (.+)$/, ' ($1)')}`;
    case 'cancelled':
      return `Cancelled by the ${why}`;
    case 'completed':
      return `Done: ${why}`;
    case 'expired':
      return `Ran out: ${why}`;
    case 'unreached':
      return `Given up: ${why.replaceAll('-', ' ')}`;
    case 'refused':
      return `Refused: ${why}`;
    case 'failed':
      return `Failed: ${why}`;
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
