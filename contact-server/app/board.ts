import type { BoardView, StoryView, WhatIfView } from '../../contracts/agent.ts';
import type { AgentId, CallbackId } from '../../contracts/ids.ts';
import type { AgentProfile, Qualification, Routing, RoutingSnapshot } from '../../routing/index.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { claimOf } from '../domain/callback.ts';
import type { AccountStore } from '../ports/accounts.ts';
import type { CompanyRules } from '../ports/company.ts';
import type { Phones } from '../ports/phones.ts';
import type { AuditStore, CallbackRecord, CallbackStore } from '../ports/stores.ts';
import { bindingPromise } from './binding-promise.ts';
import { shortName } from './agent-views.ts';
import { figures, midnight } from './figures.ts';
import { flow, FLOW_MS } from './flow.ts';
import { keptPromise } from './kept-promise.ts';
import type { Pages } from './pages.ts';
import { endedAt, RecentlyEnded } from './recently-ended.ts';
import { toldHistory } from './told-history.ts';
import { OUTAGE, troubleInWords } from './trouble-words.ts';

interface Parts {
  readonly store: CallbackStore;
  readonly routing: Routing;
  readonly accounts: AccountStore;
  readonly phones: Phones;
  readonly pages: Pages;
  readonly audit: AuditStore;
  readonly company: CompanyRules;
  readonly clock: Clock;
  readonly services: () => Promise<BoardView['services']>;
}

const TROUBLE = ['repaired', 'deadline', 'duplicate-dial-prevented', 'dial-refused', 'alarm', OUTAGE];
/** What routing says when it finds a new Redis: no trouble to anybody. */
const FIRST_START = 'redis: first start';

const MOST_TROUBLE = 50;
/** Of longer lists the first rows: nobody reads more, and all are told to every manager four times a second. */
const MOST_ROWS = 200;

