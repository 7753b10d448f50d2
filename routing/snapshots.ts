import type { AgentId, CallbackId } from '../contracts/ids.ts';
import type { Clock } from '../server-kit/clock.ts';
import { classesOf } from './domain/estimate/situation.ts';
import type { ClassId, ProfileId } from './domain/match.ts';
import { tiersFor } from './domain/match.ts';
import { OVERTAKE_REASONS } from './domain/fairness.ts';
import { numbersByName, readReservation, readStatus, readWaiting } from './matchmaker/decode.ts';
import type { Reply } from './matchmaker/script.ts';
import type { Matchmaker } from './matchmaker/matchmaker.ts';
import type { Vocabulary } from './matchmaker/vocabulary.ts';
import type { AgentStatus, Contact, Qualification, RoutingSnapshot } from './routing.ts';
import type { Look, Standings } from './standings.ts';

const MOST_CANDIDATES = 10;
/** So many contacts, or keys, are looked at in one step: some milliseconds of Redis. */
const PART = 500;

interface Parts {
  readonly matchmaker: Pick<Matchmaker, 'run'>;
  readonly vocabulary: Vocabulary;
  readonly standings: Standings;
  readonly clock: Clock;
}

/** What all of routing looks like, read without keeping Redis from its work. */
export class Snapshots {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Everything. It was true at one moment while few wait; of long lines the rest is read part by part after it, so that
   * whoever leaves, or is reserved, meanwhile may stand in it no more, or still.
   */
  async whole(): Promise<RoutingSnapshot> {
    const reply = await this.#parts.matchmaker.run('snapshot', PART);
    const [, , , beginning, , , , , , , lines] = reply;
    const rows = new Map((beginning as Row[]).map((it) => [it[0], it]));
    for (const line of lines as Rest[]) {
      for await (const part of this.#rest(line)) for (const row of part) rows.set(row[0], row);
    }
    return this.#read(reply, [...rows.values()]);
  }

  /** Everybody who is logged in. */
  async agents(): Promise<readonly AgentStatus[]> {
    const [, , , , , , agents] = await this.#parts.matchmaker.run('snapshot', 0);
    return statuses(agents as string[]);
  }

  /** All who wait, in the order of service. Read a part at a time: whoever moves to another line meanwhile is there in any case. */
  async waiting(): Promise<readonly Contact[]> {
    const rows = new Map<string, Row>();
    let cursor = '0';
    do {
      const [, next, some] = await this.#parts.matchmaker.run('some', cursor, PART);
      for (const row of some as Row[]) rows.set(row[0], row);
      cursor = next as string;
    } while (cursor !== '0');
    return this.#contacts([...rows.values()]);
  }

  async *#rest(from: Rest): AsyncGenerator<readonly Row[]> {
    for (let at = from; at.length > 0;) {
      const [, rows, rest] = await this.#parts.matchmaker.run('more', ...at, PART);
      yield rows as Row[];
      at = rest as Rest;
    }
  }

  async #contacts(rows: readonly Row[]): Promise<readonly Contact[]> {
    const { vocabulary } = this.#parts;
    const some = rows.map(readWaiting).sort(inOrder);
    await vocabulary.learn(
      some.map((it) => it.asked),
      [],
    );
    return some.map(({ contact, asked }) => ({ ...contact, requirement: requirementOf(asked, vocabulary) }));
  }

  async #read(reply: Reply, lines: readonly Row[]): Promise<RoutingSnapshot> {
    const { vocabulary, standings, clock } = this.#parts;
    const now = clock.now();
    const [, cursor, at, , due, reservations, agents, work, duty, overtaken] = reply;
    const states = agents as string[];
    const rows = lines.map(readWaiting).sort(inOrder);
    const onDuty = numbersByName(duty);
    const common = { atWork: numbersByName(work), onDuty, idle: false };
    await vocabulary.learn(
      rows.flatMap((it) => [...classesOf(it), it.asked]),
      onDuty.keys(),
    );
    const candidates = new Map<ClassId, readonly AgentId[]>();
    const ahead = new Map<ClassId, number>();
    const aheadAlone = new Map<ProfileId, number>();
    const profiles = new Map(records(states).map(([agentId, [, profile = '']]) => [agentId, profile]));
    const waiting: RoutingSnapshot['waiting'][number][] = [];
    for (const row of rows) {
      const { class: id, score, rings, waitsFor } = row;
      const able = candidates.get(id) ?? candidatesFor(id, vocabulary, states);
      candidates.set(id, able);
      const look: Look = {
        ...common,
        class: id,
        score,
        ...(rings && { rings }),
        ...(waitsFor && { waitsFor }),
        ahead,
        aheadAlone,
        candidates: able,
        service: row.contact.service,
      };
      const requirement = requirementOf(row.asked, vocabulary);
      const { standing } = await standings.standing(look, now);
      const needs = requirementOf(id, vocabulary).must;
      waiting.push({ contact: { ...row.contact, requirement }, needs, standing });
      if (waitsFor === undefined) ahead.set(id, (ahead.get(id) ?? 0) + 1);
      const profile = waitsFor && profiles.get(waitsFor.agentId);
      if (profile !== undefined) aheadAlone.set(profile, (aheadAlone.get(profile) ?? 0) + 1);
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
      agents: statuses(states),
      overtaken: overtakings(numbersByName(overtaken)),
    };
  }
}

interface Place {
  readonly id: string;
  readonly score: number;
}

/** The order of service. */
function inOrder(a: Place, b: Place): number {
  return a.score - b.score || (a.id < b.id ? -1 : 1);
}

/** Ids and records in turn, the fields of each. */
function records(agents: readonly string[]): (readonly [AgentId, readonly string[]])[] {
  return agents.flatMap((id, i) =>
    i % 2 === 0 ? [[id as AgentId, (agents[i + 1] ?? '').split('\0')] as const] : [],
  );
}

function statuses(agents: readonly string[]): AgentStatus[] {
  return agents.flatMap((id, i) => (i % 2 === 0 ? [readStatus(id, agents[i + 1] ?? '')] : []));
}

function requirementOf(id: ClassId, vocabulary: Vocabulary): Contact['requirement'] {
  return vocabulary.requirement(id) ?? { must: [], prefer: [] };
}

function overtakings(counts: ReadonlyMap<string, number>): RoutingSnapshot['overtaken'] {
  const all = OVERTAKE_REASONS.map((it) => [it, counts.get(it) ?? 0] as const);
  return Object.fromEntries(all) as RoutingSnapshot['overtaken'];
}

/** Where the rest of a line begins: its name, a score, how many with that score are read already; nothing: there is none. */
type Rest = readonly [line: string, score: string, skip: string] | readonly [];

/** Of one who waits. */
type Row = readonly [id: string, line: string, wishes: string];

/** Who is logged in and could serve, best qualified first, then longest in their present state. */
function candidatesFor(id: ClassId, vocabulary: Vocabulary, states: readonly string[]): readonly AgentId[] {
  const byProfile = new Map<string, { agentId: AgentId; since: number }[]>();
  for (const [agentId, [, profile = '', since = '0']] of records(states)) {
    const agent = { agentId, since: Number(since) };
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
