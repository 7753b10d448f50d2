import assert from 'node:assert/strict';
import { RecentAnswers } from '../../contact-server/dmz-link/recent-answers.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { Scene, ask, becomes, dial, endOf, openOf, problemIn, urlOf } from './scene.ts';
import { Wire } from './wire.ts';

describe('The link breaks while a visitor waits for an answer', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(() => scene.close());

  const wired = async (connections: number) => {
    const dmz = await scene.webDmz();
    const wires = await Promise.all(Array.from({ length: connections }, () => Wire.to(dmz.link.port)));
    for (const wire of wires) scene.onClose(() => wire.close());
    const links = scene.links(
      wires.map((wire) => wire.port),
      { connections: 1 },
    );
    const allUp = new Promise<void>((resolve) => {
      links.onChange(() => {
        if (links.status().every(({ state }) => state === 'up')) resolve();
      });
    });
    links.start();
    await allUp;
    return { url: urlOf(dmz), wires, links };
  };

  it('gets the one answer over the connection that comes next, and the desk is asked once [SD5]', async () => {
    const { url, wires, links } = await wired(1);
    const response = ask(url);
    const question = await scene.desk.asked.next();
    const down = becomes(links, 'down');
    wires[0]?.cut();
    await down;
    question.answer({ status: 201, body: { id: 'callback-1' } });
    assert.equal((await response).status, 201);
    assert.equal(scene.desk.calls, 1);
    assert.deepEqual(scene.desk.asked.unread, []);
  });

  it('gets it when the desk answers only after the request has come a second time', async () => {
    const { url, wires, links } = await wired(1);
    const response = ask(url);
    const question = await scene.desk.asked.next();
    const upAgain = becomes(links, 'down').then(() => becomes(links, 'up'));
    wires[0]?.cut();
    await upAgain;
    // The link answers in order: once this second request is at the desk, the repeated first one was before it.
    const second = fetch(`${url}/api/v1/services`);
    (await scene.desk.asked.next()).answer({ status: 200, body: [] });
    assert.equal((await second).status, 200);
    question.answer({ status: 201, body: { id: 'callback-1' } });
    assert.equal((await response).status, 201);
    assert.equal(scene.desk.calls, 2);
  });

  it('gets it over another connection that is still up', async () => {
    const { url, wires, links } = await wired(2);
    const response = ask(url);
    const question = await scene.desk.asked.next();
    // Whichever of the two it went over: when the second is cut, only the first is there to bring it again.
    for (const wire of wires) {
      const back = becomes(links, 'down').then(() => becomes(links, 'up'));
      wire.cut();
      await back;
    }
    question.answer({ status: 201, body: { id: 'callback-1' } });
    assert.equal((await response).status, 201);
    assert.equal(scene.desk.calls, 1);
  });

  it('keeps a refusal a refusal, and tells nothing of what went wrong inside', async () => {
    const { url } = await wired(1);
    const refused = ask(url);
    (await scene.desk.asked.next()).fail(new ProblemError('already-open', { detail: 'One is enough.' }));
    assert.equal(await problemIn(await refused), 'already-open');
    const failed = ask(url);
    (await scene.desk.asked.next()).fail(new Error('E11000 duplicate key in ringback.callbacks'));
    const response = await failed;
    assert.equal(response.status, 500);
    assert.doesNotMatch(await response.text(), /E11000/);
  });

  it('is told 503 for an answer that does not fit through the link, which stays up', async () => {
    const { url, links } = await wired(1);
    scene.desk.rule = () => ({ status: 99 });
    assert.equal((await ask(url)).status, 500);
    assert.equal(links.status()[0]?.state, 'up');
  });
});

describe('A web-dmz is in quarantine', () => {
  it('has its new callbacks refused with 503 until it is released; what exists stays readable', async () => {
    const scene = new Scene();
    const quarantined = new Set(['web-dmz']);
    const { url } = await scene.linked({}, { isQuarantined: (node) => quarantined.has(node) });
    scene.desk.rule = () => ({ status: 200, body: {} });
    const response = await ask(url);
    assert.equal(response.headers.get('retry-after'), '60');
    assert.equal(await problemIn(response), 'unavailable');
    assert.equal(scene.desk.calls, 0);
    const read = await fetch(`${url}/api/v1/callbacks/c1`, { headers: { Authorization: 'Bearer t' } });
    assert.equal(read.status, 200);
    quarantined.clear();
    assert.equal((await ask(url)).status, 200);
    await scene.close();
  });
});

describe('The other end of a link falls silent without closing it', () => {
  it('is given up by the inside after the time set, and dialled again', async () => {
    const scene = new Scene();
    const limits = { heartbeatMs: 30, deadAfterMs: 150 };
    const dmz = await scene.webDmz({}, limits);
    const wire = await Wire.to(dmz.link.port);
    scene.onClose(() => wire.close());
    const links = scene.links([wire.port], { connections: 1, limits });
    const up = becomes(links, 'up');
    links.start();
    await up;
    const down = becomes(links, 'down');
    wire.freeze();
    assert.equal((await down).lastError, 'the peer is silent');
    await becomes(links, 'up'); // over a new connection
    await scene.close();
  });

  it('is given up by web-dmz too, when the inside asks for no sign of life', async () => {
    const scene = new Scene();
    const dmz = await scene.webDmz({}, { deadAfterMs: 100 });
    const socket = dial(dmz.link.port, scene.keys('contact-server'));
    await openOf(socket);
    assert.deepEqual(await endOf(socket), { code: 1000, reason: 'the peer is silent' });
    await scene.close();
  });
});

describe('Answers are remembered by request id', () => {
  let now = 0;
  const clock = { now: () => now, after: () => () => {} };
  const counted = () => {
    let calls = 0;
    return async (): Promise<number> => ++calls;
  };

  it('once made, or being made, an answer is not made again', async () => {
    const [recent, make] = [new RecentAnswers<number>(clock), counted()];
    const [first, again] = [recent.of('a', 'x', make), recent.of('a', 'x', make)];
    assert.deepEqual([await first, await again], [1, 1]);
    assert.equal(await recent.of('a', 'x', make), 1);
    assert.equal(await recent.of('b', 'x', make), 2);
  });

  it('a failure is remembered as well', async () => {
    const recent = new RecentAnswers<number>(clock);
    await assert.rejects(
      recent.of('a', 'x', () => Promise.reject(new Error('first')))!,
      /first/,
    );
    await assert.rejects(
      recent.of('a', 'x', () => Promise.resolve(2))!,
      /first/,
    );
  });

  it('the id of another request gets no answer', () => {
    const [recent, make] = [new RecentAnswers<number>(clock), counted()];
    void recent.of('a', 'x', make);
    assert.equal(recent.of('a', 'y', make), undefined);
  });

  it('is forgotten after its time, and never while it is being made', async () => {
    const [recent, make] = [new RecentAnswers<number>(clock, 1_000, 3), counted()];
    let finish: (value: number) => void = () => {};
    const slow = recent.of('slow', 'x', () => new Promise<number>((resolve) => (finish = resolve)));
    for (const id of ['a', 'b', 'c', 'd']) await recent.of(id, 'x', make);
    assert.equal(await recent.of('a', 'x', make), 5, 'the oldest gave way');
    assert.equal(await recent.of('d', 'x', make), 4, 'the newest is still known');
    now += 2_000;
    assert.equal(recent.of('slow', 'x', make), slow);
    finish(9);
    assert.equal(await slow, 9);
    assert.equal(await recent.of('d', 'x', make), 6, 'its time was over');
  });
});
