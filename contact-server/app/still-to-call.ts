import type { Rules } from '../../contracts/rules.schema.ts';
import type { CallbackRecord } from '../ports/stores.ts';

/**
 * A sentence about those who are still to be called for services that are about to be removed; nothing where there is
 * nobody. They are called all the same.
 */
export function stillToCall(
  open: readonly CallbackRecord[],
  removed: readonly Rules['services'][number][],
): string | undefined {
  const sentences = removed.flatMap(({ id, name }) => {
    const theirs = open.filter(({ callback }) => callback.wish.service === id).map(stageOf);
    if (theirs.length === 0) return [];
    const parts = (['waiting', 'booked', 'with an agent'] as const).flatMap((stage) => {
      const count = theirs.filter((it) => it === stage).length;
      return count === 0 ? [] : [`${String(count)} ${stage}`];
    });
    return [`${name} has ${inRow(parts)}.`];
  });
  if (sentences.length === 0) return undefined;
  return `${sentences.join(' ')} They are called as before; nobody else can ask for it.`;
}

/** What an earlier version does not offer is told before it holds again: whoever restores it looks for something else, perhaps. */
export function offeredNoMore(removed: readonly Rules['services'][number][]): string | undefined {
  if (removed.length === 0) return undefined;
  return `This version does not offer ${inRow(removed.map((it) => it.name))}: nobody could ask for it any more.`;
}

function stageOf({ callback: { phase } }: CallbackRecord): 'waiting' | 'booked' | 'with an agent' {
  switch (phase.state) {
    case 'scheduled':
      return 'booked';
    case 'dialing-agent':
    case 'dialing-customer':
    case 'connected':
    case 'wrap-up':
      return 'with an agent';
    case 'requested':
    case 'screened':
    case 'queued':
    case 'reserved':
    case 'completed':
    case 'cancelled':
    case 'expired':
    case 'unreached':
    case 'refused':
    case 'failed':
      return 'waiting';
  }
}

/** `one, two and three`. */
function inRow(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}
