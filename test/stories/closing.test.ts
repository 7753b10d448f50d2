import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { pino } from 'pino';
import { MongoCallbacks } from '../../contact-server/adapters/mongo/callbacks.ts';
import { CallbackDesk } from '../../contact-server/app/callback-desk.ts';
import { Slots } from '../../contact-server/app/slots.ts';
import { Watchdog } from '../../contact-server/app/watchdog.ts';
import type { Callback } from '../../contact-server/domain/callback.ts';
import { usualRules } from '../../contact-server/domain/callback-rules.ts';
import { companySchema } from '../../contracts/company.schema.ts';
import type { CallbackId } from '../../contracts/ids.ts';
import { startMongoServer, type MongoServer } from '../../embedded/mongo-server/server.ts';
import { importDirectory, openRouting, type Routing } from '../../routing/index.ts';
import { systemClock } from '../../server-kit/clock.ts';
import { RedisProcess } from '../routing/redis-process.ts';
import { eventually } from '../support/eventually.ts';

const at = (text: string): number => Date.parse(text);

const consent = { text: 'Please call me back.', version: '1' };
const company = companySchema.parse({
  name: 'Shop',
  country: 'GB',
  timezone: 'Europe/London',
  hours: [
    {
      id: 'office',
      timezone: 'Europe/London',
      weekly: [1, 2, 3, 4, 5].flatMap((day) => [
        { day, from: '09:00', to: '12:00' },
        { day, from: '13:00', to: '17:00' },
      ]),
      // A bank holiday Monday.
      exceptions: [{ date: '2026-08-31', periods: [] }],
    },
    {
      id: 'always',
      timezone: 'UTC',
      weekly: [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: '00:00', to: '24:00' })),
    },
  ],
  services: ['office', 'always'].map((hours) => ({
    id: hours,
    name: hours,
    hours,
    callerIds: ['+442079460999'],
  })),
  agents: [],
  consent: { call: consent, pages: consent },
});

