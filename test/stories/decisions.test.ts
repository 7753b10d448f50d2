import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { MongoDecisions } from '../../contact-server/adapters/mongo/decisions.ts';
import type { DecisionNews } from '../../contact-server/ports/decisions.ts';
import type { DecisionsView, KeptDecisionView, StoryView } from '../../contracts/agent.ts';
import type { AgentId, CallbackId, ReservationId } from '../../contracts/ids.ts';
import { type MongoServer, startMongoServer } from '../../embedded/mongo-server/server.ts';
import type { AgentClient } from '../support/agent-client.ts';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { eventually } from '../support/eventually.ts';
import { employ, managerOf, tidy } from '../support/staff.ts';

describe('Why this agent, asked for later', function () {
  this.timeout(60_000);
  let it_: TestCentre;
  let mina: AgentClient;
  let ana: AgentClient;
  let bo: AgentClient;

  before(async () => {
    it_ = await openCentre({
      own: ['redis', 'sip-server'],
      change(company) {
        employ(company, { ana: 'service:sales 4', bo: 'service:sales 3' });
        company.entitlements = [];
      },
    });
    mina = await managerOf(it_);
    ana = await it_.readyAgent('ana');
    bo = await it_.readyAgent('bo');
    await tidy(mina, [ana, bo]);
  });
  afterEach(() => tidy(mina, [ana, bo]));
  after(() => it_.close());

  const asked = async (number: string): Promise<string> => (await it_.visitor().ask(number)).id;
  const decisions = async (id: string): Promise<readonly KeptDecisionView[]> =>
    (await mina.send<DecisionsView>('GET', `/callbacks/${id}/decisions`)).body.decisions;
  const inShort = (all: readonly KeptDecisionView[]): unknown[] =>
    all.map((it) => [it.agent, it.state, it.replayed]);
  /** What became of each is kept a moment after it. */
  const kept = (id: string, ...states: readonly string[]): Promise<readonly KeptDecisionView[]> =>
    eventually(states.join(), async () => {
      const all = await decisions(id);
      return all.map((it) => it.state).join() === states.join() ? all : undefined;
    });
  const same = (agent: string): object => ({
    same: true,
    agentId: agent.split(' ')[0]?.toLowerCase(),
    agent,
  });

  it('is told of every agent it was offered to, also after a decline, and decided again it gives the same [MG3] [MG7]', async () => {
    await ana.ready();
    await bo.ready();
    const id = await asked('+442079460100');
    const first = await ana.offer((it) => it.callbackId === id);
    assert.deepEqual(inShort(await kept(id, 'pending')), [['Ana Story', 'pending', same('Ana Story')]]);
    await ana.command(`/reservations/${first.reservationId}/reject`);
    const second = await bo.offer((it) => it.callbackId === id);
    assert.deepEqual(inShort(await kept(id, 'rejected', 'pending')), [
      ['Ana Story', 'rejected', same('Ana Story')],
      ['Bo Story', 'pending', same('Bo Story')],
    ]);
    const [one, two] = await decisions(id);
    assert.deepEqual([one?.reservationId, two?.reservationId], [first.reservationId, second.reservationId]);
    assert.deepEqual([one?.why, two?.why], [first.why, second.why], 'in the words of the offers');
    assert.ok(one && two && one.at <= two.at && one.fence < two.fence);
    assert.match(two.why.candidates.find((it) => it.agentId === 'ana')?.verdict ?? '', /not ready: declined/);

    const { history } = (await mina.send<StoryView>('GET', `/callbacks/${id}`)).body;
    assert.deepEqual(
      history.slice(-3).map((it) => it.what),
      ['Offered to Ana Story', 'In line again: the offer was declined', 'Offered to Bo Story'],
    );

    await bo.accept(second);
    await bo.contactIn('connected', id);
    await kept(id, 'rejected', 'accepted');
    const mine = await bo.send<DecisionsView>('GET', `/callbacks/${id}/decisions`);
    assert.equal(mine.body.decisions.length, 2, 'who has the contact may look');
    assert.equal((await ana.send('GET', `/callbacks/${id}/decisions`)).status, 404, 'and nobody else');
    assert.equal((await mina.send('GET', '/callbacks/nothing/decisions')).status, 404);
  });

  it('says that an agent took it by hand, and what became of it', async () => {
    const id = await asked('+442079460101');
    await ana.command(`/callbacks/${id}/call`);
    const { call } = await ana.contactIn('connected', id);
    const [one] = await kept(id, 'accepted');
    assert.match(one?.why.because ?? '', /^took it: call now/);
    assert.deepEqual(one?.replayed, same('Ana Story'));
    await ana.command(`/calls/${call?.id ?? ''}/drop`);
    await kept(id, 'wrapping');
    await ana.complete(id, 'not-ready');
    await kept(id, 'completed');
  });
});