/** What managers see: every figure from the stores and routing at this moment. */
export class Board {
  readonly #parts: Parts;
  readonly #ended: RecentlyEnded;
  #known: RoutingSnapshot | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#ended = new RecentlyEnded(parts.store);
  }

  async look(): Promise<BoardView> {
    const { store, routing, accounts, audit, company, clock, services } = this.#parts;
    const now = clock.now();
    const today = midnight(now, company.timezone);
    const [open, recent, snapshot, people, profiles, up, trouble] = await Promise.all([
      store.open(),
      this.#ended.since(Math.min(today, now - FLOW_MS), now),
      this.#snapshot(now),
      accounts.all(),
      routing.agents(),
      services(),
      audit.latest(TROUBLE, MOST_TROUBLE),
    ]);
    const ended = recent.filter((it) => endedAt(it) >= today);
    const names = new Map<string, string>(people.map((it) => [it.id, it.name]));
    const agents = new Set<string>(people.filter((it) => it.roles.includes('agent')).map((it) => it.id));
    const noCalls = new Set<string>(
      profiles.filter((it) => it.capacity?.voice.most === 0).map((it) => it.id),
    );
    const records = new Map<string, CallbackRecord>(open.map((it) => [it.callback.id, it]));
    const visitors = new Map<string, string>(
      [...recent, ...open].map(({ callback }) => [callback.id, shortName(callback)]),
    );
    const called = {
      agent: (id: string) => names.get(id),
      visitor: (id: string) => visitors.get(id),
    };
    const waits = inLine(open, snapshot);
    const booked = waits.filter((it) => it.callback.phase.state === 'scheduled').length;
    const held = reservations(records, snapshot, names);
    return {
      serverNow: now,
      line: rows(waits.slice(0, MOST_ROWS), snapshot, names, company),
      reservations: held.slice(0, MOST_ROWS),
      counts: {
        waiting: waits.length - booked,
        booked,
        reservations: held.length,
      },
      agents: this.#agents(
        profiles.filter((it) => agents.has(it.id)),
        snapshot,
        records,
      ),
      live: await this.#live(open, names),
      figures: figures({
        now,
        open,
        ended,
        agents: snapshot.agents.map(({ agentId, state }) => ({ state, takesCalls: !noCalls.has(agentId) })),
        timezone: company.timezone,
        overtaken: snapshot.overtaken,
      }),
      flow: flow(now, [...recent, ...open]),
      services: up,
      trouble: [
        ...trouble
          .filter((it) => it.detail !== FIRST_START)
          .map((it) => ({ at: it.at, text: troubleInWords(it, called) })),
        ...brokenPromises([...ended, ...open]),
      ]
        .sort((a, b) => b.at - a.at)
        .slice(0, MOST_TROUBLE),
    };
  }

  /** As routing last told it while it does not answer: old is better than nobody there. */
  async #snapshot(now: number): Promise<RoutingSnapshot> {
    this.#known = await this.#parts.routing.snapshot().catch(() => this.#known ?? emptySnapshot(now));
    return this.#known;
  }

  /** What is stored of one callback, whether it is open or over. */
  async story(id: CallbackId): Promise<StoryView> {
    const { store, accounts, company } = this.#parts;
    const [record, people] = await Promise.all([store.find(id), accounts.all()]);
    if (!record) throw new ProblemError('not-found');
    const { callback, decision } = record;
    const names = new Map<string, string>(people.map((it) => [it.id, it.name]));
    return {
      callbackId: id,
      who: shortName(callback),
      service: company.services.get(callback.wish.service)?.name ?? callback.wish.service,
      state: callback.phase.state,
      history: toldHistory(callback, (agentId) => names.get(agentId) ?? agentId),
      ...(decision && { why: decision }),
    };
  }

  /** Where one who waits would stand with one more free agent who has this. Throws `not-now` when they do not wait. */
  async whatIf(id: CallbackId, more: readonly Qualification[]): Promise<WhatIfView> {
    const found = await this.#parts.routing.whatIf(id, more);
    if (!found) throw new ProblemError('not-now', { detail: 'They do not wait in line any more.' });
    return found;
  }

  #agents(
    profiles: readonly AgentProfile[],
    snapshot: RoutingSnapshot,
    records: ReadonlyMap<string, CallbackRecord>,
  ): BoardView['agents'] {
    const { phones, clock } = this.#parts;
    const accounts = new Map(snapshot.agents.map((it) => [it.agentId, it]));
    return profiles.map((profile) => {
      const status = accounts.get(profile.id);
      const record = status?.contactId === undefined ? undefined : records.get(status.contactId);
      const extension = this.#extensions.get(profile.id);
      return {
        agentId: profile.id,
        name: profile.name,
        state: status?.state ?? 'logged-off',
        ...(status?.reason !== undefined && { reason: status.reason }),
        since: status?.since ?? clock.now(),
        ...(record && { with: shortName(record.callback) }),
        phone: extension !== undefined && phones.isRegistered(extension) ? 'registered' : 'unreachable',
      };
    });
  }

  /** Extensions rarely change: read once, and again when an agent is not known yet. */
  readonly #extensions = new Map<AgentId, string>();

  async prepare(): Promise<void> {
    for (const it of await this.#parts.accounts.all()) {
      if (it.extension !== undefined) this.#extensions.set(it.id, it.extension);
    }
  }

  async #live(
    open: readonly CallbackRecord[],
    names: ReadonlyMap<string, string>,
  ): Promise<BoardView['live']> {
    const live = open.filter((it) => {
      const { state } = it.callback.phase;
      return (
        state === 'dialing-agent' ||
        state === 'dialing-customer' ||
        state === 'connected' ||
        state === 'wrap-up'
      );
    });
    return Promise.all(
      live.map(async ({ callback }) => {
        const page = await this.#parts.pages.pageOf(callback.wish.sessionId);
        const agentId = claimOf(callback)?.agentId;
        return {
          callbackId: callback.id,
          sessionId: callback.wish.sessionId,
          who: shortName(callback),
          agent: names.get(agentId ?? '') ?? '',
          state: callback.phase.state,
          since: callback.history.at(-1)?.at ?? callback.requestedAt,
          ...(page && { page: page.url }),
        };
      }),
    );
  }
}

/** Each promise of today that was not kept, and why. */
function brokenPromises(records: readonly CallbackRecord[]): BoardView['trouble'] {
  return records.flatMap((record) => {
    const outcome = keptPromise(record);
    if (outcome?.cause === undefined) return [];
    return { at: outcome.at, text: `Promise to ${shortName(record.callback)} not kept: ${outcome.cause}` };
  });
}

