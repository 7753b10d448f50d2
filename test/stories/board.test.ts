import assert from 'node:assert/strict';
import type { BoardView, Figure, ViewerTicket } from '../../contracts/agent.ts';
import type { Problem } from '../../contracts/problem.ts';
import type { CallbackView } from '../../contracts/visitor.ts';
import type { AgentClient } from '../support/agent-client.ts';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { employ, managerOf, serve, tidy } from '../support/staff.ts';
import type { VisitorClient } from '../support/visitor-client.ts';

const staff = { ana: 'service:sales 4', bo: 'service:sales 3' };
const number = (n: number): string => `+442079460${String(n)}`;
const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;

describe('A manager watches the board', function () {
  this.timeout(120_000);
  let it_: TestCentre;
  let mina: AgentClient;
  let ana: AgentClient;
  let bo: AgentClient;

  before(async () => {
    it_ = await openCentre({
      own: ['redis', 'sip-server'],
      change(company) {
        employ(company, staff);
        company.entitlements = [];
      },
    });
    mina = await managerOf(it_);
    ana = await it_.readyAgent('ana');
    bo = await it_.readyAgent('bo');
    await tidy(mina, [ana, bo]);
  });
  afterEach(() => tidy(mina, [ana, bo]));
  after(() => it_.close());

  const asking = async (n: number, more: object = {}): Promise<VisitorClient> => {
    const visitor = it_.visitor();
    await visitor.ask(number(n), more);
    visitor.follow();
    return visitor;
  };
  /** The next board that fits, and how long it took to come. */
  const board = async (fits: (board: BoardView) => boolean): Promise<{ view: BoardView; tookMs: number }> => {
    const since = Date.now();
    const view = await mina.event('board.changed', fits, Math.max(0, mina.told.items.length - 2));
    return { view, tookMs: Date.now() - since };
  };
  const agentOn = (view: BoardView, id: string): BoardView['agents'][number] | undefined =>
    view.agents.find((it) => it.agentId === id);
  const figure = (view: BoardView, id: Figure['id']): Figure | undefined =>
    view.figures.find((it) => it.id === id);

  it('and sees a contact from the line to the end, each step within a second [MG1]', async () => {
    const took: number[] = [];
    const began = Date.now();
    const visitor = await asking(100);
    const id = idOf(visitor);

    // It is accepted before it has its place.
    const waiting = await board((it) => it.line.some((row) => row.callbackId === id && row.place > 0));
    took.push(waiting.tookMs);
    const [row] = waiting.view.line;
    assert.deepEqual(
      [row?.place, row?.who, row?.needs, row?.tier, row?.state, row?.allowed],
      [1, 'Maria', ['service:sales'], 'standard', 'queued', ['cancel', 'move']],
    );
    assert.deepEqual(row?.candidates.toSorted(), ['Ana Story', 'Bo Story'], 'who could take it');
    assert.equal(figure(waiting.view, 'waiting')?.value, 1);
    assert.ok((figure(waiting.view, 'longest-waiting')?.value ?? -1) >= 0);

    await ana.ready();
    const offered = await board((it) => it.reservations.some((held) => held.state === 'pending'));
    took.push(offered.tookMs);
    const [held] = offered.view.reservations;
    assert.deepEqual([held?.callbackId, held?.who, held?.agent], [id, 'Maria', 'Ana Story']);
    assert.equal((held?.deadline ?? 0) - (held?.since ?? 0), 20_000, 'how it ends if nobody acts');
    const reserved = agentOn(offered.view, 'ana');
    assert.deepEqual([reserved?.state, reserved?.with, reserved?.phone], ['reserved', 'Maria', 'registered']);
    assert.ok(
      (reserved?.since ?? 0) >= began && (reserved?.since ?? Infinity) <= Date.now(),
      'time in state',
    );
    assert.deepEqual(offered.view.line, []);

    await ana.accept(await ana.offer((it) => it.callbackId === id));
    const { call } = await ana.contactIn('connected', id);
    const talking = await board((it) => it.live.some((live) => live.state === 'connected'));
    took.push(talking.tookMs);
    const [live] = talking.view.live;
    assert.deepEqual([live?.callbackId, live?.who, live?.agent], [id, 'Maria', 'Ana Story']);
    assert.equal(live?.page, undefined, 'no page without the visitor’s yes');
    assert.equal(agentOn(talking.view, 'ana')?.state, 'busy');
    assert.equal(figure(talking.view, 'agents-busy')?.value, 1);

    await ana.command(`/calls/${call?.id ?? ''}/drop`);
    took.push((await board((it) => agentOn(it, 'ana')?.state === 'working-after-call')).tookMs);
    await ana.complete(id, 'not-ready');
    const over = await board((it) => it.live.length === 0 && agentOn(it, 'ana')?.state === 'not-ready');
    took.push(over.tookMs);
    assert.ok(median(took) < 1_000, `the board followed after ${took.join(', ')} ms`);
  });

  it('and sees the page after the visitor’s yes, follows it, and moves nobody [MG1] [MG2] [CO2] [CO7]', async () => {
    const tab = await it_.visitor().page({ url: `${it_.site}/tents/` });
    const { ticket, session } = await tab.hears('welcome');
    await ana.ready();
    const visitor = await asking(101, { session: ticket });
    await ana.accept(await ana.offer((it) => it.callbackId === idOf(visitor)));
    await ana.contactIn('connected', idOf(visitor));
    await tab.hears('consent-asked');
    const early = await mina.send<Problem>('POST', `/pages/${session}/watch`, {});
    assert.ok(early.status >= 400, 'nothing to see before the visitor has agreed');
    assert.equal((await mina.board()).live[0]?.page, undefined);

    tab.say({ type: 'consent', pages: true });
    const { view } = await board((it) => it.live.some((live) => live.page !== undefined));
    assert.equal(view.live[0]?.page, `${it_.site}/tents/`);
    assert.equal(view.live[0].sessionId, session);

    const watch = await mina.send<ViewerTicket>('POST', `/pages/${session}/watch`, {});
    assert.equal(watch.status, 200);
    const viewer = new URL(watch.body.url).hash.replace('#ringback-viewer=', '');
    const frame = await it_.visitor().page({ url: `${it_.site}/tents/`, viewer });
    assert.equal((await frame.hears('welcome')).role, 'viewer');
    await tab.hears('sharing', (it) => it.on && it.viewers.includes('Mina'));
    tab.say({ type: 'navigated', seq: 2, url: `${it_.site}/jackets/`, how: 'load' });
    await frame.hears('go', (it) => it.url === `${it_.site}/jackets/`);
    await board((it) => it.live[0]?.page === `${it_.site}/jackets/`);
    assert.equal((await ana.send('POST', `/pages/${session}/watch`, {})).status, 403, 'agents do not watch');
    assert.equal(
      (await mina.send('POST', `/pages/${session}/push`, { url: `${it_.site}/help/` })).status,
      202,
    );
    await mina.event('command.failed', (it) => it.problem === 'not-permitted');
    assert.ok(!tab.heard.items.some((it) => it.type === 'go'), 'nobody but the visitor has moved');
  });

  it('and gets figures of what has just happened, each with its definition [MG1]', async () => {
    const before = (await mina.board()).figures;
    await ana.ready();
    // An hour in short: two are served, one at once and one as promised; one gives up, one number is wrong, one time is kept.
    const served = await asking(110);
    await ana.accept(await ana.offer((it) => it.callbackId === idOf(served)));
    const promised = await asking(111);
    const gaveUp = await asking(112);
    const picked = await asking(113, { at: new Date(Date.now() + 1_500).toISOString() });
    const { estimate: told } = await promised.look();
    assert.ok(told);
    const row = (await mina.board()).line.find((it) => it.callbackId === idOf(promised));
    const range = { from: Date.parse(told.from), to: Date.parse(told.to) };
    assert.deepEqual(row?.promised, range, 'what they were told, whatever is expected by now');
    await gaveUp.send('DELETE', `/callbacks/${idOf(gaveUp)}`, undefined, gaveUp.bearer());
    const { call } = await ana.contactIn('connected', idOf(served));
    await ana.command(`/calls/${call?.id ?? ''}/drop`);
    await ana.contactIn('wrap-up', idOf(served));
    await ana.complete(idOf(served));
    await serve(ana, idOf(promised));
    await serve(ana, idOf(picked));
    const wrong = await asking(410);
    await ana.accept(await ana.offer((it) => it.callbackId === idOf(wrong)));
    await wrong.until('unreached');

    const { figures } = await mina.board();
    const value = (list: readonly Figure[], id: Figure['id']): number =>
      list.find((it) => it.id === id)?.value ?? NaN;
    assert.equal(value(figures, 'service-level'), 1, 'all who talked did so within two minutes');
    assert.equal(value(figures, 'promises-kept'), 1);
    // Of this story five were accepted and two were lost; of the stories before two, and none.
    assert.equal(
      value(figures, 'abandoned').toFixed(4),
      (2 / 7).toFixed(4),
      `before: ${String(value(before, 'abandoned'))}`,
    );
    assert.ok(value(figures, 'handle-time') > 0 && value(figures, 'handle-time') < 60_000);
    assert.equal(value(figures, 'waiting'), 0);
    assert.equal(value(figures, 'agents-ready'), 1);
    assert.equal(value(figures, 'agents-not-ready'), 1);
    for (const it of figures) assert.ok(it.label.length > 2 && it.definition.length > 20, it.id);
  });

  it('and of a very long line reads the first, and how many more there are [MG1]', async () => {
    for (let asked = 0; asked < 203; asked += 29) {
      const some = Array.from({ length: 29 }, (_, i) => asked + i);
      await Promise.all(some.map((n) => it_.visitor(`198.51.100.${String(n + 1)}`).ask(number(300 + n))));
    }
    const { view } = await board((it) => it.counts?.waiting === 203);
    assert.deepEqual([view.line.length, view.counts?.booked], [200, 0]);
    assert.deepEqual(
      view.line.map((it) => it.place),
      view.line.map((_, i) => i + 1),
    );
    assert.equal(figure(view, 'waiting')?.value, 203, 'the figure counts everybody');
  });

  describe('and steps in', () => {
    it('cancels what waits or is offered, but not a talk [MG2]', async () => {
      const waiting = await asking(120);
      await mina.command(`/callbacks/${idOf(waiting)}/cancel`);
      await waiting.until('cancelled');
      await ana.ready();
      const offered = await asking(121);
      const offer = await ana.offer((it) => it.callbackId === idOf(offered));
      await mina.command(`/callbacks/${idOf(offered)}/cancel`);
      await ana.event('offer.withdrawn', (it) => it.reservationId === offer.reservationId);
      await offered.until('cancelled');
      const talking = await asking(122);
      await ana.accept(await ana.offer((it) => it.callbackId === idOf(talking)));
      await ana.contactIn('connected', idOf(talking));
      await assert.rejects(mina.command(`/callbacks/${idOf(talking)}/cancel`), /not-now/);
      assert.equal((await talking.look()).state, 'connected');
      assert.equal(it_.network.callsTo(number(120)).length, 0);
    });

    it('moves it to another time, and the visitor is told [MG2]', async () => {
      const visitor = await asking(123);
      const at = Date.now() + 3_600_000;
      await mina.command(`/callbacks/${idOf(visitor)}/move`, { at });
      const told: CallbackView = await visitor.until('scheduled');
      assert.equal(told.at, new Date(at).toISOString());
      const { view } = await board((it) => it.line[0]?.state === 'scheduled');
      assert.equal(view.line[0]?.at, at);
      await assert.rejects(
        mina.command(`/callbacks/${idOf(visitor)}/move`, { at: Date.now() - 3_600_000 }),
        /passed/,
      );
    });

    it('which agents may not, nor look at the board [MG2] [SC3]', async () => {
      const visitor = await asking(124);
      assert.equal((await ana.send('GET', '/board')).status, 403);
      for (const [act, body] of [
        ['cancel', {}],
        ['move', { at: Date.now() + 3_600_000 }],
      ] as const) {
        const { status } = await ana.send('POST', `/callbacks/${idOf(visitor)}/${act}`, body);
        assert.equal(status, 403, act);
      }
      ana.drop();
      ana.listen(true);
      await ana.ready();
      await ana.offer((it) => it.callbackId === idOf(visitor));
      assert.ok(!ana.told.items.some((it) => it.type === 'board.changed'));
    });
  });

  describe('and sees what does not work', () => {
    const state = (name: 'redis' | 'dmz' | 'sip', up: boolean) =>
      mina.event('board.changed', (it) => it.services[name].up === up, mina.told.items.length - 1);

    it('web-dmz: named while it is away, and back when it is [MG1]', async () => {
      await it_.centre.kill('web-dmz', true);
      const { services } = await state('dmz', false);
      assert.match(services.dmz.detail ?? '', /wss:/);
      assert.ok(services.redis.up && services.mongodb.up && services.sip.up);
      await it_.centre.start('web-dmz');
      await state('dmz', true);
    });

    it('the SIP server, likewise: who waits meanwhile keeps the place [MG1] [CB2]', async () => {
      await it_.centre.kill('sip-server', true);
      await state('sip', false);
      const visitor = await asking(130);
      assert.equal(visitor.created?.state, 'queued');
      await it_.centre.start('sip-server');
      await state('sip', true);
      assert.equal((await visitor.look()).state, 'queued');
    });

    it('Redis, of which the board itself lives: asked for it says so [MG1]', async () => {
      await it_.centre.kill('redis', true);
      const { services } = await mina.board();
      assert.equal(services.redis.up, false);
      assert.ok(services.mongodb.up);
      await it_.centre.start('redis');
      await state('redis', true);
    });
  });
});

function idOf(visitor: VisitorClient): string {
  return visitor.created?.id ?? '';
}
