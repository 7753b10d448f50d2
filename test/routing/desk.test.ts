import assert from 'node:assert/strict';
import { CursorTooOld, UnknownName } from '../../routing/index.ts';
import {
  agentId,
  Centre,
  contact,
  id,
  off,
  pause,
  queued,
  ready,
  reserved,
  service,
  skills,
} from './centre.ts';
import { type SharedRedis, openRedis } from './redis-process.ts';

describe('What the contact server may ask of routing', () => {
  let redis: SharedRedis;
  let centre: Centre;
  const ana = agentId('ana');
  const bo = agentId('bo');
  const cy = agentId('cy');

  before(async () => (redis = await openRedis()));
  after(() => redis.remove());
  afterEach(() => centre.close());

  const open = (people: Record<string, string>, settings = {}) => {
    centre = new Centre(redis, people);
    return centre.open(settings);
  };

  describe('a preferred agent', () => {
    it('goes first while that lasts, then the longest idle does', async () => {
      const routing = await open({ ana: '', bo: '' });
      for (const it of [ana, bo]) await routing.setAgentState(it, ready);
      const soon = { agentId: bo, until: Date.now() + 60_000 };
      const offer = reserved(await routing.enter(contact('maria', '', { preferred: soon })));
      assert.equal(offer.agentId, bo);
      assert.match(offer.decision.because, /^preferred agent, idle/);
      await routing.leave(id('maria'));
      const past = { agentId: bo, until: Date.now() - 1 };
      assert.equal(reserved(await routing.enter(contact('rui', '', { preferred: past }))).agentId, ana);
    });

    it('is nobody to wait for, and does not do what they cannot', async () => {
      const routing = await open({ ana: 'lang:es', bo: 'lang:en' });
      for (const it of [ana, bo]) await routing.setAgentState(it, ready);
      const preferred = { agentId: bo, until: Date.now() + 60_000 };
      assert.equal(reserved(await routing.enter(contact('maria', 'lang:es', { preferred }))).agentId, ana);
    });
  });

  describe('a contact that goes away', () => {
    it('leaves the line, or takes back its offer, and the agent keeps how long they were idle', async () => {
      const routing = await open({ ana: '', bo: '' });
      const heard = centre.listen(routing);
      for (const it of [ana, bo]) await routing.setAgentState(it, ready);
      const offer = reserved(await routing.enter(contact('maria')));
      assert.equal(offer.agentId, ana);
      await routing.leave(offer.contactId);
      await heard.until('reservation.canceled', (it) => it.reservation.id === offer.id);
      await heard.until('contact.left', (it) => it.contactId === offer.contactId);
      assert.deepEqual(await routing.accept(offer.id, ana), { ok: false, why: 'gone' });
      assert.equal(reserved(await routing.enter(contact('rui'))).agentId, ana, 'still the longest idle');
    });

    it('is not brought back by a late repetition of its entry', async () => {
      const routing = await open({ ana: '' });
      const maria = contact('maria');
      queued(await routing.enter(maria));
      await routing.leave(maria.id);
      await routing.leave(maria.id);
      assert.deepEqual(await routing.enter(maria), { state: 'over' });
      assert.equal((await routing.snapshot()).waiting.length, 0);
    });

    it('makes room: its agent gets the next in line', async () => {
      const routing = await open({ ana: '' });
      await routing.setAgentState(ana, ready);
      reserved(await routing.enter(contact('maria')));
      queued(await routing.enter(contact('rui')));
      await routing.leave(id('maria'));
      const { reservations } = await routing.snapshot();
      assert.deepEqual(
        reservations.map((it) => [it.contactId, it.agentId, it.state]),
        [['rui', 'ana', 'pending']],
      );
    });
  });

  describe('call now', () => {
    it('takes a contact out of the middle of the line, and the others move up', async () => {
      const routing = await open({ ana: '' });
      await routing.setAgentState(ana, pause('paperwork'));
      const line = ['one', 'two', 'three'].map((name) => contact(name));
      for (const it of line) await routing.enter(it);
      const claimed = await routing.claim(line[1]!, ana);
      assert.ok(claimed.ok);
      assert.equal(claimed.reservation.state, 'accepted');
      assert.equal((await routing.agentStatus(ana))?.state, 'busy');
      assert.deepEqual(await routing.claim(line[1]!, ana), claimed, 'a repetition is the same');
      assert.equal((await routing.place(id('three')))?.place, 2);
      assert.equal(await routing.place(id('two')), undefined);
    });

    it('takes it from the agent it was offered to, who gets the next', async () => {
      const routing = await open({ ana: '', bo: '' });
      const heard = centre.listen(routing);
      await routing.setAgentState(ana, ready);
      const maria = contact('maria');
      const offer = reserved(await routing.enter(maria));
      queued(await routing.enter(contact('rui')));
      await routing.setAgentState(bo, pause('paperwork'));
      assert.equal((await routing.claim(maria, bo)).ok, true);
      await heard.until('reservation.rescinded', (it) => it.reservation.id === offer.id);
      const next = await heard.until('reservation.created', (it) => it.reservation.contactId === id('rui'));
      assert.equal(next.reservation.agentId, ana);
    });

    it('is for those only who are able, and free', async () => {
      const routing = await open({ ana: 'lang:en', bo: 'lang:es' });
      const maria = contact('maria', 'lang:es');
      await routing.setAgentState(ana, ready);
      assert.deepEqual(await routing.claim(maria, ana), { ok: false, why: 'not-able' });
      assert.deepEqual(await routing.claim(maria, bo), { ok: false, why: 'not-able' }, 'not logged in');
      await routing.setAgentState(bo, ready);
      const other = reserved(await routing.enter(contact('other', 'lang:es')));
      await routing.accept(other.id, bo);
      assert.deepEqual(await routing.claim(maria, bo), { ok: false, why: 'not-able' }, 'busy');
    });

    it('on the agent’s own offer is an accept', async () => {
      const routing = await open({ ana: '' });
      await routing.setAgentState(ana, ready);
      const maria = contact('maria');
      const offer = reserved(await routing.enter(maria));
      const claimed = await routing.claim(maria, ana);
      assert.ok(claimed.ok);
      assert.equal(claimed.reservation.id, offer.id);
    });
  });

  describe('an answer', () => {
    it('of the wrong agent, or to what never was, is refused by name [SC3]', async () => {
      const routing = await open({ ana: '', bo: '' });
      await routing.setAgentState(ana, ready);
      const offer = reserved(await routing.enter(contact('maria')));
      assert.deepEqual(await routing.accept(offer.id, bo), { ok: false, why: 'not-yours' });
      const never = 'no-such-offer' as typeof offer.id;
      assert.deepEqual(await routing.accept(never, ana), { ok: false, why: 'unknown' });
      await assert.rejects(routing.setAgentState(agentId('nobody'), ready), UnknownName);
    });

    it('may be repeated at every step', async () => {
      const routing = await open({ ana: '' });
      const heard = centre.listen(routing);
      await routing.setAgentState(ana, ready);
      const offer = reserved(await routing.enter(contact('maria')));
      for (let i = 0; i < 2; i += 1) assert.equal((await routing.accept(offer.id, ana)).ok, true);
      for (let i = 0; i < 2; i += 1) await routing.wrapUp(offer.id);
      for (let i = 0; i < 2; i += 1) await routing.complete(offer.id, pauseNext('break'));
      await heard.until('agent.state', (it) => it.status.reason === 'break');
      const told = heard.all.map((it) => it.type).filter((it) => it.startsWith('reservation.'));
      assert.deepEqual(told, [
        'reservation.created',
        'reservation.accepted',
        'reservation.wrapup',
        'reservation.completed',
      ]);
      assert.deepEqual(await routing.accept(offer.id, ana), { ok: false, why: 'gone' });
    });
  });

  describe('a wish', () => {
    it('during an offer waits until it is answered, and is taken back by another', async () => {
      const routing = await open({ ana: '' });
      await routing.setAgentState(ana, ready);
      const offer = reserved(await routing.enter(contact('maria')));
      assert.equal((await routing.setAgentState(ana, pause('lunch'))).state, 'reserved');
      await routing.leave(offer.contactId);
      assert.equal((await routing.agentStatus(ana))?.reason, 'lunch');
      await routing.setAgentState(ana, ready);
      const second = reserved(await routing.enter(contact('rui')));
      await routing.accept(second.id, ana);
      await routing.setAgentState(ana, off);
      const status = await routing.setAgentState(ana, ready);
      assert.equal(status.next, undefined);
      await routing.complete(second.id, { state: 'as-wished' });
      assert.equal((await routing.agentStatus(ana))?.state, 'ready');
    });

    it('whose reason holds control characters leaves what is kept readable', async () => {
      const routing = await open({ ana: '', bo: '' });
      await routing.setAgentState(bo, pause('lunch\0until\x01two'));
      assert.equal((await routing.agentStatus(bo))?.reason, 'lunch until two');
      await routing.setAgentState(ana, ready);
      const { decision } = reserved(await routing.enter(contact('maria')));
      const verdicts = decision.candidates.map((it) => it.verdict);
      assert.deepEqual(verdicts.slice(1), ['not ready: lunch until two']);
    });

    it('to log off during a contact is done after it, whatever else is asked for', async () => {
      const routing = await open({ ana: '' });
      await routing.setAgentState(ana, ready);
      const offer = reserved(await routing.enter(contact('maria')));
      await routing.accept(offer.id, ana);
      await routing.setAgentState(ana, off);
      await routing.complete(offer.id, { state: 'ready' });
      assert.equal((await routing.agentStatus(ana))?.state, 'logged-off');
    });
  });

  describe('the board', () => {
    it('and each visitor are told the same places, also where some wait for one agent alone, boosted or at one moment [AV8]', async () => {
      centre = new Centre(redis, { ana: 'lang:es', bo: 'lang:es' });
      centre.directory.offers = [service('help', { preferredWaitMs: 60_000, ageMsPerPriority: 20_000 })];
      const routing = await centre.open();
      for (const it of [ana, bo]) await routing.setAgentState(it, pause('break'));
      const startedAt = Date.now();
      const preferred = { agentId: ana, until: startedAt + 60_000 };
      const all = [
        contact('a', 'lang:es', { startedAt, preferred }),
        contact('b', 'lang:es', { startedAt: startedAt + 1 }),
        contact('c', 'lang:es', { startedAt: startedAt + 1 }),
        contact('d', 'lang:es', { startedAt: startedAt + 1, preferred }),
        contact('e', 'lang:es', { startedAt: startedAt + 2, priority: 1 }),
        contact('f', 'lang:es', { startedAt: startedAt + 2, priority: 1 }),
        contact('g', 'lang:es', { startedAt: startedAt + 3 }),
      ];
      for (const it of all) await routing.enter(it);
      const { waiting } = await routing.snapshot();
      const told = await Promise.all(waiting.map(async (it) => (await routing.place(it.contact.id))?.place));
      assert.deepEqual(
        waiting.map((it) => it.standing.place),
        told,
      );
      const places = Object.fromEntries(waiting.map((it) => [it.contact.id, it.standing.place]));
      assert.deepEqual(places, { e: 1, f: 2, a: 3, b: 4, c: 5, d: 6, g: 7 });
    });

    it('sees lines, offers and agents of one moment, and events go on exactly from there', async () => {
      const routing = await open({ ana: 'lang:es', bo: 'lang:es, lang:en', cy: 'lang:fr' });
      for (const it of [ana, cy]) await routing.setAgentState(it, ready);
      await routing.setAgentState(bo, pause('lunch'));
      const offer = reserved(await routing.enter(contact('one', 'lang:es')));
      await routing.accept(offer.id, ana);
      for (const [name, must] of [
        ['two', 'lang:es'],
        ['three', 'lang:en'],
        ['four', 'lang:es'],
      ] as const) {
        await routing.enter(contact(name, must));
      }
      await routing.schedule(id('five'), Date.now() + 60_000);

      const seen = await routing.snapshot();
      assert.deepEqual(
        seen.waiting.map((it) => [it.contact.id, it.standing.place, it.standing.candidates]),
        [
          ['two', 1, ['bo', 'ana']],
          ['three', 2, ['bo']],
          ['four', 2, ['bo', 'ana']],
        ],
      );
      assert.deepEqual(
        seen.waiting[0]?.standing,
        await routing.place(id('two')).then(aligned(seen.waiting[0])),
      );
      assert.equal(seen.waiting[1]?.standing.estimate, undefined, 'nobody at work speaks English');
      assert.equal(seen.waiting[1]?.standing.nobodyOnDuty, false, 'but somebody is there');
      assert.deepEqual(
        seen.scheduled.map((it) => it.contactId),
        ['five'],
      );
      assert.deepEqual(
        seen.reservations.map((it) => it.state),
        ['accepted'],
      );
      assert.deepEqual(
        new Map(seen.agents.map((it) => [it.agentId, it.state])),
        new Map([
          [ana, 'busy'],
          [bo, 'not-ready'],
          [cy, 'ready'],
        ]),
      );

      const heard = centre.listen(routing, seen.cursor);
      await routing.leave(id('four'));
      await heard.until('contact.left');
      assert.equal(heard.all.length, 1, 'nothing before, nothing between');
    });

    it('is told when what it missed is no longer kept', async () => {
      const routing = await open({ ana: '' }, { outboxMax: 50 });
      const { cursor } = await routing.snapshot();
      for (let i = 0; i < 400; i += 1) {
        await routing.setAgentState(ana, i % 2 === 0 ? ready : pause('break'));
      }
      assert.ok((await centre.listen(routing, cursor).ended) instanceof CursorTooOld);
      assert.ok((await centre.listen(routing, '7-1').ended) instanceof CursorTooOld, 'another epoch');
    });

    it('reads on from any event, each exactly once', async () => {
      const routing = await open({ ana: '' });
      const first = centre.listen(routing);
      for (let i = 0; i < 10; i += 1)
        await routing.setAgentState(ana, i % 2 === 0 ? ready : pause(`break ${i}`));
      const fifth = await first.until('agent.state', (it) => it.status.reason === 'break 5');
      await first.until('agent.state', (it) => it.status.reason === 'break 9');
      const second = centre.listen(routing, fifth.cursor);
      await second.until('agent.state', (it) => it.status.reason === 'break 9');
      const rest = first.all.slice(first.all.findIndex((it) => it.cursor === fifth.cursor) + 1);
      assert.deepEqual(second.all, rest);
    });
  });

  describe('a promise', () => {
    it('follows the place, the agents at work, and what handling takes [AV8]', async () => {
      const routing = await open({ ana: 'lang:es', bo: 'lang:es' }, { priorHandleMs: 300_000 });
      assert.deepEqual(
        await routing.estimate({ requirement: { must: skills('lang:es'), prefer: [] }, priority: 0 }),
        {
          nobodyOnDuty: true,
        },
      );
      for (const it of [ana, bo]) await routing.setAgentState(it, ready);
      const idle = await routing.estimate({
        requirement: { must: skills('lang:es'), prefer: [] },
        priority: 0,
      });
      assert.ok(idle.estimate!.to - Date.now() <= 20_000, 'somebody is free now');
      for (const name of ['one', 'two']) {
        const offer = reserved(await routing.enter(contact(name, 'lang:es')));
        await routing.accept(offer.id, offer.agentId);
      }
      const standing = queued(await routing.enter(contact('three', 'lang:es')));
      const [low, high] = [standing.estimate!.from - Date.now(), standing.estimate!.to - Date.now()];
      // Nobody ahead, two agents, 300 s each and nothing learned: the first of two log-normals.
      assert.ok(Math.abs(low - 41_000) < 8_000 && Math.abs(high - 390_000) < 40_000, `${low} ${high}`);
      const behind = queued(await routing.enter(contact('four', 'lang:es')));
      assert.equal(behind.place, 2);
      assert.ok(behind.estimate!.to > standing.estimate!.to);
    });
  });
});

const pauseNext = (reason: string) => ({ state: 'not-ready', reason }) as const;

/** The same standing, apart from the moments the two looks were made at. */
const aligned = (other: { standing: { estimate?: unknown } } | undefined) => (it: object | undefined) => ({
  ...it,
  estimate: other?.standing.estimate,
});
