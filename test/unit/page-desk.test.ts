import assert from 'node:assert/strict';
import type { SessionId } from '../../contracts/ids.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import {
  type FakeStream,
  maya,
  mina,
  openPages,
  type PageBench,
  rui,
  settled,
  site,
  visitorAt,
} from '../support/page-bench.ts';

const ip = '198.51.100.1';

function idOf(stream: FakeStream): SessionId {
  const id = stream.last('welcome')?.session;
  assert.ok(id);
  return id;
}

/** A visitor, Maya registered by code, and a yes. */
async function shared(
  bench: PageBench,
): Promise<{ visitor: FakeStream; id: SessionId; registration: string }> {
  const visitor = await visitorAt(bench);
  const code = visitor.last('code')?.code ?? '';
  const { id: registration, sessionId } = await bench.desk.register(maya, { ip, code });
  visitor.say({ type: 'consent', pages: true });
  await settled();
  return { visitor, id: sessionId, registration };
}

async function frameOf(
  bench: PageBench,
  id: SessionId,
  viewer: typeof maya | typeof mina = maya,
  tab = 'tab-frame-1',
): Promise<FakeStream> {
  const { url } = await bench.desk.ticket(viewer, id);
  const [page = '', ticket = ''] = url.split(/[#&]ringback-viewer=/);
  return enter(bench, page, ticket, tab);
}

async function enter(
  bench: PageBench,
  url: string,
  viewer: string,
  tab = 'tab-frame-1',
): Promise<FakeStream> {
  const stream = bench.connect('192.0.2.1');
  stream.say({ type: 'hello', tab, url, seq: 0, viewer });
  await settled();
  return stream;
}

async function problemOf(work: Promise<unknown>): Promise<ProblemError['problem']> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  return assert.fail('it was allowed');
}

describe('Who wants to join a visitor by code', () => {
  it('needs code and address together, in any spelling, and the code is good once and for ten minutes [CO3]', async () => {
    const bench = openPages();
    const visitor = await visitorAt(bench, { ip: '2001:db8:1:2::9' });
    const code = visitor.last('code')?.code ?? '';
    assert.equal(
      (await problemOf(bench.desk.register(maya, { ip: '2001:db8:9::1', code }))).type,
      'not-found',
    );
    assert.deepEqual(bench.desk.lookup('2001:DB8:1:2:0:0:0:77'), [idOf(visitor)]);
    const { sessionId } = await bench.desk.register(maya, { ip: '2001:DB8:0001:2:0::0009', code });
    assert.equal(sessionId, idOf(visitor));
    assert.equal(
      (await problemOf(bench.desk.register(rui, { ip: '2001:db8:1:2::9', code }))).type,
      'not-found',
    );

    const late = await visitorAt(bench, { ip: '203.0.113.5', tab: 'tab-late-one' });
    const first = late.last('code')?.code ?? '';
    await bench.clock.pass(10 * 60_000 + 1);
    assert.notEqual(late.last('code')?.code, first, 'the page shows a fresh one');
    assert.equal(
      (await problemOf(bench.desk.register(rui, { ip: '203.0.113.5', code: first }))).type,
      'not-found',
    );
  });

  it('cannot tell an unknown address from a wrong code, and after five failures is locked for a quarter of an hour [CO4]', async () => {
    const bench = openPages();
    const visitor = await visitorAt(bench);
    const code = visitor.last('code')?.code ?? '';
    const wrong = code === '000000' ? '000001' : '000000';
    const unknown = await problemOf(bench.desk.register(maya, { ip: '192.0.2.77', code: wrong }));
    const mistaken = await problemOf(bench.desk.register(maya, { ip, code: wrong }));
    assert.deepEqual(unknown, mistaken);
    for (let n = 0; n < 2; n++) await problemOf(bench.desk.register(maya, { ip, code: wrong }));
    assert.equal(
      (await problemOf(bench.desk.register(maya, { ip: 'no address', code: wrong }))).type,
      'locked',
    );
    assert.equal(
      (await problemOf(bench.desk.register(maya, { ip, code }))).type,
      'locked',
      'even with the right one',
    );
    assert.ok(bench.stores.audited.includes('alarm'));
    await bench.desk.register(rui, { ip, code });
    await bench.clock.pass(15 * 60_000 + 1);
    assert.equal(
      (await problemOf(bench.desk.register(maya, { ip, code }))).type,
      'not-found',
      'used up, not locked',
    );
  });

  it('and was right four times may be wrong once: right codes are no failures [CO4]', async () => {
    const bench = openPages();
    for (const n of [1, 2, 3, 4]) {
      const address = `198.51.100.${String(50 + n)}`;
      const code = (await visitorAt(bench, { ip: address })).last('code')?.code ?? '';
      await bench.desk.register(maya, { ip: address, code });
    }
    for (let n = 0; n < 4; n++)
      assert.equal((await problemOf(bench.desk.register(maya, { ip, code: '000000' }))).type, 'not-found');
    assert.ok(!bench.stores.audited.includes('alarm'));
    assert.equal((await problemOf(bench.desk.register(maya, { ip, code: '000000' }))).type, 'locked');
  });

  it('gets the same code shown on every page while it lives, and two visitors of one address never the same', async () => {
    const bench = openPages();
    const one = await visitorAt(bench);
    const again = await visitorAt(bench, { ticket: one.last('welcome')?.ticket ?? '', seq: 2 });
    assert.equal(again.last('code')?.code, one.last('code')?.code);
    const other = await visitorAt(bench, { tab: 'tab-of-another' });
    assert.notEqual(other.last('code')?.code, one.last('code')?.code);
    assert.notEqual(idOf(other), idOf(one));
    assert.equal(bench.desk.lookup(ip).length, 2, 'an address gives candidates');
  });
});

describe('A ticket for a frame', () => {
  it('is good once, within a minute, and its credential dies with the registration [CO9]', async () => {
    const bench = openPages();
    const { id, registration } = await shared(bench);
    const { url } = await bench.desk.ticket(maya, id);
    const ticket = url.split('ringback-viewer=')[1] ?? '';
    const frame = await enter(bench, `${site}/a`, ticket);
    const credential = frame.last('welcome')?.credential ?? '';
    assert.equal((await enter(bench, `${site}/a`, ticket, 'tab-thief-1')).closed, 'refused');
    assert.equal((await enter(bench, `${site}/a`, `${ticket}x`, 'tab-forger')).closed, 'refused');

    const late = (await bench.desk.ticket(maya, id)).url.split('ringback-viewer=')[1] ?? '';
    await bench.clock.pass(60_001);
    assert.equal((await enter(bench, `${site}/a`, late, 'tab-too-late')).closed, 'refused');

    await bench.desk.unregister(maya, registration);
    assert.equal(frame.closed, 'unregistered');
    const gone = await enter(bench, `${site}/a`, credential);
    assert.equal(gone.last('ended')?.reason, 'refused');

    bench.accepted.set('r-9', id);
    await bench.desk.register(maya, { reservationId: 'r-9' });
    assert.equal(
      (await enter(bench, `${site}/a`, credential)).closed,
      'refused',
      'a new registration is another one',
    );
  });
});

describe('The visitor says no', () => {
  it('and what viewers see is closed at once; the next yes needs a new question and new frames [CO2]', async () => {
    const bench = openPages();
    const { visitor, id } = await shared(bench);
    const frame = await frameOf(bench, id);
    visitor.say({ type: 'consent', pages: false });
    await settled();
    assert.equal(frame.last('ended')?.reason, 'left');
    assert.equal(visitor.last('sharing')?.on, false);
    assert.equal((await problemOf(bench.desk.ticket(maya, id))).type, 'not-now');
    assert.equal((await problemOf(bench.desk.push(maya, id, `${site}/b`))).type, 'not-now');
    const view = await bench.desk.viewFor(maya, id);
    assert.equal(view.sharing, 'declined');
    assert.equal(view.page, undefined);

    const before = visitor.heard.filter((it) => it.type === 'consent-asked').length;
    await bench.desk.askConsent(maya, id);
    assert.equal(visitor.heard.filter((it) => it.type === 'consent-asked').length, before + 1);
    assert.equal(visitor.last('consent-asked')?.agent, 'Maya', 'by first name');
    visitor.say({ type: 'consent', pages: true });
    await settled();
    assert.equal((await bench.desk.viewFor(maya, id)).sharing, 'on');
    assert.equal(bench.stores.consents.length, 2, 'each yes has its record');
  });

  it('and a slow store keeps nobody waiting: frames close before it answers, and a killed process does not forget the no', async () => {
    const bench = openPages();
    const { visitor, id } = await shared(bench);
    const ticket = visitor.last('welcome')?.ticket ?? '';
    const frame = await frameOf(bench, id);
    bench.stores.isDown = true;
    visitor.say({ type: 'consent', pages: false });
    await settled();
    assert.equal(frame.closed, 'left');
    assert.equal(visitor.last('sharing')?.on, true, 'not told yet: it could still be forgotten');
    bench.stores.isDown = false;
    await bench.clock.pass(1_000);
    assert.equal(visitor.last('sharing')?.on, false);
    const back = await visitorAt(bench.restart(), { ticket, seq: 2 });
    assert.equal(back.last('welcome')?.sharing, false);
  });

  it('and hears that it stands as often as it is said: the first answer may have been lost with its connection [CO2]', async () => {
    const bench = openPages();
    const { visitor } = await shared(bench);
    visitor.say({ type: 'consent', pages: false });
    await settled();
    visitor.close();
    const back = await visitorAt(bench, { ticket: visitor.last('welcome')?.ticket ?? '', seq: 0 });
    assert.equal(back.last('sharing'), undefined);
    back.say({ type: 'consent', pages: false });
    await settled();
    assert.equal(back.last('sharing')?.on, false);
  });

  it('and nothing of the page they are on by now is told to anybody before it is heard [CO2]', async () => {
    const bench = openPages();
    const { visitor, id } = await shared(bench);
    const frame = await frameOf(bench, id);
    const before = frame.heard.length;
    visitor.close();
    const ticket = visitor.last('welcome')?.ticket ?? '';
    const back = await visitorAt(bench, { ticket, seq: 0, url: `${site}/` });
    assert.equal(
      frame.heard.slice(before).find((it) => it.type === 'go'),
      undefined,
    );
    back.say({ type: 'consent', pages: false });
    await settled();
    assert.equal(frame.last('ended')?.reason, 'left');
    assert.equal((await bench.desk.viewFor(maya, id)).page, undefined);
  });

  it('and is not asked for ever: five questions in ten minutes are enough', async () => {
    const bench = openPages();
    const { visitor, id } = await shared(bench);
    visitor.say({ type: 'consent', pages: false });
    await settled();
    for (let n = 0; n < 5; n++) await bench.desk.askConsent(maya, id);
    assert.equal((await problemOf(bench.desk.askConsent(maya, id))).type, 'too-many');
  });

  it('or a yes that cannot be recorded: the question stays open, and nothing is shown', async () => {
    const bench = openPages();
    const visitor = await visitorAt(bench);
    const code = visitor.last('code')?.code ?? '';
    const { sessionId: id } = await bench.desk.register(maya, { ip, code });
    bench.stores.isDown = true;
    visitor.say({ type: 'consent', pages: true });
    await settled();
    assert.equal(visitor.last('problem')?.problem, 'unavailable');
    assert.equal((await bench.desk.viewFor(maya, id)).sharing, 'asked');
    bench.stores.isDown = false;
    visitor.say({ type: 'consent', pages: true });
    await settled();
    assert.equal((await bench.desk.viewFor(maya, id)).sharing, 'on');
  });
});

describe('A manager looks in', () => {
  it('where an agent works and the visitor shares, told by name, moving nobody, and no longer than the frame is open', async () => {
    const bench = openPages();
    const lonely = await visitorAt(bench, { tab: 'tab-of-lonely' });
    assert.equal((await problemOf(bench.desk.ticket(mina, idOf(lonely)))).type, 'not-now');

    const { visitor, id } = await shared(bench);
    const frame = await frameOf(bench, id, mina, 'tab-manager');
    assert.deepEqual(visitor.last('sharing')?.viewers, ['Maya', 'Mina']);
    frame.say({ type: 'navigated', seq: 1, url: `${site}/b`, how: 'load' });
    await settled();
    assert.equal(visitor.last('go'), undefined, 'the visitor stays');
    assert.equal(frame.last('go')?.url, `${site}/a`, 'the manager is brought back');
    assert.equal((await problemOf(bench.desk.setMode(mina, id, 'lead'))).type, 'not-permitted');
    assert.equal((await problemOf(bench.desk.push(mina, id, `${site}/b`))).type, 'not-permitted');

    frame.close('closed the drawer');
    await settled();
    await bench.clock.pass(60_000);
    assert.deepEqual(visitor.last('sharing')?.viewers, ['Maya']);
  });

  it('and is out when the last agent is', async () => {
    const bench = openPages();
    const { id, registration } = await shared(bench);
    const frame = await frameOf(bench, id, mina, 'tab-manager');
    await bench.desk.unregister(maya, registration);
    assert.equal(frame.last('ended')?.reason, 'unregistered');
  });
});

describe('When the call is over', () => {
  it('sharing goes on as long as the service says, across a restart, and ends for good', async () => {
    let bench = openPages();
    const { visitor, id } = await shared(bench);
    const ticket = visitor.last('welcome')?.ticket ?? '';
    bench.desk.endAfter(id, 120_000);
    await bench.clock.pass(60_000);
    bench.desk.endAfter(id, 120_000); // the wrap-up is done: that gives no more time
    await settled();
    bench = bench.restart();
    const back = await visitorAt(bench, { ticket, seq: 2 });
    assert.equal(back.last('welcome')?.sharing, true);
    await bench.clock.pass(59_000);
    assert.equal((await bench.desk.viewFor(maya, id)).sharing, 'on');
    await bench.clock.pass(2_000);
    const view = await bench.desk.viewFor(maya, id);
    assert.deepEqual([view.registered, view.sharing], [false, 'off']);
    assert.equal(back.last('sharing')?.on, false);
    assert.equal(bench.stores.sessions.get(id)?.state, 'ended');
  });

  it('a new contact of the same session stops the clock and asks anew', async () => {
    const bench = openPages();
    const { visitor, id } = await shared(bench);
    bench.desk.endAfter(id, 0);
    await bench.clock.pass(1);
    await settled();
    bench.accepted.set('r-2', id);
    const asked = visitor.heard.filter((it) => it.type === 'consent-asked').length;
    await bench.desk.register(maya, { reservationId: 'r-2' });
    assert.equal(visitor.heard.filter((it) => it.type === 'consent-asked').length, asked + 1);
    bench.desk.endAfter(id, 1_000);
    bench.accepted.set('r-3', id);
    await bench.desk.register(maya, { reservationId: 'r-3' });
    await bench.clock.pass(5_000);
    assert.equal((await bench.desk.viewFor(maya, id)).registered, true);
  });
});

describe('The legs of a contact [SE-1, SE-17]', () => {
  const legs = (bench: PageBench, id: SessionId): Record<string, string> =>
    Object.fromEntries((bench.stores.sessions.get(id)?.legs ?? []).map((it) => [it.id, it.state]));

  it('say who is joined, lost and left; a page that is only turned is not lost [SE1, SE2]', async () => {
    const bench = openPages();
    const { visitor, id, registration } = await shared(bench);
    const ticket = visitor.last('welcome')?.ticket ?? '';
    const frame = await frameOf(bench, id);
    const [v, m] = ['visitor:visitor:pages', 'agent:maya:pages'];
    assert.deepEqual(legs(bench, id), { [v]: 'joined', [m]: 'joined' });

    visitor.close('page turned');
    await bench.clock.pass(2_000);
    const next = await visitorAt(bench, { ticket, seq: 2, url: `${site}/b` });
    await bench.clock.pass(10_000);
    assert.equal(legs(bench, id)[v], 'joined');

    next.close('cable pulled');
    frame.close('cable pulled');
    await bench.clock.pass(5_000);
    assert.deepEqual(legs(bench, id), { [v]: 'lost', [m]: 'lost' });
    assert.equal((await bench.desk.viewFor(maya, id)).sharing, 'paused');

    await visitorAt(bench, { ticket, seq: 3, url: `${site}/b` });
    assert.equal(legs(bench, id)[v], 'joined');
    await bench.desk.unregister(maya, registration);
    await settled();
    assert.equal(legs(bench, id)[m], 'left');
  });

  it('are lost when a process dies and nobody comes back, and joined when they do', async () => {
    let bench = openPages();
    const { visitor, id } = await shared(bench);
    const ticket = visitor.last('welcome')?.ticket ?? '';
    bench = bench.restart();
    await bench.clock.pass(20_000);
    assert.equal(legs(bench, id)['visitor:visitor:pages'], 'lost');
    await visitorAt(bench, { ticket, seq: 1 });
    assert.equal(legs(bench, id)['visitor:visitor:pages'], 'joined');
    assert.equal((await bench.desk.viewFor(maya, id)).sharing, 'on', 'with consent and registration');
  });

  it('are not kept of those who only read pages', async () => {
    const bench = openPages();
    const visitor = await visitorAt(bench);
    assert.equal(bench.stores.sessions.size, 0);
    assert.equal(bench.hints.length, 0, 'and nobody is told');
    visitor.close();
  });

  it('are told at joining, with how each channel is opened [SE-14, SE-15]', async () => {
    const bench = openPages();
    const visitor = await visitorAt(bench);
    const code = visitor.last('code')?.code ?? '';
    const { join, sessionId } = await bench.desk.register(maya, { ip, code });
    assert.deepEqual(
      join.map((it) => it.channel),
      ['data', 'pages'],
    );
    assert.equal(join[1]?.channel === 'pages' && join[1].path, `/api/v1/pages/${sessionId}/viewer`);
  });
});

describe('A visitor who changes networks in the middle', () => {
  it('keeps the session, is found under the new address only, and the agent is told [CO6]', async () => {
    const bench = openPages();
    const { visitor, id } = await shared(bench);
    const ticket = visitor.last('welcome')?.ticket ?? '';
    visitor.close('Wi-Fi gone');
    const mobile = await visitorAt(bench, { ticket, ip: '203.0.113.44', seq: 1 });
    assert.equal(idOf(mobile), id);
    assert.equal(mobile.last('welcome')?.sharing, true);
    assert.deepEqual(bench.desk.lookup(ip), []);
    assert.deepEqual(bench.desk.lookup('::ffff:203.0.113.44'), [id]);
    const { address } = await bench.desk.viewFor(maya, id);
    assert.deepEqual(address, { now: '203.0.113.•', earlier: '198.51.100.•' });
    assert.ok(bench.stores.audited.includes('page-address-changed'));
  });
});

describe('Strangers at the door', () => {
  it('are shown out: no hello in time, something else first, garbage, another site’s page', async () => {
    const bench = openPages();
    const silent = bench.connect();
    await bench.clock.pass(5_001);
    assert.equal(silent.closed, 'no hello');

    const rude = bench.connect();
    rude.say({ type: 'focused' });
    await settled();
    assert.equal(rude.closed, 'hello first');

    for (const garbage of [
      '',
      '{',
      '[]',
      '{"type":"hello"}',
      '{"type":"go","n":1,"url":"https://shop.example/"}',
    ]) {
      const stream = bench.connect();
      stream.say(garbage);
      await settled();
      assert.equal(stream.closed, 'not understood', garbage);
    }
    for (const url of ['https://evil.example/', 'https://blog.example/', 'https://a:b@shop.example/']) {
      const liar = await visitorAt(bench, { url });
      assert.equal(liar.closed, 'refused', url);
    }
    assert.equal((await visitorAt(bench, { ticket: 'forged.ticket' })).last('welcome')?.role, 'visitor');
  });

  it('send viewers nowhere: a page that is not ours is not repeated, and secrets are not either [CO5]', async () => {
    const bench = openPages();
    const { visitor, id } = await shared(bench);
    const frame = await frameOf(bench, id);
    for (const url of ['https://evil.example/', 'https://blog.example/x', 'https://m:p@shop.example/'])
      visitor.say({ type: 'navigated', seq: 5, url, how: 'load' });
    await settled();
    assert.equal(frame.last('go'), undefined);
    visitor.say({ type: 'navigated', seq: 6, url: `${site}/pay?token=t&step=2`, how: 'load' });
    await settled();
    assert.equal(frame.last('go')?.url, `${site}/pay?token=&step=2`);
    assert.equal((await bench.desk.pageOf(id))?.url, `${site}/pay?token=&step=2`);
  });

  it('cannot make a redirecting page chase the visitor for ever', async () => {
    const bench = openPages();
    const { visitor, id } = await shared(bench);
    const frame = await frameOf(bench, id);
    for (let n = 1; n <= 100; n++) {
      frame.say({ type: 'navigated', seq: n, url: `${site}/tick/${String(n)}`, how: 'history' });
      await bench.clock.pass(50);
    }
    assert.ok(visitor.heard.filter((it) => it.type === 'go').length <= 8);
  });

  it('leave nothing behind in memory', async () => {
    const bench = openPages();
    await bench.clock.pass(15_000);
    for (let n = 0; n < 50; n++) {
      bench.desk.begin(ip, site).keep();
      await bench.desk.pageOf(`nobody-${String(n)}` as SessionId);
      await bench.desk.viewFor(maya, `nobody-${String(n)}` as SessionId);
      bench.desk.endAfter(`nobody-${String(n)}` as SessionId, 60_000);
      (await visitorAt(bench, { tab: `tab-number-${String(n)}` })).close();
    }
    await bench.clock.pass(10_000);
    assert.equal(bench.clock.timers, 0);
    assert.deepEqual(bench.desk.lookup(ip), []);
    assert.equal(
      bench.stores.pages.size,
      100,
      'what was begun is stored, and nothing that was only asked about',
    );
  });
});