describe('Who waits in line as the office closes', function () {
  this.timeout(30_000);
  let redis: RedisProcess;
  let folder: string;
  let server: MongoServer | undefined;
  let mongo: mongoose.Connection;
  let routing: Routing;
  let store: MongoCallbacks;
  let asked = 0;
  const dogs: Watchdog[] = [];

  before(async () => {
    redis = await RedisProcess.start();
    folder = await mkdtemp(join(tmpdir(), 'ringback-closing-'));
    const given = process.env['MONGODB_URL'];
    if (given === undefined) server = await startMongoServer({ directory: folder });
    mongo = await mongoose
      .createConnection(given ?? server!.url, { dbName: `closing_${process.pid}` })
      .asPromise();
    await importDirectory(mongo, company);
    const log = pino({ level: 'silent' });
    routing = await openRouting({ redisUrl: redis.url, mongo, clock: systemClock, log, centre: 'main' });
    store = new MongoCallbacks(mongo, { centre: 'main', keepDays: 1 });
    await store.prepare();
  });
  afterEach(() => {
    for (const it of dogs.splice(0)) it.stop();
  });
  after(async () => {
    await routing.close();
    await mongo.dropDatabase();
    await mongo.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
    await redis.remove();
  });

  /** A centre whose clock stands at `now`, and one who asks there then; `until` lets time pass and looks what became of them. */
  async function asks(now: string, service = 'office') {
    let time = at(now);
    const timers: (() => void)[] = [];
    const clock = {
      now: () => time,
      after(_ms: number, then: () => void) {
        timers.push(then);
        return () => {};
      },
    };
    const log = pino({ level: 'silent' });
    const slots = new Slots({ routing, company, clock });
    const hints = { give: () => {} } as never;
    const desk = new CallbackDesk({ store, slots, rules: usualRules, hints, clock, log });
    const told: string[] = [];
    const audit = { add: ({ what }: { what: string }) => Promise.resolve(told.push(what)) } as never;
    const telephony = { onStatus: () => () => {} } as never;
    const none = {} as never;
    const watchdog = new Watchdog({
      ...{ callbacks: desk, calls: none, callStore: none, store, telephony, routing, audit, clock, log },
      times: { postponed: () => Promise.resolve(undefined) },
      reconcile: () => Promise.resolve(),
      everyMs: 1_000,
      reconcileMs: 1_000,
    });
    asked += 1;
    const id = `waits-${asked}` as CallbackId;
    const callback: Callback = {
      id,
      wish: {
        service,
        phone: `+44207946${1000 + asked}`,
        sessionId: 's',
        ip: '::1',
        standing: 'claimed',
        anyHour: false,
      } as never,
      phase: { state: 'requested' },
      requestedAt: clock.now(),
      startedAt: clock.now(),
      entry: 0,
      attempts: [],
      agentFailures: 0,
      history: [],
    };
    const fresh = {
      tokenHash: id,
      origin: 'https://shop.example',
      idempotencyKey: id,
      bodyHash: '',
      consent: {} as never,
    };
    const terms = { tier: 'standard', priority: 0, must: [], prefer: [] };
    await desk.accept({ ...fresh, callback }, { type: 'screened', at: clock.now(), terms });
    const found = async (): Promise<Callback> => {
      const record = await store.find(id);
      assert.ok(record);
      return record.callback;
    };
    watchdog.start();
    /** Where it stands, since why, and until when, once the watchdog has looked at this time. */
    const until = async (then: string): Promise<readonly (string | undefined)[]> => {
      time = at(then);
      const { phase, deadline, history } = await eventually('a look at the deadlines', async () => {
        // Its last look may not be over, and its next not be set yet.
        for (const fire of timers.splice(0)) fire();
        const now = await found();
        return (now.deadline ?? Infinity) > time ? now : undefined;
      });
      const end = deadline === undefined ? [] : [new Date(deadline).toISOString().slice(0, 16)];
      return [phase.state, history.at(-1)?.why, ...end];
    };
    dogs.push(watchdog);
    return { id, desk, until, told };
  }

  const waits = async (now: string, service?: string) => {
    const it = await asks(now, service);
    return it.until;
  };

  it('on a Friday is kept over the weekend and the change to winter time, and has all of Monday [CB12] [AV9]', async () => {
    const { until, told } = await asks('2026-10-23T15:30Z');
    assert.deepEqual(await until('2026-10-24T15:29Z'), ['queued', 'screened', '2026-10-24T15:30']);
    // Nine in the morning is 09:00 UTC on Monday, and was 08:00 on Friday.
    assert.deepEqual(await until('2026-10-24T15:31Z'), ['queued', 'kept', '2026-10-27T09:00']);
    assert.deepEqual(await until('2026-10-26T16:59Z'), ['queued', 'kept', '2026-10-27T09:00']);
    assert.deepEqual(await until('2026-10-27T09:01Z'), ['expired', 'waited too long']);
    assert.equal(told[0], 'kept', 'the audit says so too');
  });

  it('on a Friday is kept over the change to summer time [CB12] [AV9]', async () => {
    const until = await waits('2026-03-27T16:30Z');
    assert.deepEqual(await until('2026-03-28T16:31Z'), ['queued', 'kept', '2026-03-31T08:00']);
  });

  it('is kept over a long weekend with a holiday, though the server was down all of it [CB12] [AV9]', async () => {
    const until = await waits('2026-08-28T15:30Z');
    assert.deepEqual(await until('2026-08-31T10:00Z'), ['queued', 'kept', '2026-09-02T08:00']);
  });

  it('before lunch expires a day later, for there was an opening in between [CB12]', async () => {
    const until = await waits('2026-10-20T10:30Z');
    assert.deepEqual(await until('2026-10-21T10:31Z'), ['expired', 'waited too long']);
  });

  it('where it never closes expires after a day, as told [CB12]', async () => {
    const until = await waits('2026-10-23T15:30Z', 'always');
    assert.deepEqual(await until('2026-10-24T15:31Z'), ['expired', 'waited too long']);
  });

  it('and is offered on Monday, and the offer lapses: waits on, and is not dropped for Friday’s sake [CB12] [CB6]', async () => {
    const { id, desk, until } = await asks('2026-10-23T15:30Z');
    await until('2026-10-24T15:31Z');
    const now = at('2026-10-26T09:00Z');
    const claim = {
      reservationId: 'r1-1',
      agentId: 'ana',
      fence: 1,
      epoch: 1,
      deadline: now + 20_000,
    } as never;
    await desk.note(id, { type: 'agent-reserved', at: now, entry: 1, claim });
    await desk.note(id, {
      type: 'offer-ended',
      at: now + 20_000,
      reservationId: 'r1-1' as never,
      why: 'timeout',
    });
    assert.deepEqual(await until('2026-10-26T10:00Z'), ['queued', 'timeout', '2026-10-27T09:00']);
  });
});
