import type { AgentId, CallbackId } from '../contracts/ids.ts';
import type { ClassId } from './domain/match.ts';
import { tiersFor } from './domain/match.ts';
import { OVERTAKE_REASONS } from './domain/fairness.ts';
import { numbersByName, readReservation, readStatus, readWaiting } from './matchmaker/decode.ts';
import type { Reply } from './matchmaker/script.ts';
import type { Vocabulary } from './matchmaker/vocabulary.ts';
import type { Contact, Qualification, RoutingSnapshot, Standing } from './routing.ts';
import type { Look, Standings } from './standings.ts';

const MOST_CANDIDATES = 10;

type Row = readonly [id: string, line: string, wishes: string];

/** Reads the answer of the `snapshot` script: all of it was true at one moment. */
export async function readSnapshot(
  reply: Reply,
  vocabulary: Vocabulary,
  standings: Standings,
  now: number,
): Promise<RoutingSnapshot> {
  const [, cursor, at, lines, due, reservations, agents, work, duty, overtaken] = reply;
  const states = agents as string[];
  const rows = (lines as Row[]).map(readWaiting).sort((a, b) => a.score - b.score || (a.id < b.id ? -1 : 1));
  const onDuty = numbersByName(duty);
  const common = { atWork: numbersByName(work), onDuty, idle: false };
  await vocabulary.learn(
    rows.flatMap((it) => [it.class, it.asked]),
    onDuty.keys(),
  );
  const candidates = new Map<ClassId, readonly AgentId[]>();
  const ahead = new Map<ClassId, number>();
  // Who stands at the same point in two lines is ahead of nobody in the other; who waits for one agent alone, of nobody.
  const tied: { readonly class: ClassId; readonly line: string }[] = [];
  let before = -Infinity;
  const waiting: { contact: Contact; standing: Standing }[] = [];
  for (const row of rows) {
    const { class: id, score } = row;
    if (score > before)
      for (const tie of tied.splice(0)) ahead.set(tie.class, (ahead.get(tie.class) ?? 0) + 1);
    before = score;
    const rank = (ahead.get(id) ?? 0) + tied.filter((it) => it.line === row.line).length;
    if (!row.line.startsWith('@')) tied.push(row);
    const able = candidates.get(id) ?? candidatesFor(id, vocabulary, states);
    candidates.set(id, able);
    const look: Look = {
      ...common,
      class: id,
      score,
      rank,
      ahead,
      candidates: able,
      service: row.contact.service,
    };
    const requirement = requirementOf(row.asked, vocabulary);
    const { standing } = await standings.standing(look, now);
    waiting.push({ contact: { ...row.contact, requirement }, standing });
  }
  return {
    cursor: cursor as string,
    at: Number(at),
    waiting,
    scheduled: [...numbersByName(due)].map(([contactId, time]) => ({
      contactId: contactId as CallbackId,
      at: time,
    })),
    reservations: await Promise.all(
      (reservations as [string, string, string][]).map((it) =>
        vocabulary.reservation(readReservation(...it)),
      ),
    ),
    agents: states.flatMap((id, i) => (i % 2 === 0 ? [readStatus(id, states[i + 1] ?? '')] : [])),
    overtaken: overtakings(numbersByName(overtaken)),
  };
}

/** Reads a part of those who wait, as the `some` script tells it. */
export async function readSome(rows: unknown, vocabulary: Vocabulary): Promise<readonly Contact[]> {
  const some = (rows as Row[]).map(readWaiting);
  await vocabulary.learn(
    some.map((it) => it.asked),
    [],
  );
  return some.map(({ contact, asked }) => ({ ...contact, requirement: requirementOf(asked, vocabulary) }));
}

function requirementOf(id: ClassId, vocabulary: Vocabulary): Contact['requirement'] {
  return vocabulary.requirement(id) ?? { must: [], prefer: [] };
}

function overtakings(counts: ReadonlyMap<string, number>): RoutingSnapshot['overtaken'] {
  const all = OVERTAKE_REASONS.map((it) => [it, counts.get(it) ?? 0] as const);
  return Object.fromEntries(all) as RoutingSnapshot['overtaken'];
}

/** Who is logged in and could serve, best qualified first, then longest in their present state. */
function candidatesFor(id: ClassId, vocabulary: Vocabulary, states: readonly string[]): readonly AgentId[] {
  const byProfile = new Map<string, { agentId: AgentId; since: number }[]>();
  for (let i = 0; i + 1 < states.length; i += 2) {
    const [, profile = '', since = '0'] = (states[i + 1] ?? '').split('\0');
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
