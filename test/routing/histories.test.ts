import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AgentId, CallbackId } from '../../contracts/ids.ts';
import type { Contact, Reservation, Routing, RoutingEvent } from '../../routing/index.ts';
import { canServe, compareRanks, lineScore, rankOf } from '../../routing/testing.ts';
import type { Heard } from './centre.ts';
import { agentId, Centre, contact, id, isLater, off, pause, ready, service, skills } from './centre.ts';
import { type SharedRedis, openRedis } from './redis-process.ts';

const people: Record<string, string> = {
  ana: 'lang:es 3, product:loans 2',
  bo: 'lang:es 1, lang:en 5',
  cy: 'lang:en 2',
  di: 'lang:en 2, product:loans 5',
  ed: 'lang:es 5, lang:en 1',
};
const needs = ['lang:es', 'lang:en', 'product:loans', 'lang:es 3', 'lang:en 2'];
const agents = Object.keys(people).map(agentId);

type Step =
  | { do: 'enter'; who: number; must: number; priority: number; startedAt: number; brief: boolean }
  | { do: 'leave' | 'again'; who: number }
  | { do: 'ready' | 'pause' | 'off' | 'accept' | 'reject' | 'complete'; agent: number }
  | { do: 'claim'; agent: number; who: number };

const who = fc.nat(9);
const agent = fc.nat(agents.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('enter' as const),
      who,
      must: fc.nat(needs.length - 1),
      priority: fc.nat(2),
      startedAt: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_050 }),
      brief: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'again' as const), who }) },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constantFrom(...(['ready', 'ready', 'pause', 'off', 'accept', 'reject', 'complete'] as const)),
      agent,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('claim' as const), agent, who }) },
);

