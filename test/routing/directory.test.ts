import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { pino } from 'pino';
import type { Company } from '../../contracts/company.schema.ts';
import { companySchema } from '../../contracts/company.schema.ts';
import type { MongoServer } from '../../embedded/mongo-server/server.ts';
import { startMongoServer } from '../../embedded/mongo-server/server.ts';
import type { Routing, ScreenAsk } from '../../routing/index.ts';
import {
  directoryChanged,
  importDirectory,
  SenselessRule,
  openRouting,
  RoutingUnavailable,
} from '../../routing/index.ts';
import { capacityOf, directoryModels, MongoDirectory } from '../../routing/testing.ts';
import { systemClock } from '../../server-kit/clock.ts';
import { agentId, contact, Heard, queued, ready, reserved, skills } from './centre.ts';
import { RedisProcess } from './redis-process.ts';

const consent = { text: 'Please call me back.', version: '1' };

function shop(more: Partial<Record<keyof Company, unknown>> = {}): Company {
  return companySchema.parse({
    name: 'Shop',
    country: 'GB',
    timezone: 'Europe/London',
    hours: [
      {
        id: 'office',
        timezone: 'Europe/London',
        weekly: [{ day: 1, from: '09:00', to: '17:00' }],
        exceptions: [{ date: '2026-12-28', periods: [] }],
      },
    ],
    services: [
      { id: 'help', name: 'Help', hours: 'office', callerIds: ['+442079460999'] },
      {
        id: 'loans',
        name: 'Loans',
        hours: 'office',
        must: [{ name: 'product:loans', level: 2 }],
        entitled: true,
        callerIds: ['+442079460999'],
      },
    ],
    agents: [
      {
        id: 'ana',
        name: 'Ana',
        username: 'ana',
        password: 'long enough',
        roles: ['agent'],
        qualifications: skills('product:loans 3, lang:es 2'),
      },
    ],
    entitlements: [
      { id: 'by-customer', customerId: 'c1', services: ['loans'], tier: 'gold', priority: 10 },
      { id: 'by-phone', phone: '+442079460123', services: ['loans'], tier: 'silver', priority: 5 },
      { id: 'by-address', ipRange: '203.0.113.0/24', services: ['loans'], tier: 'bronze', priority: 1 },
      { id: 'by-address-6', ipRange: '2001:db8::/32', services: ['loans'], tier: 'bronze', priority: 1 },
      { id: 'elsewhere', phone: '+442079460124', services: ['help'], tier: 'silver' },
      { id: 'past', phone: '+442079460125', services: ['loans'], tier: 'x', validTo: '2020-01-01T00:00:00Z' },
    ],
    customers: [{ id: 'c1', name: 'Carla', language: 'es', preferredAgent: 'ana' }],
    consent: { call: consent, pages: consent },
    ...more,
  });
}

