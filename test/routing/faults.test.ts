import assert from 'node:assert/strict';
import { CursorTooOld, isOfFormerEpoch, RoutingUnavailable } from '../../routing/index.ts';
import { forgetFormerVersions, keyPrefix, scripts } from '../../routing/testing.ts';
import { systemClock } from '../../server-kit/clock.ts';
import { agentId, Centre, contact, id, queued, ready, reserved } from './centre.ts';
import { RedisProcess } from './redis-process.ts';

describe('When Redis fails', () => {
  let redis: RedisProcess;
  let centre: Centre;
  const ana = agentId('ana');
  const bo = agentId('bo');

  beforeEach(async () => {
    redis = await RedisProcess.start('always');
    centre = new Centre(redis, { ana: 'lang:es', bo: 'lang:en' });
  });
  afterEach(async () => {
    redis.thaw();
    await centre.close();
    await redis.remove();
  });

  /** How long it took to fail, in ms. */
  async function failsAfter(call: Promise<unknown>): Promise<number> {
    const begun = performance.now();
    await assert.rejects(call, RoutingUnavailable);
    return performance.now() - begun;
  }

  it('kill -9 and a restart from the append-only file lose nothing, and work goes on by itself', async () => {
    const routing = await centre.open();
    const heard = centre.listen(routing);
    await routing.setAgentState(ana, ready);
    const offer = reserved(await routing.enter(contact('maria', 'lang:es')));
    for (let i = 0; i < 20; i += 1) await routing.enter(contact(`w${i}`, 'lang:es'));
    const before = await routing.snapshot();

    await redis.kill();
    assert.equal((await routing.health()).redis, false);
    assert.ok((await failsAfter(routing.enter(contact('late', 'lang:es')))) < 3_000);
    await redis.resume();

    await healthy(routing);
    const accepted = await routing.accept(offer.id, ana);
    assert.equal(accepted.ok, true, 'the offer made before is still good');
    const after = await routing.snapshot();
    assert.deepEqual(
      after.waiting.map((it) => it.contact.id),
      before.waiting.map((it) => it.contact.id),
    );
    assert.ok((await heard.ended) instanceof CursorTooOld, 'a reader cannot know that nothing was lost');
    const again = centre.listen(routing);
    assert.equal((await again.until('repaired')).what, 'redis');
    await routing.complete(offer.id, { state: 'ready' });
    const next = await again.until('reservation.created', (it) => it.reservation.contactId === id('w0'));
    assert.equal(next.reservation.epoch, offer.epoch);
    assert.ok(next.reservation.fence > offer.fence);
  });

  it('a restart that lost its last moments is told, and what is missing comes back by rebuild', async () => {
    const routing = await centre.open();
    const heard = centre.listen(routing);
    const waits = Array.from({ length: 20 }, (_, i) => contact(`w${i}`, 'lang:es'));
    for (const it of waits) await routing.enter(it);
    await heard.until('contact.queued', (it) => it.contactId === id('w19'));
    await redis.kill();
    await redis.loseTail(4_000);
    await redis.resume();
    await healthy(routing);

    const ended = await heard.ended;
    assert.ok(ended instanceof CursorTooOld, 'the reader was ahead of what is left');
    const again = centre.listen(routing);
    await again.until('repaired', (it) => it.why === 'it was restarted and may have lost its last moments');
    const left = (await routing.snapshot()).waiting.length;
    assert.ok(left > 0 && left < 20, `${left} left`);
    await routing.rebuild(waits, []);
    assert.deepEqual(
      (await routing.snapshot()).waiting.map((it) => it.contact.id),
      waits.map((it) => it.id),
    );
  });

  it('a server that hangs is given up soon, and used again when it is back', async () => {
    const routing = await centre.open();
    redis.freeze();
    assert.ok((await failsAfter(routing.enter(contact('maria', 'lang:es')))) < 3_000);
    assert.equal((await routing.health()).redis, false);
    redis.thaw();
    await healthy(routing);
    queued(await routing.enter(contact('maria', 'lang:es')));
  });

  it('an emptied one begins a new epoch: readers are told, old answers are refused, and rebuild fills the line', async () => {
    const routing = await centre.open();
    const heard = centre.listen(routing);
    await routing.setAgentState(ana, ready);
    await routing.setAgentState(bo, ready);
    const maria = contact('maria', 'lang:es');
    const offer = reserved(await routing.enter(maria));
    const waits = ['one', 'two', 'three'].map((name) => contact(name, 'lang:es'));
    for (const it of waits) await routing.enter(it);

    const probe = redis.client();
    await probe.flushall();
    probe.disconnect();

    assert.ok((await heard.ended) instanceof CursorTooOld);
    assert.deepEqual(await routing.accept(offer.id, ana), { ok: false, why: 'gone' });
    await routing.complete(offer.id, { state: 'ready' });
    const empty = await routing.snapshot();
    assert.deepEqual([empty.waiting.length, empty.agents.length], [0, 0]);

    const again = centre.listen(routing, empty.cursor);
    await routing.rebuild([...waits].reverse().concat({ ...maria, entry: 2 }), [
      { agentId: ana, wish: ready },
      { agentId: bo, wish: { state: 'not-ready', reason: 'lunch' } },
    ]);
    const next = await again.until('reservation.created');
    assert.equal(next.reservation.contactId, id('maria'), 'who waited longest is first again');
    assert.equal(next.reservation.epoch, offer.epoch + 1);
    assert.ok(next.reservation.fence > offer.fence);
    assert.deepEqual(
      (await routing.snapshot()).waiting.map((it) => it.contact.id),
      waits.map((it) => it.id),
    );

    await routing.rebuild(waits, [{ agentId: ana, wish: { state: 'logged-off' } }]);
    assert.equal((await routing.agentStatus(ana))?.state, 'reserved', 'who is known is left as they are');
  });

  it('one that remembers an older state begins a new epoch when told so, keeps what it holds, and its readers start over [AV14]', async () => {
    const routing = await centre.open();
    await routing.setAgentState(ana, ready);
    const offer = reserved(await routing.enter(contact('maria', 'lang:es')));
    queued(await routing.enter(contact('one', 'lang:es')));
    const { cursor } = await routing.snapshot();
    const heard = centre.listen(routing, cursor);
    assert.equal(isOfFormerEpoch(cursor, cursor), false);

    await routing.renew();
    assert.ok((await heard.ended) instanceof CursorTooOld);
    const now = await routing.snapshot();
    assert.ok(isOfFormerEpoch(cursor, now.cursor), 'whoever was there before will know that it is behind');
    assert.equal(now.waiting.length, 1);
    assert.equal((await routing.accept(offer.id, ana)).ok, true);
    await routing.complete(offer.id, { state: 'ready' });
    assert.equal((await routing.agentStatus(ana))?.contactId, id('one'));
  });

  it('a connection that breaks just before the next read is noticed, and the process goes on', async () => {
    const routing = await centre.open();
    await routing.enter(contact('one', 'lang:es'));
    for await (const event of routing.events(undefined, new AbortController().signal)) {
      if (event.type !== 'contact.queued') continue;
      if (event.contactId === id('two')) break;
      await routing.enter(contact('two', 'lang:es'));
      // It still calls itself ready in this turn of the event loop, and takes no more commands.
      centre.connections.at(-1)?.stream.destroy();
    }
  });

  it('scripts that were forgotten are loaded again', async () => {
    const routing = await centre.open();
    const probe = redis.client();
    await probe.function('FLUSH');
    probe.disconnect();
    queued(await routing.enter(contact('maria', 'lang:es')));
  });

  it('functions of a former version are removed a day after their last use, and none that is in use [AV14]', async () => {
    const routing = await centre.open();
    const probe = redis.client();
    const libraries = async () =>
      ((await probe.function('LIST', 'LIBRARYNAME', 'ringback_*')) as string[][]).map((it) => it[1]).sort();
    const old = (name: string) =>
      probe.function(
        'LOAD',
        `#!lua name=${name}\nredis.register_function('${name}_x', function() return 1 end)`,
      );
    await old('ringback_unused');
    await old('ringback_used');
    await old('ringback_unmarked');
    const hour = 3_600_000;
    await probe.hset('ringback:libraries', 'ringback_unused', Date.now() - 25 * hour);
    await probe.hset('ringback:libraries', 'ringback_used', Date.now() - 23 * hour);
    await probe.hset('{before}:acd:meta', 'epoch', 3);

    assert.deepEqual(await forgetFormerVersions(probe, scripts.name, 'before'), ['ringback_unused']);
    assert.deepEqual(await libraries(), [scripts.name, 'ringback_unmarked', 'ringback_used'].sort());
    assert.equal(await probe.exists('{before}:acd:meta'), 1, 'somebody may work by it still');

    await new Promise<void>((resolve) => systemClock.after(20, resolve));
    assert.equal((await forgetFormerVersions(probe, scripts.name, 'before', 1)).length, 3);
    assert.deepEqual(await libraries(), [scripts.name]);
    assert.equal(await probe.exists('{before}:acd:meta'), 0);
    await probe.function('DELETE', scripts.name);
    queued(await routing.enter(contact('maria', 'lang:es')));
    probe.disconnect();
  });

  it('what an older version left, or a snapshot of it brought back, is not misread: the line is rebuilt [AV14]', async () => {
    const probe = redis.client();
    const older = `{${centre.name}}:acd:`;
    await probe.hset(`${older}meta`, { epoch: await centre.directory.nextEpoch(), ver: 9, fence: 1 });
    await probe.hset(`${older}agents`, 'ana', 'ready\tp1\t1\t1000\t\t\t\t\t');
    await probe.zadd(`${older}wait:c1`, 1, 'maria');
    const routing = await centre.open();
    const heard = centre.listen(routing);
    const told = await heard.until('repaired');
    assert.equal(told.why, 'its data were lost; those who wait must be entered again');
    const seen = await routing.snapshot();
    assert.deepEqual([seen.agents, seen.waiting], [[], []]);
    await routing.rebuild([contact('maria', 'lang:es')], [{ agentId: ana, wish: ready }]);
    assert.equal((await heard.until('reservation.created')).reservation.epoch, 2);
    probe.disconnect();
  });

  it('opens without Redis, and begins to work when it is there', async () => {
    await redis.kill();
    const routing = await centre.open();
    assert.equal((await routing.health()).redis, false);
    await redis.resume();
    await healthy(routing);
    await routing.setAgentState(ana, ready);
    reserved(await routing.enter(contact('maria', 'lang:es')));
  });

  it('a step it refuses, being full or a replica, changes nothing, and is done when asked again', async () => {
    const routing = await centre.open();
    await routing.setAgentState(ana, ready);
    const probe = redis.client();
    const maria = contact('maria', 'lang:es');
    for (const [refuse, allow] of [
      [() => probe.config('SET', 'maxmemory', '1'), () => probe.config('SET', 'maxmemory', '0')],
      [() => probe.replicaof('127.0.0.1', 1), () => probe.replicaof('NO', 'ONE')],
    ] as const) {
      await refuse();
      await assert.rejects(routing.enter(maria), RoutingUnavailable);
      await allow();
      assert.equal((await routing.agentStatus(ana))?.state, 'ready');
    }
    assert.equal(reserved(await routing.enter(maria)).agentId, ana);
    probe.disconnect();
  });

  it('a clock that is set back makes no fence twice, and nobody idle longer than they are', async () => {
    const routing = await centre.open();
    const probe = redis.client();
    // As a server leaves it whose clock was an hour ahead.
    const ahead = (Date.now() + 3_600_000) * 1_000;
    const meta = `${keyPrefix(centre.name)}meta`;
    const [epoch, version, , ...rest] = ((await probe.get(meta)) ?? '').split('\0');
    await probe.set(meta, [epoch, version, ahead, ...rest].join('\0'));
    probe.disconnect();
    await routing.setAgentState(ana, ready);
    const first = reserved(await routing.enter(contact('one', 'lang:es')));
    await routing.accept(first.id, ana);
    await routing.complete(first.id, { state: 'ready' });
    const second = reserved(await routing.enter(contact('two', 'lang:es')));
    assert.ok(first.fence > ahead && second.fence > first.fence);
  });

  async function healthy(routing: { health(): Promise<{ redis: boolean }> }): Promise<void> {
    const until = performance.now() + 5_000;
    while (!(await routing.health()).redis) {
      assert.ok(performance.now() < until, 'within five seconds');
      await new Promise<void>((resolve) => systemClock.after(20, resolve));
    }
  }
});
