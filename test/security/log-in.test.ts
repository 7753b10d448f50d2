import assert from 'node:assert/strict';
import mongoose from 'mongoose';
import { generate } from 'otplib';
import type { BoardView, FreshSecondFactor, Me } from '../../contracts/agent.ts';
import type { Problem } from '../../contracts/problem.ts';
import type { AgentClient, Answer } from '../support/agent-client.ts';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { eventually } from '../support/eventually.ts';

describe('Somebody logs in', function () {
  this.timeout(90_000);
  let it_: TestCentre;
  let mongo: mongoose.Connection;

  const logIn = (
    who: { username: string; password: string; totp?: string },
    from: string,
    headers: Record<string, string> = {},
  ): Promise<Response> =>
    fetch(`${it_.agentUrl}/api/v1/sessions`, {
      method: 'POST',
      headers: {
        origin: it_.agentUrl,
        'content-type': 'application/json',
        'x-forwarded-for': from,
        ...headers,
      },
      body: JSON.stringify(who),
    });
  const problemIn = async (response: Response): Promise<Problem> => (await response.json()) as Problem;
  const right = { username: 'robin', password: 'robin-demo-2026' };
  /** Logged in, and the stream is open. */
  const listening = async (username: string): Promise<AgentClient> => {
    const client = await it_.agent(username);
    await client.event('line.changed');
    return client;
  };
  const logIns = (): mongoose.Collection => mongo.collection('logins');

  before(async () => {
    it_ = await openCentre({
      env: { LOGIN_TRIES_PER_ACCOUNT: '3', LOGIN_TRIES_PER_ADDRESS: '6', MANAGER_TOTP: 'required' },
    });
    mongo = await mongoose
      .createConnection(it_.centre.env['MONGODB_URL'] ?? '', {
        dbName: it_.centre.env['MONGODB_DATABASE'] ?? '',
      })
      .asPromise();
  });
  after(async () => {
    await mongo.close();
    await it_.close();
  });

  it('and gets a cookie that no script and no other site can use, and of which only a hash is kept', async () => {
    const response = await logIn(right, '198.51.100.1');
    assert.equal(response.status, 201);
    const [cookie = '', ...more] = response.headers.getSetCookie();
    assert.equal(more.length, 0);
    assert.match(cookie, /^ringback=[\w-]{22}; path=\/; expires=[^;]+; samesite=strict; httponly$/i);
    const token = /=([\w-]+)/.exec(cookie)?.[1] ?? '';
    assert.ok(!JSON.stringify(await response.json()).includes(token));
    assert.ok((await logIns().countDocuments({})) > 0);
    assert.equal(await logIns().countDocuments({ _id: token as unknown as mongoose.Types.ObjectId }), 0);
    assert.ok(!JSON.stringify(await logIns().find({}).toArray()).includes(token));
  });

  it('and cannot tell a wrong name from a wrong password', async () => {
    const answers = await Promise.all([
      logIn({ username: 'nobody-at-all', password: 'x' }, '198.51.100.2'),
      logIn({ username: 'rosa', password: 'x' }, '198.51.100.2'),
    ]);
    for (const it of answers) assert.equal(it.status, 401);
    const [noName, noPassword] = await Promise.all(answers.map(problemIn));
    assert.deepEqual(noName, noPassword);
  });

  it('and who guesses at an account is locked out of it from there, while its owner still gets in [SC2]', async () => {
    const guess = { ...right, password: 'wrong' };
    for (let i = 0; i < 3; i += 1) assert.equal((await logIn(guess, '198.51.100.3')).status, 401);
    const late = await logIn(right, '198.51.100.3');
    assert.equal(late.status, 423, 'also with the right password');
    assert.equal(late.headers.get('retry-after'), '900');
    assert.equal((await logIn(right, '198.51.100.4')).status, 201, 'from elsewhere');
    const other = { username: 'rosa', password: 'rosa-demo-2026' };
    assert.equal((await logIn(other, '198.51.100.3')).status, 201, 'another account from there');
  });

  it('and many at once guess no more often than one after the other', async () => {
    const guess = { username: 'rosa', password: 'wrong' };
    const all = await Promise.all(Array.from({ length: 12 }, () => logIn(guess, '198.51.100.5')));
    assert.equal(all.filter((it) => it.status === 401).length, 3);
    assert.equal(all.filter((it) => it.status === 423).length, 9);
  });

  it('and an office behind one address begins its day, but one that guesses at many accounts does not', async () => {
    for (let i = 0; i < 8; i += 1) assert.equal((await logIn(right, '198.51.100.6')).status, 201);
    for (let i = 0; i < 6; i += 1) {
      assert.equal(
        (await logIn({ username: `guess-${String(i)}`, password: 'x' }, '198.51.100.7')).status,
        401,
      );
    }
    assert.equal((await logIn(right, '198.51.100.7')).status, 423);
  });

  it('as a manager, and may manage only with a second factor, whose codes are good once', async () => {
    const password = 'mina-demo-2026';
    const mina = await it_.agent('mina');
    const me = async (): Promise<Me> => (await mina.desk()).me;
    assert.equal((await me()).secondFactor, 'needed');
    const board = await mina.send<Problem>('GET', '/board');
    assert.equal(board.status, 403);
    assert.equal(board.body.rule, 'log-in/second-factor-needed');

    assert.equal((await mina.send('POST', '/me/totp', { password: 'wrong' })).status, 401);
    const { body: fresh } = await mina.send<FreshSecondFactor>('POST', '/me/totp', { password });
    assert.match(fresh.uri, /^otpauth:\/\/totp\/.*mina.*secret=/);
    assert.equal((await me()).secondFactor, 'needed', 'not before it is confirmed');
    const codeAt = (offsetS: number): Promise<string> =>
      generate({ secret: fresh.secret, epoch: Math.floor(Date.now() / 1000) + offsetS });
    const now = await codeAt(0);
    const notNow = now === '000000' ? '111111' : '000000';
    assert.equal((await mina.send('POST', '/me/totp/confirm', { code: notNow })).status, 400);
    assert.equal((await mina.send('POST', '/me/totp/confirm', { code: now })).status, 204);
    await mina.event('me.changed', (it) => it.secondFactor === 'on');
    assert.equal((await mina.send('GET', '/board')).status, 200);
    assert.equal((await mina.send('POST', '/me/totp', { password })).status, 409);

    const from = '198.51.100.8';
    const without = await problemIn(await logIn({ username: 'mina', password }, from));
    assert.equal(without.rule, 'log-in/code-needed');
    const used = await problemIn(await logIn({ username: 'mina', password, totp: now }, from));
    assert.equal(used.rule, 'log-in/wrong-code', 'the code that confirmed it is used up');
    const next = await codeAt(30);
    assert.equal((await logIn({ username: 'mina', password, totp: next }, from)).status, 201);
    assert.equal((await logIn({ username: 'mina', password, totp: next }, from)).status, 401, 'only once');
    assert.equal(
      (await mina.send('POST', '/me/totp/end', { code: next })).status,
      423,
      'three wrong ones lock',
    );
  });

  it('and out: the stream ends, the cookie is dead, and the phone is refused and not rung [SC2]', async () => {
    const maya = await it_.readyAgent('maya');
    const desk = await it_.phone('101');
    const second = await listening('maya');
    assert.equal((await second.send('DELETE', '/sessions/current')).status, 204);
    await second.event('session.ended', (it) => it.reason === 'logged-out');
    assert.equal((await second.send('GET', '/me')).status, 401);
    assert.equal((await maya.desk()).me.phone, 'registered', 'the other browser goes on');
    assert.equal((await maya.desk()).me.state, 'ready');

    const out = await maya.send('DELETE', '/sessions/current');
    assert.equal(out.status, 204);
    assert.match(out.headers.getSetCookie().join(), /ringback=; .*expires=Thu, 01 Jan 1970/);
    await maya.event('session.ended', (it) => it.reason === 'logged-out');
    assert.equal((await maya.send('GET', '/me')).status, 401);
    await assert.rejects(desk.register(), /401/);

    const visitor = it_.visitor('198.51.100.9');
    const created = await visitor.ask('020 7946 0111');
    assert.equal(created.state, 'queued', 'offered to nobody');
    assert.equal(desk.counters.invites, 0);

    desk.keepRegistering();
    const back = await it_.readyAgent('maya');
    const offer = await back.offer();
    assert.equal(offer.callbackId, created.id, 'and offered when maya is back');
    await back.send('POST', `/reservations/${offer.reservationId}/reject`, {});
    await visitor.send('DELETE', `/callbacks/${created.id}`, undefined, visitor.bearer());
    assert.equal((await back.send('DELETE', '/sessions/current')).status, 204);
  });

  it('and out in the middle of a call, which goes on; when it is over the phone is refused too', async () => {
    const maya = await it_.readyAgent('maya');
    const desk = await it_.phone('101');
    const { id } = await it_.visitor('198.51.100.12').ask('020 7946 0112');
    await maya.accept(await maya.offer((it) => it.callbackId === id));
    await maya.contactIn('connected', id);
    assert.equal((await maya.send('DELETE', '/sessions/current')).status, 204);
    await desk.register();
    assert.equal(it_.network.callsTo('+442079460112')[0]?.outcome, 'talking');
    await it_.network.line('+442079460112').hangUp();
    await eventually('the phone is refused', () =>
      desk.register().then(
        () => undefined,
        (error: unknown) => (String(error).includes('401') ? true : undefined),
      ),
    );
    desk.keepRegistering();
    const back = await it_.agent('maya');
    assert.equal((await back.desk()).contacts[0]?.callbackId, id, 'the wrap-up still waits');
    await back.complete(id);
  });

  it('again in the same browser, and the log-in before it is over', async () => {
    const first = await listening('maya');
    const again = await logIn({ username: 'maya', password: 'maya-demo-2026' }, '198.51.100.10', {
      cookie: first.cookie,
    });
    assert.equal(again.status, 201);
    await first.event('session.ended');
    assert.equal((await first.send('GET', '/me')).status, 401);
  });

  it('and is given a fresh token every hour; the old one is good for another minute at most [SC2]', async () => {
    const maya = await it_.agent('maya');
    await maya.event('me.changed'); // her stream is there: it will not be the request that is given the fresh one
    const old = maya.cookie;
    await logIns().updateMany({ agentId: 'maya' }, { $set: { rotatedAt: Date.now() - 2 * 3_600_000 } });
    const answer: Answer = await maya.send('GET', '/me');
    const fresh = (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
    assert.match(fresh, /^ringback=[\w-]{22}$/);
    assert.notEqual(fresh, old);
    assert.equal((await maya.send('GET', '/me')).status, 200, 'requests on their way still arrive');
    maya.cookie = fresh;
    assert.equal((await maya.send('GET', '/me')).headers.getSetCookie().length, 0);
    assert.equal((await maya.send('DELETE', '/sessions/current')).status, 204);
    maya.cookie = old;
    assert.equal((await maya.send('GET', '/me')).status, 401, 'log-out ends both');
  });

  it('and is logged out when the time is over: no stream, no offers, no phone [SC2]', async () => {
    const robin = await it_.readyAgent('robin');
    const maya = await it_.agent('maya');
    await logIns().updateMany({ agentId: 'robin' }, { $set: { until: Date.now() - 1 } });
    await robin.event('session.ended');
    assert.equal((await robin.send('GET', '/me')).status, 401);
    const phone = await it_.phone('102');
    while (phone.isRegistered)
      await phone.register().catch((error: unknown) => assert.match(String(error), /401/));
    assert.equal((await maya.send('GET', '/me')).status, 200, 'others go on');
    const again = await it_.agent('robin');
    assert.equal((await again.desk()).me.state, 'not-ready');
  });

  it('and hears nothing more once the account is closed', async () => {
    const rosa = await listening('rosa');
    const accounts = mongo.collection('accounts');
    await accounts.updateOne({ username: 'rosa' }, { $set: { disabled: true } });
    assert.equal((await rosa.send('GET', '/me')).status, 401);
    await rosa.event('session.ended');
    const answer = await logIn({ username: 'rosa', password: 'rosa-demo-2026' }, '198.51.100.11');
    assert.equal(answer.status, 401);
  });

  it('and takes no more than ten streams: the oldest gives way', async () => {
    const maya = await listening('maya');
    const more = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const response = await fetch(`${it_.agentUrl}/api/v1/events`, { headers: { cookie: maya.cookie } });
        return response.body?.getReader();
      }),
    );
    await maya.event('session.ended', (it) => it.reason === 'replaced');
    for (const it of more) await it?.cancel();
    const view: Answer<BoardView> = await maya.send('GET', '/board');
    assert.equal(view.status, 403);
  });
});