describe('A company in MongoDB', () => {
  let redis: RedisProcess;
  let directory: string;
  let server: MongoServer | undefined;
  let mongo: mongoose.Connection;
  let routing: Routing;
  const database = `routing_test_${process.pid}`;

  before(async () => {
    redis = await RedisProcess.start();
    directory = await mkdtemp(join(tmpdir(), 'ringback-mongo-'));
    const given = process.env['MONGODB_URL'];
    if (given === undefined) server = await startMongoServer({ directory });
    mongo = await mongoose.createConnection(given ?? server!.url, { dbName: database }).asPromise();
    await importDirectory(mongo, shop());
    routing = await open('main');
  });
  after(async () => {
    await routing.close();
    await mongo.dropDatabase();
    await mongo.close();
    await server?.close();
    await rm(directory, { recursive: true, force: true });
    await redis.remove();
  });

  function open(centre: string, connection = mongo): Promise<Routing> {
    return openRouting({
      redisUrl: redis.url,
      mongo: connection,
      clock: systemClock,
      log: pino({ level: 'silent' }),
      centre,
      settings: { rosterPollMs: 50, sweepMs: 50 },
    });
  }

  const ask = (more: Partial<ScreenAsk>): ScreenAsk => ({
    service: 'loans',
    phone: '+442079460100',
    ip: '198.51.100.1',
    ...more,
  });
  const tier = async (more: Partial<ScreenAsk>) => {
    const result = await routing.screen(ask(more));
    return result.ok ? result.tier : result.rule;
  };

  it('is what routing works by: its services, hours and people', async () => {
    assert.deepEqual(
      (await routing.services()).map((it) => [it.id, it.offerMs, it.timezone]),
      [
        ['help', 20_000, 'Europe/London'],
        ['loans', 20_000, 'Europe/London'],
      ],
    );
    assert.deepEqual(await routing.agentProfile(agentId('ana')), {
      id: 'ana',
      name: 'Ana',
      qualifications: skills('product:loans 3, lang:es 2'),
    });
    const from = Date.parse('2027-01-04T00:00:00Z');
    const { slots } = await routing.openings('help', from, from + 86_400_000);
    assert.equal(slots.length, 16);
    assert.equal(slots[0]?.from, Date.parse('2027-01-04T09:00:00Z'));
    const holiday = Date.parse('2026-12-28T00:00:00Z');
    assert.deepEqual((await routing.openings('help', holiday, holiday + 86_400_000)).slots, []);
  });

  it('owes customers, numbers and address ranges what it says, the best first', async () => {
    assert.equal(await tier({}), 'entitlement/none');
    assert.equal(await tier({ ip: '203.0.113.7' }), 'bronze');
    assert.equal(await tier({ ip: '::ffff:203.0.113.7' }), 'bronze');
    assert.equal(await tier({ ip: '203.0.114.7' }), 'entitlement/none');
    assert.equal(await tier({ ip: '2001:db8:1::1' }), 'bronze');
    assert.equal(await tier({ ip: '203.0.113.7', phone: '+442079460123' }), 'silver');
    assert.equal(await tier({ ip: '203.0.113.7', phone: '+442079460123', customerId: 'c1' }), 'gold');
    assert.equal(await tier({ phone: '+442079460124' }), 'entitlement/service-not-included');
    assert.equal(await tier({ phone: '+442079460125' }), 'entitlement/expired');
    assert.equal(await tier({ service: 'help' }), 'standard');
    assert.equal(await tier({ service: 'chess' }), 'service/unknown');
  });

  it('tells of a proved customer only whom they prefer and what they speak', async () => {
    const proved = await routing.screen(ask({ customerId: 'c1' }));
    assert.deepEqual(proved, {
      ok: true,
      tier: 'gold',
      priority: 10,
      requirement: { must: skills('product:loans 2'), prefer: skills('lang:es') },
      language: 'es',
      preferredAgent: 'ana',
    });
    const claimed = await routing.screen(ask({ phone: '+442079460123', language: 'fr' }));
    assert.ok(claimed.ok);
    assert.equal(claimed.preferredAgent, undefined);
    assert.deepEqual(claimed.requirement.prefer, skills('lang:fr'));
  });

  it('is taken over once: what is new is added, what was edited since stays', async () => {
    const models = directoryModels(mongo);
    await models.services.updateOne({ centre: 'main', id: 'help' }, { $set: { offerMs: 5_000 } });
    await directoryChanged(mongo);
    const again = await importDirectory(mongo, shop());
    assert.equal(again.added, 0);
    assert.equal((await models.services.findOne({ centre: 'main', id: 'help' }))?.offerMs, 5_000);
    const both = await Promise.all([
      importDirectory(mongo, shop(), 'twin'),
      importDirectory(mongo, shop(), 'twin'),
    ]);
    assert.equal(both[0].added + both[1].added, again.left, 'two at once add each thing once');
  });

  it('is followed while routing runs: a new colleague gets who waited for one', async () => {
    const heard = new Heard(routing);
    const waits = contact('tax', 'product:tax');
    assert.equal(queued(await routing.enter(waits)).nobodyOnDuty, true);
    const { agents } = shop();
    const taxes = {
      ...agents[0]!,
      id: 'tia',
      name: 'Tia',
      username: 'tia',
      qualifications: skills('product:tax'),
    };
    await importDirectory(mongo, shop({ agents: [...agents, taxes] }));
    await routing.setAgentState(agentId('tia'), ready);
    const offer = await heard.until('reservation.created', (it) => it.reservation.contactId === waits.id);
    assert.equal(offer.reservation.decision.candidates[0]?.name, 'Tia');
    await heard.stop();
  });

  it('gives each agent the capacity of the centre, with their own numbers in it [AV13]', async () => {
    const [ana] = shop().agents;
    const bo = { ...ana!, id: 'bo', username: 'bo', capacity: { chat: 5 } };
    const channels = { chat: { most: 2, blocks: ['voice'] } };
    await importDirectory(mongo, shop({ agents: [ana, bo], channels }), 'centre-of-chats');
    const { roster } = await new MongoDirectory(mongo, 'centre-of-chats').load();
    const chats = (name: string) => capacityOf(roster.profileOf(agentId(name)) ?? '').chat;
    assert.deepEqual(chats('ana'), { most: 2, blocks: ['voice'] });
    assert.deepEqual(chats('bo'), { most: 5, blocks: ['voice'] });
    assert.deepEqual(capacityOf(roster.profileOf(agentId('bo')) ?? '').voice, { most: 1, blocks: ['chat'] });
    await directoryModels(mongo).agents.updateOne(
      { _id: 'centre-of-chats/bo' },
      { $set: { 'capacity.chat.most': 99 } },
    );
    const mended = await new MongoDirectory(mongo, 'centre-of-chats').load();
    assert.equal(capacityOf(mended.roster.profileOf(agentId('bo')) ?? '').chat.most, 3, 'the usual holds');
    await directoryModels(mongo).agents.updateOne(
      { _id: 'centre-of-chats/bo' },
      { $set: { 'capacity.chat.most': 5, 'capacity.voice.most': 2 } },
    );
    const before = await new MongoDirectory(mongo, 'centre-of-chats').load();
    const held = capacityOf(before.roster.profileOf(agentId('bo')) ?? '');
    assert.deepEqual([held.voice.most, held.chat.most], [1, 5], 'a person has one telephone');
  });

  it('keeps centres apart', async () => {
    const twin = await open('twin');
    await twin.setAgentState(agentId('ana'), ready);
    assert.equal(await twin.agentStatus(agentId('ana')).then((it) => it?.state), 'ready');
    assert.equal(await routing.agentStatus(agentId('ana')), undefined);
    reserved(await twin.enter(contact('maria', 'product:loans')));
    await twin.close();
  });

  it('gives epochs that only grow, whoever asks', async () => {
    const [one, two] = [new MongoDirectory(mongo, 'new'), new MongoDirectory(mongo, 'new')];
    const epochs = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? one : two).nextEpoch()),
    );
    assert.equal(new Set(epochs).size, 20);
    assert.deepEqual([Math.min(...epochs), Math.max(...epochs)], [1, 20]);
  });

  it('that does not answer is given up within two seconds, by name', async () => {
    const lonely = mongoose.createConnection('mongodb://127.0.0.1:1/none', {
      serverSelectionTimeoutMS: 2_500,
    });
    const gaveUp = lonely.asPromise().catch(() => undefined);
    const begun = performance.now();
    await assert.rejects(new MongoDirectory(lonely, 'main').version(), RoutingUnavailable);
    assert.ok(performance.now() - begun < 2_400);
    await gaveUp;
    await lonely.close();
  });

  it('takes over a rule that nobody can meet as yet and says so; one that makes no sense it refuses whole [AV11]', async () => {
    const service = (id: string, must: string, rings: object[] = []) => ({
      id,
      name: id,
      hours: 'office',
      must: skills(must),
      rings,
      callerIds: ['+442079460999'],
    });
    const made = (it: object) => {
      const company = shop({ services: [it], entitlements: [] });
      return importDirectory(mongo, company, 'centre-of-rules');
    };
    const told = async (it: object) => (await made(it)).unmanned.join();
    const ring = (afterMs: number, must: string) => ({ afterMs, must: skills(must) });
    const backwards = service('villas', 'lang:es', [ring(60_000, ''), ring(60_000, '')]);
    const refused = (words: RegExp) => (error: unknown) =>
      error instanceof SenselessRule && words.test(error.message);
    await assert.rejects(
      made(backwards),
      refused(/^services\.villas\.rings\.1\.afterMs: A step begins later/),
    );
    await assert.rejects(
      made({ ...service('villas', ''), hours: 'never' }),
      refused(/^services\.villas\.hours: There are no opening hours called never/),
    );
    const nowhere = { hours: [{ id: 'office', timezone: 'Mars/Olympus', weekly: [] }], entitlements: [] };
    await assert.rejects(
      importDirectory(mongo, shop(nowhere), 'centre-of-rules'),
      refused(/^hours\.office\.timezone: Mars\/Olympus is not a time zone/),
    );
    assert.equal(await directoryModels(mongo).services.countDocuments({ centre: 'centre-of-rules' }), 0);
    assert.ok((await made(service('villas', 'lang:es 2', [ring(60_000, '')]))).added > 0);
    assert.equal(await told(service('castles', 'lang:es 5', [ring(60_000, 'lang:es')])), '', 'later Ana can');
    assert.match(
      await told(service('flats', 'lang:xx')),
      /^services\.flats\.must: Nobody could take a call for flats: nobody has lang:xx at level 1 or higher\.$/,
    );
    assert.match(
      await told(service('houses', 'lang:es', [ring(60_000, 'product:homes')])),
      /services\.houses\.rings\.0\.must: Nobody could take a call for houses from step 1 on: nobody has product:homes/,
    );
    const { services } = await new MongoDirectory(mongo, 'centre-of-rules').load();
    assert.deepEqual(services.get('villas')?.rings, [{ afterMs: 60_000, must: [], prefer: [] }]);
  });
});