describe('Whatever happens in a contact centre', () => {
  let redis: SharedRedis;
  let centre: Centre;
  let routing: Routing;
  let heard: Heard;

  before(async () => {
    redis = await openRedis();
    centre = new Centre(redis, { ...people, bell: '' });
    centre.directory.offers = [service('help'), service('brief', { offerMs: 8 })];
    routing = await centre.open({ sweepMs: 5 });
    heard = centre.listen(routing);
  });
  after(async () => {
    await centre.close();
    await redis.remove();
  });

  it('nobody is overtaken without a reason, the best agent is chosen, and no pair is left waiting', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        run += 1;
        const since = (await routing.snapshot()).cursor;
        const contacts = new Map<CallbackId, Contact>();
        for (const it of steps) {
          await take(it, run, contacts);
          noPairWaits(await routing.snapshot());
        }
        await tidy(contacts);
        judge(await eventsSince(since), contacts);
      }),
      { numRuns: 250, endOnFailure: true },
    );
  }).timeout(180_000);

  async function take(it: Step, run: number, contacts: Map<CallbackId, Contact>): Promise<void> {
    const named = (n: number) => id(`h${run}-${n}`);
    switch (it.do) {
      case 'enter': {
        const { priority, startedAt } = it;
        const kind = it.brief ? 'brief' : 'help';
        if (contacts.has(named(it.who))) return;
        const fresh = contact(named(it.who), needs[it.must], { priority, startedAt, service: kind });
        contacts.set(fresh.id, fresh);
        await routing.enter(fresh);
        return;
      }
      case 'again': {
        const known = contacts.get(named(it.who));
        if (known) await routing.enter(known);
        return;
      }
      case 'leave':
        return routing.leave(named(it.who));
      case 'claim': {
        const known = contacts.get(named(it.who));
        if (known) await routing.claim(known, agents[it.agent]!);
        return;
      }
      case 'ready':
        await routing.setAgentState(agents[it.agent]!, ready);
        return;
      case 'pause':
        await routing.setAgentState(agents[it.agent]!, pause('break'));
        return;
      case 'off':
        await routing.setAgentState(agents[it.agent]!, off);
        return;
      case 'accept':
      case 'reject':
      case 'complete': {
        const status = await routing.agentStatus(agents[it.agent]!);
        if (status?.reservationId === undefined) return;
        if (it.do === 'accept') await routing.accept(status.reservationId, status.agentId);
        if (it.do === 'reject') await routing.reject(status.reservationId, status.agentId);
        if (it.do === 'complete') await routing.complete(status.reservationId, { state: 'as-wished' });
      }
    }
  }

  function noPairWaits(seen: Awaited<ReturnType<Routing['snapshot']>>): void {
    for (const { agentId: name, state } of seen.agents) {
      if (state !== 'ready') continue;
      const served = seen.waiting.filter((it) =>
        canServe(skills(people[name] ?? ''), it.contact.requirement),
      );
      assert.deepEqual(served, [], `${name} is idle`);
    }
  }

  /** Ends the history, and rings a bell so that its last event is known. */
  async function tidy(contacts: ReadonlyMap<CallbackId, Contact>): Promise<void> {
    for (const name of agents) await routing.setAgentState(name, off);
    for (const it of contacts.keys()) await routing.leave(it);
    for (const { id: open } of (await routing.snapshot()).reservations) {
      await routing.complete(open, { state: 'as-wished' });
    }
  }

  async function eventsSince(cursor: string): Promise<readonly RoutingEvent[]> {
    const { cursor: last } = await routing.snapshot();
    const bell = agentId('bell');
    await routing.setAgentState(bell, pause(`rings after ${last}`));
    await heard.until('agent.state', (it) => it.status.reason === `rings after ${last}`);
    return heard.all.filter((it) => isLater(it.cursor, cursor) && !isLater(it.cursor, last));
  }

  /** Reads a history as a stranger would, from its events only, and objects to what was not fair. */
  function judge(events: readonly RoutingEvent[], contacts: ReadonlyMap<CallbackId, Contact>): void {
    const waiting = new Set<CallbackId>();
    const idle = new Map<AgentId, number>();
    const free = new Map<AgentId, number>();
    const held = new Map<AgentId, string>();
    for (const [order, event] of events.entries()) {
      if (event.type === 'contact.queued') waiting.add(event.contactId);
      if (event.type === 'contact.left') waiting.delete(event.contactId);
      if (event.type === 'reservation.created') fairly(event.reservation, waiting, idle, contacts);
      if (event.type === 'reservation.created' || event.type === 'reservation.accepted') {
        const { agentId: name, id: open, contactId } = event.reservation;
        waiting.delete(contactId);
        assert.ok((held.get(name) ?? open) === open, `${name} is held twice`);
        held.set(name, open);
        const alsoFor = events.slice(0, order).filter((it) => isOpen(it, contactId, open, events, order));
        assert.deepEqual(alsoFor, [], `${contactId} is offered twice`);
      } else if ('reservation' in event && event.type !== 'reservation.wrapup') {
        held.delete(event.reservation.agentId);
      }
      if (event.type === 'agent.state') {
        const { agentId: name, state } = event.status;
        // Whose offer was taken back did not stop being idle.
        if (state === 'ready' || state === 'reserved') free.set(name, free.get(name) ?? order);
        else free.delete(name);
        if (state === 'ready') idle.set(name, free.get(name)!);
        else idle.delete(name);
      }
    }
  }

  function isOpen(
    it: RoutingEvent,
    contactId: CallbackId,
    other: string,
    events: readonly RoutingEvent[],
    until: number,
  ): boolean {
    if (it.type !== 'reservation.created' && it.type !== 'reservation.accepted') return false;
    const { reservation } = it;
    if (reservation.contactId !== contactId || reservation.id === other) return false;
    return !events
      .slice(0, until)
      .some(
        (end) =>
          'reservation' in end &&
          end.reservation.id === reservation.id &&
          ['rejected', 'timeout', 'canceled', 'rescinded', 'completed'].includes(end.reservation.state),
      );
  }

  function fairly(
    made: Reservation,
    waiting: ReadonlySet<CallbackId>,
    idle: ReadonlyMap<AgentId, number>,
    contacts: ReadonlyMap<CallbackId, Contact>,
  ): void {
    const served = contacts.get(made.contactId)!;
    const score = (it: Contact) => lineScore(it.priority, it.startedAt);
    const has = skills(people[made.agentId]!);
    assert.ok(canServe(has, served.requirement), `${made.agentId} cannot serve ${served.id}`);
    for (const other of waiting) {
      const passed = contacts.get(other)!;
      if (!canServe(has, passed.requirement) || passed.id === served.id) continue;
      assert.ok(score(passed) >= score(served), `${other} was overtaken by ${served.id}`);
    }
    const rank = rankOf(has, served.requirement);
    for (const [name, order] of idle) {
      const theirs = skills(people[name] ?? '');
      if (name === made.agentId || !canServe(theirs, served.requirement)) continue;
      const better = compareRanks(rankOf(theirs, served.requirement), rank);
      assert.ok(better >= 0, `${name} is better than ${made.agentId}`);
      const ours = idle.get(made.agentId);
      if (better === 0 && ours !== undefined) assert.ok(order > ours, `${name} is idle longer`);
    }
  }
});