describe('What is kept of a decision', function () {
  this.timeout(30_000);
  let folder: string;
  let server: MongoServer | undefined;
  let mongo: mongoose.Connection;
  let store: MongoDecisions;
  const DAY_MS = 24 * 3_600_000;
  const id = 'callback-1' as CallbackId;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringback-decisions-'));
    const given = process.env['MONGODB_URL'];
    if (given === undefined) server = await startMongoServer({ directory: folder });
    const url = given ?? server?.url ?? '';
    mongo = await mongoose.createConnection(url, { dbName: `decisions_${process.pid}` }).asPromise();
    store = new MongoDecisions(mongo, { centre: 'main', keepDays: 2 });
    await store.prepare();
  });
  after(async () => {
    await mongo.dropDatabase();
    await mongo.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const news = (n: number, state?: 'rejected' | 'accepted', since = 0): DecisionNews => ({
    reservationId: `r1-${String(n)}` as ReservationId,
    made: {
      callbackId: id,
      agentId: `agent-${String(n)}` as AgentId,
      ...{ at: 1_000 + n, fence: n, epoch: 1, basis: '{"profiles":{"p.$1":[]}}' },
      why: { at: 1_000 + n, rosterVersion: 1, chosen: 'agent' as AgentId, because: '', candidates: [] },
    },
    ...(state && { became: { state, since } }),
  });
  const inShort = async (most = 9): Promise<unknown[]> =>
    (await store.about(id, most)).map((it) => [it.reservationId, it.state, it.since]);

  it('is there once, however often it is told, and what became of it stands [MG7]', async () => {
    const { made: _made, ...rejected } = news(1, 'rejected', 2_000);
    for (let crash = 0; crash < 2; crash += 1) {
      await store.keep([news(2), news(1)]);
      await store.keep([rejected, news(3, 'accepted', 3_000)]);
    }
    const all = [
      ['r1-1', 'rejected', 2_000],
      ['r1-2', 'pending', 1_002],
      ['r1-3', 'accepted', 3_000],
    ];
    assert.deepEqual(await inShort(), all);
    assert.deepEqual(await inShort(2), all.slice(1), 'of very many the latest');
    const [first] = await store.about(id, 9);
    assert.deepEqual(first, { ...news(1).made, reservationId: 'r1-1', state: 'rejected', since: 2_000 });
    await store.keep([]);
  });

  it('goes when its time is over, and is of one centre only', async () => {
    const expires = await mongo.collection('decisions').find().sort({ fence: 1 }).toArray();
    assert.deepEqual(
      expires.map((it) => (it['expireAt'] as Date).getTime()),
      [2_000, 1_002, 3_000].map((since) => since + 2 * DAY_MS),
    );
    const other = new MongoDecisions(mongo, { centre: 'other', keepDays: 2 });
    await other.keep([news(1)]);
    assert.equal((await other.about(id, 9)).length, 1);
    assert.equal((await inShort()).length, 3);
  });
});
