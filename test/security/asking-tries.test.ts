import assert from 'node:assert/strict';
import type { Redis } from 'ioredis';
import type { Problem } from '../../contracts/problem.ts';
import { RedisLimits } from '../../contact-server/adapters/redis/limits.ts';
import { type Asker, AskingTries, type Tried, withinLimits } from '../../contact-server/app/asking-tries.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { RedisProcess } from '../routing/redis-process.ts';

describe('How often somebody may ask', () => {
  let server: RedisProcess;
  let redis: Redis;
  let tries: AskingTries;

  before(async () => {
    server = await RedisProcess.start();
    redis = server.client();
    tries = new AskingTries({
      limits: new RedisLimits(redis, 'tries'),
      asking: { asksPerAddressHour: 12, perAddressHour: 2, perAddressDay: 100, perNumberDay: 3 },
      hashKey: Buffer.alloc(32, 7),
    });
  });
  after(async () => {
    redis.disconnect();
    await server.remove();
  });

  let addresses = 0;
  const fresh = (): string => `198.51.100.${String(++addresses)}`;
  let numbers = 0;
  const other = (): string => `number ${String(++numbers)}`;
  let requests = 0;
  const asker = (phone: string, ip = fresh()): Asker => ({
    ip,
    phone,
    request: `request ${String(++requests)}`,
  });
  const many = (count: number, one: () => Asker): Promise<Tried[]> =>
    Promise.all(Array.from({ length: count }, () => tries.take(one())));
  const places = (tried: readonly Tried[]): number => tried.filter((it) => it.hasPlace).length;
  const refusedFor = (tried: readonly Tried[]): unknown[] => tried.flatMap((it) => it.full?.rule ?? []);
  const refusal = (tried: Tried): Problem => {
    try {
      withinLimits(tried);
    } catch (error) {
      if (error instanceof ProblemError) return error.problem;
    }
    throw new Error('it was not refused');
  };

  it('for a number is decided once: of ten at the same moment three get a place', async () => {
    const all = await many(10, () => asker('one'));
    assert.equal(places(all), 3);
    assert.deepEqual(
      refusedFor(all),
      Array.from({ length: 7 }, () => 'limits/number'),
    );
  });

  it('from an address is decided once: of five at the same moment two get a place', async () => {
    const home = fresh();
    const all = await many(5, () => asker(other(), home));
    assert.equal(places(all), 2);
    assert.deepEqual(refusedFor(all), ['limits/address', 'limits/address', 'limits/address']);
  });

  it('counts who was accepted: a place that was given back is free for one more', async () => {
    for (let n = 0; n < 20; n += 1) {
      const refused = asker('two');
      assert.ok((await tries.take(refused)).hasPlace);
      await tries.giveBack(refused);
      // Told twice, it is given back once.
      await tries.giveBack(refused);
    }
    const kept = Array.from({ length: 5 }, () => asker('two'));
    assert.equal(places(await Promise.all(kept.map((it) => tries.take(it)))), 3);
    const [first] = kept;
    assert.ok(first);
    await tries.giveBack(first);
    assert.ok((await tries.take(asker('two'))).hasPlace);
    assert.deepEqual(refusedFor([await tries.take(asker('two'))]), ['limits/number']);
  });

  it('leaves an office its requests, though others there were refused [SC7]', async () => {
    const office = '2001:db8:7:7::';
    for (let n = 1; n <= 6; n += 1) {
      const refused = asker(other(), `${office}${String(n)}`);
      assert.ok((await tries.take(refused)).hasPlace, `refused ${String(n)}`);
      await tries.giveBack(refused);
    }
    assert.equal(places(await many(2, () => asker(other(), `${office}a`))), 2);
    assert.deepEqual(refusedFor([await tries.take(asker(other(), `${office}b`))]), ['limits/address']);
  });

  it('takes nothing of a number from who has no request left, and of an address for a number that has none', async () => {
    const busy = fresh();
    await many(2, () => asker(other(), busy));
    for (let n = 0; n < 4; n += 1) assert.ok(!(await tries.take(asker('five', busy))).hasPlace);
    assert.equal(places(await many(4, () => asker('five'))), 3);
    const home = fresh();
    for (let n = 0; n < 4; n += 1) assert.ok(!(await tries.take(asker('five', home))).hasPlace);
    assert.equal(places(await many(3, () => asker(other(), home))), 2);
  });

  it('is no more for who asks the same again: once refused, it is refused again', async () => {
    const first = asker('three');
    for (const it of [first, asker('three'), asker('three')]) await tries.take(it);
    const late = asker('three');
    for (let n = 0; n < 3; n += 1) assert.ok(!(await tries.take(late)).hasPlace);
    // One that has a place and was not answered keeps it, and is counted once.
    for (let n = 0; n < 20; n += 1)
      assert.deepEqual(await tries.take(first), { isNew: false, hasPlace: true });
    assert.ok((await tries.take(asker(other(), first.ip))).hasPlace);
  });

  it('ends for a flood, whatever it shows, and without harm to the number it names', async () => {
    const flood = fresh();
    const noted = await Promise.all(Array.from({ length: 20 }, () => tries.note(flood)));
    assert.equal(noted.filter((it) => !it.full).length, 12);
    assert.deepEqual(refusedFor([await tries.take(asker('four', flood))]), ['limits/asks']);
    assert.equal(places(await many(3, () => asker('four'))), 3);
    // So does one that is refused each time.
    const trying = fresh();
    for (let n = 0; n < 12; n += 1) {
      const refused = asker(other(), trying);
      assert.ok((await tries.take(refused)).hasPlace);
      await tries.giveBack(refused);
    }
    assert.deepEqual(refusedFor([await tries.take(asker(other(), trying))]), ['limits/asks']);
  });

  it('is told with the time until it is allowed again', async () => {
    const home = fresh();
    await many(2, () => asker(other(), home));
    for (const key of await redis.keys('*ask:h:*')) await redis.pexpire(key, 20 * 60_000 - 500);
    const address = refusal(await tries.take(asker(other(), home)));
    assert.equal(address.retryAfterS, 20 * 60);
    assert.match(address.detail ?? '', /from your connection already. Please try again in 20 minutes\./);
    await many(3, () => asker('six'));
    for (const key of await redis.keys('*ask:p:six')) await redis.pexpire(key, 5 * 3_600_000 - 500);
    // Of two limits it is the one that takes longer.
    const number = refusal(await tries.take(asker('six', home)));
    assert.deepEqual([number.rule, number.retryAfterS], ['limits/number', 5 * 3_600]);
    assert.match(number.detail ?? '', /for this number already. Please try again in 5 hours\./);
    for (const key of await redis.keys('*ask:h:*')) await redis.pexpire(key, 1);
    while ((await redis.keys('*ask:h:*')).length > 0);
    assert.ok((await tries.take(asker(other(), home))).hasPlace);
  });

  it('costs the same one command, however it ends', async () => {
    const monitor = await redis.monitor();
    const heard: string[] = [];
    const told = new Promise<void>((resolve) => {
      monitor.on('monitor', (_time: string, [command = '', what = '']: string[], source: string) => {
        if (what === 'the end') resolve();
        // What a script does itself is told, too.
        else if (source !== 'lua') heard.push(command);
      });
    });
    await tries.take(asker('seven'));
    await redis.echo('the end');
    await told;
    monitor.disconnect();
    assert.deepEqual(heard, ['evalsha']);
  });
});
