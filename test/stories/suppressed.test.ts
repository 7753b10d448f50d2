import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { MongoSuppressions } from '../../contact-server/adapters/mongo/records.ts';
import { DialGate } from '../../contact-server/app/dial-gate.ts';
import { SuppressionList } from '../../contact-server/app/suppression-list.ts';
import { keyedHash } from '../../contact-server/app/tokens.ts';
import type { AuditEntry } from '../../contact-server/ports/stores.ts';
import { startMongoServer, type MongoServer } from '../../embedded/mongo-server/server.ts';
import type { Clock } from '../../server-kit/clock.ts';

describe('Somebody asks us not to call their number', () => {
  const hashKey = Buffer.from('a key of this centre');
  const phone = '+442079460101';
  let folder: string;
  let server: MongoServer | undefined;
  let mongo: mongoose.Connection;
  let store: MongoSuppressions;
  let look: (() => void) | undefined;
  const clock: Clock = {
    now: () => Date.now(),
    after(_ms, then) {
      look = then;
      return () => (look = undefined);
    },
  };
  const isSet = (): boolean => look !== undefined;
  /** Waits for the next look to be over: it sets the one after it. */
  const looked = async (): Promise<void> => {
    const due = look;
    look = undefined;
    due?.();
    while (!isSet()) await new Promise((resolve) => setImmediate(resolve));
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringback-suppressed-'));
    const given = process.env['MONGODB_URL'];
    if (given === undefined) server = await startMongoServer({ directory: folder });
    mongo = await mongoose
      .createConnection(given ?? server!.url, { dbName: `suppressed_${process.pid}` })
      .asPromise();
    store = new MongoSuppressions(mongo, { centre: 'main' });
    await store.prepare();
  });
  afterEach(async () => {
    await mongo.dropDatabase();
    await mongo.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('and is refused from the next look at the list on, until they take it back, without a way to the store each time', async () => {
    let asked = 0;
    const counted = {
      has: (hash: string) => {
        asked += 1;
        return store.has(hash);
      },
      add: store.add.bind(store),
      mark: () => store.mark(),
      all: (most: number) => store.all(most),
    };
    const list = new SuppressionList({ store: counted, clock });
    await list.start();
    assert.equal(await list.has('one'), false);
    await store.add('one', 'asked for it', 5);
    await store.add('two', 'asked for it', 4);
    await looked();
    assert.deepEqual(
      [await list.has('one'), await list.has('two'), await list.has('three')],
      [true, true, false],
    );
    await mongo.collection<{ _id: string }>('suppressions').deleteOne({ _id: 'one' });
    await looked();
    assert.deepEqual([await list.has('one'), await list.has('two')], [false, true]);
    assert.equal(asked, 0);
    list.stop();
    assert.equal(look, undefined);
  });

  it('and the store is asked where the list is too long to hold, or could not be looked at', async () => {
    let isAway = false;
    const list = new SuppressionList({
      store: {
        has: (hash) => store.has(hash),
        add: store.add.bind(store),
        mark: () => (isAway ? Promise.reject(new Error('away')) : store.mark()),
        all: () => (isAway ? Promise.resolve(new Set<string>()) : store.all(1)),
      },
      clock,
    });
    await store.add('one', 'asked for it', 1);
    await list.start();
    await store.add('two', 'asked for it', 2);
    await looked();
    assert.deepEqual(
      [await list.has('one'), await list.has('two'), await list.has('three')],
      [true, true, false],
    );
    isAway = true;
    await store.add('three', 'asked for it', 3);
    await looked();
    assert.equal(await list.has('three'), true);
    list.stop();
  });

  it('while their callback waits: the gate does not let it be dialled', async () => {
    const audited: AuditEntry[] = [];
    let attempts = 0;
    const gate = new DialGate({
      store: { recordAttempt: () => Promise.resolve(++attempts > 0) },
      times: { mayDial: () => ({ ok: true, trunkId: 'one', callerId: '+442079460999' }) },
      list: store,
      hashKey,
      audit: { add: (entry: AuditEntry) => Promise.resolve(void audited.push(entry)) },
      clock,
    } as unknown as ConstructorParameters<typeof DialGate>[0]);
    const callback = { id: 'c1', wish: { phone, service: 'sales', anyHour: true }, attempts: [] };
    const ask = (): ReturnType<DialGate['ask']> =>
      gate.ask(callback as never, 'call' as never, { fence: 1 } as never);

    assert.equal((await ask()).verdict, 'dial');
    await store.add(keyedHash(hashKey, phone), 'asked for it', 1);
    const answer = await ask();
    assert.equal(answer.verdict, 'refused');
    assert.equal(attempts, 1);
    assert.deepEqual(
      audited.map((it) => [it.what, it.detail]),
      [['dial-refused', 'number/suppressed']],
    );
  });
});
