import assert from 'node:assert/strict';
import type { Redis } from 'ioredis';
import { RedisLimits } from '../../contact-server/adapters/redis/limits.ts';
import { AskingTries, type Tried } from '../../contact-server/app/asking-tries.ts';
import { RedisProcess } from '../routing/redis-process.ts';

describe('How often a number is asked for', () => {
  let server: RedisProcess;
  let redis: Redis;
  let tries: AskingTries;

  before(async () => {
    server = await RedisProcess.start();
    redis = server.client();
    tries = new AskingTries({
      limits: new RedisLimits(redis, 'tries'),
      asking: { perAddressHour: 8, perAddressDay: 100, perNumberDay: 3 },
      hashKey: Buffer.alloc(32, 7),
    });
  });
  after(async () => {
    redis.disconnect();
    await server.remove();
  });

  let addresses = 0;
  const fresh = (): string => `198.51.100.${String(++addresses)}`;
  const places = (tried: readonly Tried[]): number => tried.filter((it) => it.hasPlace).length;

  it('is decided once: of ten at the same moment three get a place', async () => {
    const all = Array.from({ length: 10 }, (_, n) => tries.take(fresh(), 'one', `of ten ${String(n)}`));
    assert.equal(places(await Promise.all(all)), 3);
  });

  it('counts who was accepted: a place that was given back is free for one more', async () => {
    for (let n = 0; n < 20; n += 1) {
      assert.ok((await tries.take(fresh(), 'two', `refused ${String(n)}`)).hasPlace);
      await tries.giveBack('two', `refused ${String(n)}`);
      // Told twice, it is given back once.
      await tries.giveBack('two', `refused ${String(n)}`);
    }
    const kept = Array.from({ length: 5 }, (_, n) => tries.take(fresh(), 'two', `kept ${String(n)}`));
    assert.equal(places(await Promise.all(kept)), 3);
    await tries.giveBack('two', 'kept 1');
    assert.ok((await tries.take(fresh(), 'two', 'one more')).hasPlace);
    const full = await tries.take(fresh(), 'two', 'one too many');
    assert.deepEqual([full.hasPlace, full.forPhone, full.inHour], [false, false, true]);
  });

  it('is no place for who asks the same again: once refused, it is refused again', async () => {
    for (const n of [1, 2, 3]) await tries.take(fresh(), 'three', `first ${String(n)}`);
    const again = fresh();
    for (let n = 0; n < 3; n += 1) assert.ok(!(await tries.take(again, 'three', 'late')).hasPlace);
    // One that has a place and was not answered keeps it, and is counted once.
    const { isNew, hasPlace } = await tries.take(again, 'three', 'first 2');
    assert.deepEqual([isNew, hasPlace], [false, true]);
  });

  it('is not touched by an address that asks too often, whatever it shows', async () => {
    const flood = fresh();
    const noted = await Promise.all(Array.from({ length: 20 }, () => tries.note(flood)));
    assert.equal(noted.filter((it) => it.inHour).length, 8);
    const late = await tries.take(flood, 'four', 'of the flood');
    assert.deepEqual([late.inHour, late.forPhone, late.hasPlace], [false, true, false]);
    const others = [1, 2, 3].map((n) => tries.take(fresh(), 'four', `other ${String(n)}`));
    assert.equal(places(await Promise.all(others)), 3);
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
    await tries.take(fresh(), 'five', 'watched');
    await redis.echo('the end');
    await told;
    monitor.disconnect();
    assert.deepEqual(heard, ['evalsha']);
  });
});
