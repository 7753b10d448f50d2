import type { AgentId, CallbackId } from '../contracts/ids.ts';
import type { ClassId } from './domain/match.ts';
import { tiersFor } from './domain/match.ts';
import { lineScore } from './domain/order.ts';
import { numbersByName, readContact, readReservation, readStatus } from './matchmaker/decode.ts';
import type { Reply } from './matchmaker/script.ts';
import type { Vocabulary } from './matchmaker/vocabulary.ts';
import type { Qualification, RoutingSnapshot } from './routing.ts';
import type { Look, Standings } from './standings.ts';

const MOST_CANDIDATES = 10;

/** Reads the answer of the `snapshot` script: all of it was true at one moment. */
export async function readSnapshot(
  reply: Reply,
  vocabulary: Vocabulary,
  standings: Standings,
  now: number,
): Promise<RoutingSnapshot> {
  const [, cursor, at, lines, due, reservations, agents, work, duty, states] = reply;
  const waiting = (lines as [ClassId, string[]][]).map(
    ([id, list]) => [id, list.map((text) => readContact(text))] as const,
  );
  const common = { atWork: numbersByName(work), onDuty: numbersByName(duty), idle: false };
  await vocabulary.learn(
    waiting.map(([id]) => id),
    common.onDuty.keys(),
  );
  const scores = waiting.map(
    ([id, list]) => [id, list.map((it) => lineScore(it.priority, it.startedAt))] as const,
  );
  const entries = [];
  for (const [id, list] of waiting) {
    const candidates = candidatesFor(id, vocabulary, states as string[]);
    for (const [rank, contact] of list.entries()) {
      const score = lineScore(contact.priority, contact.startedAt);
      const ahead = new Map(scores.map(([other, theirs]) => [other, countBelow(theirs, score)]));
      const look: Look = { ...common, class: id, score, rank, ahead, candidates, service: contact.service };
      entries.push({ score, contact, standing: (await standings.standing(look, now)).standing });
    }
  }
  return {
    cursor: cursor as string,
    at: Number(at),
    waiting: entries
      .sort((a, b) => a.score - b.score)
      .map(({ contact, standing }) => ({ contact, standing })),
    scheduled: [...numbersByName(due)].map(([contactId, time]) => ({
      contactId: contactId as CallbackId,
      at: time,
    })),
    reservations: await Promise.all(
      (reservations as string[]).map((text) => vocabulary.reservation(readReservation(text))),
    ),
    agents: (agents as string[]).map((text) => readStatus(text)),
  };
}

/** How many of a sorted list are smaller. */
function countBelow(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? Infinity) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Who is logged in and could serve, best qualified first, then longest in their present state. */
function candidatesFor(id: ClassId, vocabulary: Vocabulary, states: readonly string[]): readonly AgentId[] {
  const byProfile = new Map<string, { agentId: AgentId; since: number }[]>();
  for (let i = 0; i + 1 < states.length; i += 2) {
    const [, profile = '', since = '0'] = (states[i + 1] ?? '').split(' ');
    const agent = { agentId: states[i] as AgentId, since: Number(since) };
    byProfile.set(profile, [...(byProfile.get(profile) ?? []), agent]);
  }
  const profiles = new Map<string, readonly Qualification[]>(
    [...byProfile.keys()].map((profile) => [profile, vocabulary.profile(profile)]),
  );
  return tiersFor(vocabulary.requirement(id) ?? { must: [], prefer: [] }, profiles)
    .flatMap((tier) =>
      tier
        .flatMap((profile) => byProfile.get(profile) ?? [])
        .sort((a, b) => a.since - b.since || (a.agentId < b.agentId ? -1 : 1)),
    )
    .slice(0, MOST_CANDIDATES)
    .map((it) => it.agentId);
}