/** Who waits, in the order of service, and after them who is booked for later. */
function inLine(open: readonly CallbackRecord[], snapshot: RoutingSnapshot): readonly CallbackRecord[] {
  const order = new Map<CallbackId, number>(snapshot.waiting.map((it, index) => [it.contact.id, index]));
  const keyed = open.flatMap((record) => {
    const { id, phase, startedAt } = record.callback;
    if (phase.state === 'scheduled') return { record, booked: 1, place: 0, at: phase.at };
    // Whom routing does not know (yet) comes last.
    return phase.state === 'queued'
      ? { record, booked: 0, place: order.get(id) ?? Infinity, at: startedAt }
      : [];
  });
  return keyed
    .sort((a, b) => a.booked - b.booked || (a.place === b.place ? a.at - b.at : a.place - b.place))
    .map(({ record }) => record);
}

function rows(
  waits: readonly CallbackRecord[],
  snapshot: RoutingSnapshot,
  names: ReadonlyMap<string, string>,
  company: Pick<CompanyRules, 'services'>,
): BoardView['line'] {
  const inRouting = new Map<CallbackId, RoutingSnapshot['waiting'][number]>(
    snapshot.waiting.map((it) => [it.contact.id, it]),
  );
  return waits.map((record) => {
    const { callback } = record;
    const { standing, needs = callback.terms?.must ?? [] } = inRouting.get(callback.id) ?? {};
    const promised = bindingPromise(record);
    const estimate = standing?.estimate ?? promised;
    const name = (id: AgentId): string => names.get(id) ?? id;
    const { waitsFor } = standing ?? {};
    return {
      callbackId: callback.id,
      place: standing?.place ?? 0,
      who: shortName(callback),
      service: company.services.get(callback.wish.service)?.name ?? callback.wish.service,
      needs: needs.map((it) => it.name),
      tier: callback.terms?.tier ?? '',
      since: callback.startedAt,
      ...(estimate && { estimate: { from: estimate.from, to: estimate.to } }),
      ...(promised && { promised: { from: promised.from, to: promised.to } }),
      state: callback.phase.state,
      ...(callback.phase.state === 'scheduled' && { at: callback.phase.at }),
      candidates: (standing?.candidates ?? []).map(name),
      ...(waitsFor && { waitsFor: { agent: name(waitsFor.agentId), until: waitsFor.until } }),
      allowed: ['cancel', 'move'] as const,
    };
  });
}

function reservations(
  records: ReadonlyMap<string, CallbackRecord>,
  snapshot: RoutingSnapshot,
  names: ReadonlyMap<string, string>,
): BoardView['reservations'] {
  const held = snapshot.reservations.map((it) => {
    const record = records.get(it.contactId);
    return {
      reservationId: it.id,
      callbackId: it.contactId,
      who: record ? shortName(record.callback) : '',
      agent: names.get(it.agentId) ?? it.agentId,
      state: it.state,
      since: it.createdAt,
      ...(it.state === 'pending' && { deadline: it.deadline }),
    };
  });
  const future = snapshot.waiting.flatMap(({ contact, standing }) => {
    const record = records.get(contact.id);
    const first = standing.candidates[0];
    if (!record || first === undefined) return [];
    return {
      reservationId: `future:${contact.id}` as BoardView['reservations'][number]['reservationId'],
      callbackId: contact.id,
      who: shortName(record.callback),
      agent: standing.candidates.map((it) => names.get(it) ?? it).join(', '),
      state: 'future' as const,
      since: contact.startedAt,
      ...(standing.estimate && { deadline: standing.estimate.to }),
    };
  });
  return [...held, ...future];
}

function emptySnapshot(at: number): RoutingSnapshot {
  const overtaken = {
    priority: 0,
    qualification: 0,
    capacity: 0,
    preferred: 0,
    snooze: 0,
    claimed: 0,
    unexplained: 0,
  };
  return { cursor: '', at, waiting: [], scheduled: [], reservations: [], agents: [], overtaken };
}
