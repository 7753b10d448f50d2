import assert from 'node:assert/strict';
import mongoose from 'mongoose';
import { pino } from 'pino';
import type { Problem } from '../../contracts/problem.ts';
import type { CallbackId } from '../../contracts/ids.ts';
import { openRouting, type Routing } from '../../routing/index.ts';
import { systemClock } from '../../server-kit/clock.ts';
import type { AgentClient } from '../support/agent-client.ts';
import { eventually } from '../support/eventually.ts';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { employ, managerOf, tidy } from '../support/staff.ts';
import { newKey } from '../support/visitor-client.ts';

const staff = { ana: 'service:sales 3', bo: 'service:sales 2' };
const numbers = ['+442079460171', '+442079460172', '+442079460173'] as const;

describe('A request goes into line while it is stored', function () {
  this.timeout(60_000);
  let it_: TestCentre;
  let mina: AgentClient;
  let ana: AgentClient;
  let bo: AgentClient;
  let mongo: mongoose.Connection;
  let routing: Routing;

  before(async () => {
    it_ = await openCentre({ change: (company) => employ(company, staff) });
    const { REDIS_URL, MONGODB_URL = '', MONGODB_DATABASE = 'ringback', CENTRE = 'main' } = it_.centre.env;
    mongo = await mongoose.createConnection(MONGODB_URL, { dbName: MONGODB_DATABASE }).asPromise();
    const own = { mongo, clock: systemClock, log: pino({ level: 'silent' }), centre: CENTRE };
    routing = await openRouting({ redisUrl: REDIS_URL ?? '', ...own });
    mina = await managerOf(it_);
    ana = await it_.readyAgent('ana');
    bo = await it_.agent('bo');
  });
  afterEach(() => tidy(mina, [ana, bo]));
  after(async () => {
    await routing.close();
    await mongo.close();
    await it_.close();
  });

  it('and when it is refused, because its number waits already, whoever was held for it is free and was told nothing [AV15]', async () => {
    await it_.visitor().ask(numbers[0]);
    await ana.offer();
    bo = await it_.readyAgent('bo');
    const before = bo.told.items.length;
    const twice = it_.visitor();
    const answer = await twice.send<Problem>('POST', '/callbacks', twice.request(numbers[0]), {
      'idempotency-key': newKey(),
    });
    assert.equal(answer.body.type, 'already-open');
    await bo.event('me.changed', (me) => me.state === 'ready', before);
    await it_.visitor().ask(numbers[1]);
    const offer = await bo.offer(() => true, before);
    const offers = bo.told.items.slice(before).filter((it) => it.type === 'offer.made');
    assert.deepEqual(
      offers.map((it) => it.data.callbackId),
      [offer.callbackId],
    );
  });

  it('and when it never is, since its process died at that moment, whoever was held for it is free again, and missed nothing [AV15]', async () => {
    await ana.ready();
    const before = ana.told.items.length;
    const contact = {
      id: 'cb-never-stored' as CallbackId,
      service: 'sales',
      requirement: { must: [{ name: 'service:sales', level: 1 }], prefer: [] },
      priority: 0,
      startedAt: Date.now(),
      entry: 1,
    };
    assert.equal((await routing.enter(contact)).state, 'reserved');
    await ana.event('me.changed', (me) => me.state === 'reserved', before);
    const freed = await ana.event('me.changed', (me) => me.state !== 'reserved', ana.told.items.length);
    assert.equal(freed.state, 'ready');
    assert.ok(!ana.told.items.slice(before).some((it) => it.type === 'offer.made'));
    assert.equal(await routing.place(contact.id), undefined);
  });

  it('and when the answer to that is lost with MongoDB, it is taken out of line, and is in line again once it is found stored [CB2] [AV15]', async () => {
    await ana.send('PUT', '/me/state', { state: 'not-ready', reason: 'break' });
    const visitor = it_.visitor();
    const { id } = await visitor.ask(numbers[2]);
    // As whoever cannot know that it was stored does.
    await routing.leave(id);
    await eventually('in line again', async () => ((await visitor.look()).place === 1 ? true : undefined));
    await ana.ready();
    await ana.offer((it) => it.callbackId === id);
  });
});
