import assert from 'node:assert/strict';
import type { BoardView } from '../../contracts/agent.ts';
import type { Problem } from '../../contracts/problem.ts';
import type { CallbackCreated, CallbackView } from '../../contracts/visitor.ts';
import type { AgentClient } from '../support/agent-client.ts';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { employ, extensionOf, managerOf, serve, tidy } from '../support/staff.ts';
import { newKey, type VisitorAnswer, type VisitorClient } from '../support/visitor-client.ts';

const staff = { ana: 'service:sales 3', bo: 'service:sales 2' };

/** A number of the telephone network that answers. */
const answers = (n: number): string => `+442079460${String(100 + n)}`;

describe('A visitor waits', function () {
  this.timeout(120_000);
  let it_: TestCentre;
  let mina: AgentClient;
  let ana: AgentClient;
  let bo: AgentClient;

  before(async () => {
    it_ = await openCentre({
      change(company) {
        employ(company, staff);
        company.entitlements = [];
        const [sales] = company.services;
        assert.ok(sales);
        company.services.push({ ...sales, id: 'brief', name: 'Brief', offerMs: 3_000 });
      },
    });
    mina = await managerOf(it_);
  });
  afterEach(() => tidy(mina, [ana, bo].filter(Boolean)));
  after(() => it_.close());

  const asking = async (phone: string, more: object = {}): Promise<VisitorClient> => {
    const visitor = it_.visitor();
    await visitor.ask(phone, more);
    visitor.follow();
    return visitor;
  };
  const cancel = (visitor: VisitorClient): Promise<VisitorAnswer<CallbackView>> =>
    visitor.send('DELETE', `/callbacks/${idOf(visitor)}`, undefined, visitor.bearer());
  const move = (visitor: VisitorClient, at: number | null): Promise<VisitorAnswer<CallbackView & Problem>> =>
    visitor.send(
      'PATCH',
      `/callbacks/${idOf(visitor)}`,
      { at: at === null ? null : new Date(at).toISOString() },
      visitor.bearer(),
    );
  const boardWith = (fits: (board: BoardView) => boolean): Promise<BoardView> =>
    mina.event('board.changed', fits);

  describe('in a line', () => {
    it('has a place and no promise while nobody is there to keep one, and a promise when somebody is [AV8]', async () => {
      const alone = await asking(answers(0));
      const first = await alone.look();
      assert.equal(first.state, 'queued');
      assert.equal(first.place, 1);
      assert.equal(first.estimate, undefined, 'nobody has ever logged in');
      assert.deepEqual(first.allowed, ['cancel', 'move']);

      ana = await it_.readyAgent('ana');
      await serve(ana, idOf(alone));
      await alone.until('completed');
      const busyWith = await asking(answers(1));
      await ana.offer((it) => it.callbackId === idOf(busyWith));
      const later = await asking(answers(2));
      const promised = await later.look();
      assert.equal(promised.place, 1);
      assert.ok(promised.estimate, 'somebody is at work who can help');
      assert.ok(Date.parse(promised.estimate.to) > Date.parse(promised.estimate.from));
      assert.ok(Date.parse(promised.estimate.from) >= Date.parse(promised.requestedAt));
    });

    it('is shown with place, range and future reservation, moves up as others are served, and is called as promised [AV8] [MG1]', async () => {
      await ana.ready();
      const served = await asking(answers(3));
      await ana.accept(await ana.offer((it) => it.callbackId === idOf(served)));
      const b = await asking(answers(4));
      // A language wished for is no line of its own.
      const consent = it_.visitor().request(answers(5))['consent'] as object;
      const c = await asking(answers(5), { consent: { ...consent, language: 'fr' } });
      const d = await asking(answers(6), { consent: { ...consent, language: 'de' } });
      const views = await Promise.all([b, c, d].map((it) => it.look()));
      assert.deepEqual(
        views.map((it) => it.place),
        [1, 2, 3],
      );
      // Each was told by a forecast of its own moment; within one, everybody further back waits longer (ES1).
      const begins = views.map((it) => Date.parse(it.estimate?.from ?? ''));
      assert.ok((begins[0] ?? NaN) < (begins[2] ?? NaN), begins.join(' '));

      const { line, reservations } = await boardWith(
        (it) => it.line.length === 3 && it.line.every((row) => row.place > 0),
      );
      assert.deepEqual(
        line.map(({ callbackId, place, candidates }) => [callbackId, place, candidates]),
        [b, c, d].map((it, index) => [idOf(it), index + 1, ['Ana Story']]),
      );
      assert.ok(line.every((it) => it.estimate && it.estimate.to > it.estimate.from));
      const future = reservations.filter((it) => it.state === 'future');
      assert.deepEqual(
        future.map(({ callbackId, agent }) => [callbackId, agent]),
        [b, c, d].map((it) => [idOf(it), 'Ana Story']),
      );

      const { call } = await ana.contactIn('connected', idOf(served));
      await ana.command(`/calls/${call?.id ?? ''}/drop`);
      await ana.contactIn('wrap-up', idOf(served));
      await ana.complete(idOf(served));
      await b.until('reserved');
      await c.views.until('place 1', (it) => it.place === 1);
      await d.views.until('place 2', (it) => it.place === 2);
      await serve(ana, idOf(b));
      const done = await b.until('connected');
      assert.ok(Date.now() <= Date.parse(views[0]?.estimate?.to ?? ''), 'the promise was kept');
      assert.equal(done.attempts, 1);
      const { figures } = await mina.board();
      assert.notEqual(figures.find((it) => it.id === 'promises-kept')?.value, undefined, 'and it is counted');
    });
  });

  describe('among two hundred who ask at once', () => {
    it('holds one agent once, and they are served in the order of asking [AV5] [AV10] [CB2]', async () => {
      const numbers = Array.from({ length: 200 }, (_, n) => answers(n));
      for (const number of numbers) it_.network.line(number).behaviour = { do: 'answer', ringMs: 20 };
      await ana.ready();
      const from = ana.told.items.length;
      const created: CallbackCreated[] = await Promise.all(numbers.map((it) => it_.visitor().ask(it)));
      assert.equal(new Set(created.map((it) => it.id)).size, 200);
      assert.ok(created.filter((it) => it.state !== 'queued').length <= 1);

      const { line, reservations } = await mina.board();
      const pending = reservations.filter((it) => it.state === 'pending');
      const offers = (): string[] =>
        ana.told.items.slice(from).flatMap((it) => (it.type === 'offer.made' ? it.data.reservationId : []));
      const first = await ana.offer((it) => created.some(({ id }) => id === it.callbackId), from);
      assert.ok(pending.length <= 1 && line.length >= 199, 'at no moment is the agent held twice');
      assert.deepEqual([...new Set(offers())], [first.reservationId]);

      await serve(ana, first.callbackId);
      const waiting = created
        .filter((it) => it.id !== first.callbackId)
        .map((it) => ({ id: String(it.id), since: Date.parse(it.requestedAt) }));
      for (let turn = 0; turn < 5; turn += 1) {
        const known = new Set(waiting.map((it) => it.id));
        const { callbackId } = await ana.offer((it) => known.has(it.callbackId), from);
        const next = waiting.findIndex((it) => it.id === callbackId);
        const [chosen] = waiting.splice(next, 1);
        assert.ok(
          waiting.every((it) => it.since >= (chosen?.since ?? Infinity)),
          'nobody who asked earlier is left behind',
        );
        if (turn < 4) await serve(ana, callbackId);
      }
      assert.equal((await mina.board()).line.length, 194);
      const rung = numbers.filter((it) => invites(it) === 1);
      assert.equal(rung.length, 5, 'only those who were served were rung, each once');
    });
  });

  describe('for an agent who', () => {
    before(async () => {
      bo = await it_.readyAgent('bo');
      await bo.send('PUT', '/me/state', { state: 'not-ready', reason: 'break' });
    });

    it('declines: the next is asked at once, and the start time stays [CB6] [AV10]', async () => {
      await ana.ready();
      const visitor = await asking(answers(10));
      const offer = await ana.offer((it) => it.callbackId === idOf(visitor));
      await bo.ready();
      await ana.command(`/reservations/${offer.reservationId}/reject`);
      const second = await bo.offer((it) => it.callbackId === idOf(visitor));
      assert.notEqual(second.reservationId, offer.reservationId);
      assert.ok(second.waitedMs >= offer.waitedMs);
      const { me } = await ana.desk();
      assert.deepEqual([me.state, me.reason], ['not-ready', 'declined']);
      assert.equal((await ana.desk()).offers.length, 0);
      const late = await ana
        .command(`/reservations/${offer.reservationId}/accept`)
        .catch((it: unknown) => String(it));
      assert.match(late ?? '', /offer-gone/);
      assert.equal((await visitor.look()).attempts, 0);
    });

    it('lets the offer lapse: not-ready as missed, and the next is asked [AV6] [CB6]', async () => {
      await ana.ready();
      const visitor = await asking(answers(11), { service: 'brief' });
      const offer = await ana.offer((it) => it.callbackId === idOf(visitor));
      await bo.ready();
      await ana.event(
        'offer.withdrawn',
        (it) => it.reservationId === offer.reservationId && it.reason === 'timeout',
      );
      assert.ok(Date.now() >= offer.deadline - 100, 'not before its deadline');
      const { me } = await ana.desk();
      assert.deepEqual([me.state, me.reason], ['not-ready', 'missed']);
      await serve(bo, idOf(visitor));
      const done = await visitor.until('completed');
      assert.equal(done.attempts, 1);
      assert.equal(it_.network.callsTo(answers(11)).filter((it) => it.outcome === 'talked').length, 1);
    });
  });

  describe('and asks twice', () => {
    it('with one key, at once: it is one callback with one answer [CB3]', async () => {
      const key = newKey();
      const visitor = it_.visitor();
      const [one, two] = await Promise.all([
        visitor.ask(answers(20), {}, key),
        visitor.ask(answers(20), {}, key),
      ]);
      assert.equal(one.id, two.id);
      assert.equal(one.token, two.token);
      assert.equal((await mina.board()).line.filter((it) => it.callbackId === one.id).length, 1);
      const other = await visitor.send<Problem>('POST', '/callbacks', visitor.request(answers(21)), {
        'idempotency-key': key,
      });
      assert.equal(other.status, 422);
      assert.equal(other.body.type, 'key-reused');
    });

    it('for one number: the second is refused until the first is over [CB4]', async () => {
      const first = await asking(answers(22));
      const again = (): Promise<VisitorAnswer<Problem>> => {
        const visitor = it_.visitor();
        return visitor.send('POST', '/callbacks', visitor.request('020 7946 0122'), {
          'idempotency-key': newKey(),
        });
      };
      const refused = await again();
      assert.equal(refused.status, 409);
      assert.equal(refused.body.type, 'already-open');
      assert.match(refused.body.detail ?? '', /already/);
      await cancel(first);
      assert.equal((await again()).status, 201);
    });
  });

  describe('and cancels', () => {
    it('in the line: nobody is offered it, and nothing ever rings [CB9]', async () => {
      const visitor = await asking(answers(30));
      const { status, body } = await cancel(visitor);
      assert.equal(status, 200);
      assert.equal(body.state, 'cancelled');
      assert.deepEqual(body.allowed, []);
      const next = await asking(answers(31));
      await ana.ready();
      await serve(ana, idOf(next));
      const offered = ana.told.items.filter(
        (it) => it.type === 'offer.made' && it.data.callbackId === idOf(visitor),
      );
      assert.deepEqual(offered, []);
      assert.equal(invites(answers(30)), 0);
    });

    it('while an agent is asked: the offer goes, and the agent is ready for the next [CB9]', async () => {
      await ana.ready();
      const visitor = await asking(answers(32));
      const offer = await ana.offer((it) => it.callbackId === idOf(visitor));
      await visitor.until('reserved');
      assert.equal((await cancel(visitor)).body.state, 'cancelled');
      const gone = await ana.event('offer.withdrawn', (it) => it.reservationId === offer.reservationId);
      assert.equal(gone.reason, 'canceled');
      const next = await asking(answers(33));
      await ana.offer((it) => it.callbackId === idOf(next));
      assert.equal(invites(answers(32)), 0);
    });

    it('while the agent’s phone rings: it stops, and the visitor’s never rings [CB9] [TE5]', async () => {
      const phone = await it_.phone(extensionOf(staff, 'ana'));
      phone.autoAnswer = false;
      await ana.ready();
      const visitor = await asking(answers(34));
      const rings = phone.waitFor('ringing', 10_000);
      await ana.accept(await ana.offer((it) => it.callbackId === idOf(visitor)));
      await rings;
      const stops = phone.waitFor('cancelled', 10_000);
      assert.equal((await cancel(visitor)).body.state, 'cancelled');
      await stops;
      phone.autoAnswer = true;
      await ana.event('me.changed', (it) => it.state === 'ready', ana.told.items.length - 3);
      assert.equal(invites(answers(34)), 0);
    });

    it('while it rings at the visitor: one ring, one CANCEL, and the agent is let go [CB9] [TE5]', async () => {
      const number = '+442079460330';
      const phone = await it_.phone(extensionOf(staff, 'ana'));
      await ana.ready();
      const visitor = await asking(number);
      await ana.accept(await ana.offer((it) => it.callbackId === idOf(visitor)));
      await visitor.views.until('ringing', (it) => it.codeWord !== undefined);
      const line = it_.network.line(number);
      const stops = line.waitFor('cancelled', 10_000);
      const released = phone.waitFor('ended', 10_000);
      const { body } = await cancel(visitor);
      assert.equal(body.state, 'cancelled');
      await Promise.all([stops, released]);
      assert.equal(invites(number), 1);
      assert.equal(it_.network.callsTo(number)[0]?.outcome, 'cancelled');
      const next = await asking(answers(35));
      await ana.offer((it) => it.callbackId === idOf(next));
      assert.equal(invites(number), 1);
    });
  });

  describe('and changes the time', () => {
    it('from the line to a time, and back to as soon as possible [CB9]', async () => {
      const visitor = await asking(answers(40));
      const at = Date.now() + 3_600_000;
      const moved = await move(visitor, at);
      assert.equal(moved.body.state, 'scheduled');
      assert.equal(Date.parse(moved.body.at ?? ''), at);
      assert.equal(moved.body.place, undefined);
      const back = await move(visitor, null);
      assert.equal(back.body.state, 'queued');
      assert.ok(!visitor.views.items.some((it) => it.state === 'queued' && it.at), 'the time is forgotten');
      await ana.ready();
      await serve(ana, idOf(visitor));
      assert.equal(invites(answers(40)), 1);
    });

    it('while an agent is asked, but not any more while a phone rings [CB9]', async () => {
      await ana.ready();
      const visitor = await asking('+442079460341');
      const offer = await ana.offer((it) => it.callbackId === idOf(visitor));
      assert.equal((await move(visitor, Date.now() + 3_600_000)).body.state, 'scheduled');
      await ana.event('offer.withdrawn', (it) => it.reservationId === offer.reservationId);
      await move(visitor, null);
      const second = await ana.offer(
        (it) => it.reservationId !== offer.reservationId && it.callbackId === idOf(visitor),
      );
      await ana.accept(second);
      await visitor.views.until('ringing', (it) => it.codeWord !== undefined);
      const late = await move(visitor, Date.now() + 3_600_000);
      assert.equal(late.status, 409, 'an agent waits for the visitor to answer');
      assert.equal(late.body.type, 'not-now');
      assert.equal(invites('+442079460341'), 1);
      assert.equal((await cancel(visitor)).body.state, 'cancelled');
    });

    it('after a busy line, to now [CB5] [CB9]', async () => {
      const number = '+442079460250';
      const line = it_.network.line(number);
      line.behaviour = { do: 'reject', status: 486 };
      await ana.ready();
      const visitor = await asking(number);
      await ana.accept(await ana.offer((it) => it.callbackId === idOf(visitor)));
      const scheduled = await visitor.until('scheduled');
      assert.equal(scheduled.lastOutcome, 'busy');
      assert.equal(scheduled.attempts, 1);
      assert.deepEqual(scheduled.allowed, ['cancel', 'move', 'retry']);
      const wait = Date.parse(scheduled.at ?? '') - Date.now();
      assert.ok(wait > 280_000 && wait <= 300_000, `the next try is in ${String(wait)} ms`);
      line.behaviour = { do: 'answer', ringMs: 50 };
      const mark = ana.told.items.length;
      await move(visitor, null);
      await ana.accept(await ana.offer((it) => it.callbackId === idOf(visitor), mark));
      const talking = await visitor.until('connected');
      assert.equal(talking.attempts, 2);
      assert.equal(invites(number), 2);
    });
  });

  function invites(number: string): number {
    return it_.network.callsTo(number).filter((it) => !stale.has(it.callId)).length;
  }
  // The two hundred rang some of these numbers before.
  const stale = new Set<string>();
  afterEach(() => {
    for (const it of it_.network.calls) stale.add(it.callId);
  });
});

function idOf(visitor: VisitorClient): string {
  return visitor.created?.id ?? '';
}
