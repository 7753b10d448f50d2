import assert from 'node:assert/strict';
import type { AgentEvents, CallEvent, ContactView, WaitingView } from '../../contracts/agent.ts';
import type { AttemptOutcome, CallbackState } from '../../contracts/states.ts';
import type { CallbackView } from '../../contracts/visitor.ts';
import type { DeskPhone } from '../../embedded/demo/desk-phone.ts';
import { startTelephoneNetwork } from '../../embedded/demo/telephone-network.ts';
import type { AgentClient } from '../support/agent-client.ts';
import { agentHz, customerHz, openCentre, type TestCentre } from '../support/centre.ts';
import { employ, extensionOf, managerOf, serve, tidy } from '../support/staff.ts';
import type { VisitorClient } from '../support/visitor-client.ts';

const staff = {
  ana: 'service:sales 4',
  bo: 'service:sales 3',
  cy: 'service:support 3',
  di: 'service:repairs 3',
  ed: 'service:repairs 2',
};
const retries = [300, 600];

describe('A call', function () {
  this.timeout(120_000);
  let it_: TestCentre;
  let mina: AgentClient;
  let ana: AgentClient;
  let bo: AgentClient;
  let anasPhone: DeskPhone;
  let unanswered: Promise<CallbackView>;
  let missed: Promise<{ first: AgentClient; visitor: VisitorClient }>;
  const slow = new Set<string>();

  before(async () => {
    it_ = await openCentre({
      env: { RETRY_AFTER_MS: retries.join(',') },
      change(company) {
        employ(company, staff);
        for (const service of company.services) {
          service.offerMs = 3_000;
          service.hours = 'always';
        }
        const [sales] = company.services;
        assert.ok(sales);
        company.services.push({ ...sales, id: 'express', name: 'Express', autoAccept: true });
      },
    });
    mina = await managerOf(it_);
    // What takes its time (a phone that rings on and on) goes on beside the other stories.
    unanswered = nobodyAnswers();
    missed = nobodyLifts();
    for (const it of [unanswered, missed]) it.catch(() => undefined);
    ana = await it_.readyAgent('ana');
    bo = await it_.readyAgent('bo');
    anasPhone = await it_.phone(extensionOf(staff, 'ana'));
    await bo.send('PUT', '/me/state', { state: 'not-ready', reason: 'break' });
  });
  beforeEach(() => ana.ready());
  afterEach(() => tidy(mina, [ana, bo], (it) => slow.has(it)));
  after(() => it_.close());

  const asking = async (n: number, more: object = {}): Promise<VisitorClient> => {
    const visitor = it_.visitor();
    await visitor.ask(number(n), more);
    visitor.follow();
    return visitor;
  };
  const accepted = async (agent: AgentClient, visitor: VisitorClient): Promise<void> =>
    agent.accept(await agent.offer((it) => it.callbackId === idOf(visitor)));
  const talking = async (
    n: number,
    more: object = {},
  ): Promise<{ visitor: VisitorClient; contact: ContactView }> => {
    const visitor = await asking(n, more);
    await accepted(ana, visitor);
    return { visitor, contact: await ana.contactIn('connected', idOf(visitor)) };
  };
  const prefers = async (agent: AgentClient, accept: 'portal' | 'phone' | 'auto'): Promise<void> => {
    await agent.send('PUT', '/me/preferences', { accept, sound: true });
  };
  const callEvents = (agent: AgentClient, name: CallEvent['name'], callbackId: string): CallEvent[] =>
    agent.told.items.flatMap((it) =>
      it.type === 'call.event' && it.data.name === name && it.data.callbackId === callbackId ? it.data : [],
    );
  const invites = (n: number): number => it_.network.callsTo(number(n)).length;

  async function nobodyAnswers(): Promise<CallbackView> {
    const cy = await it_.readyAgent('cy');
    const visitor = await asking(350, { service: 'support' });
    slow.add(idOf(visitor));
    await accepted(cy, visitor);
    return visitor.until('scheduled', 0, 90_000);
  }

  async function nobodyLifts(): Promise<{ first: AgentClient; visitor: VisitorClient }> {
    const first = await it_.readyAgent('di');
    const second = await it_.readyAgent('ed');
    (await it_.phone(extensionOf(staff, 'di'))).autoAnswer = false;
    const visitor = await asking(160, { service: 'repairs' });
    slow.add(idOf(visitor));
    await accepted(first, visitor);
    await second.event('offer.made', (it) => it.callbackId === idOf(visitor), 0, 60_000);
    await serve(second, idOf(visitor));
    await visitor.until('completed');
    return { first, visitor };
  }

  describe('to a number of the fiction range', () => {
    const cases: [number, AttemptOutcome, number, CallbackState][] = [
      [210, 'busy', 3, 'unreached'],
      [410, 'bad-number', 1, 'unreached'],
      [610, 'rejected', 1, 'unreached'],
    ];
    for (const [n, outcome, attempts, end] of cases) {
      it(`0${String(n)} ends as ${outcome} after ${String(attempts)}, and is ${end} [TE3] [CB5]`, async () => {
        await prefers(ana, 'auto');
        const visitor = await asking(n);
        const over = await visitor.until(end);
        assert.equal(over.lastOutcome, outcome);
        assert.equal(over.attempts, attempts);
        assert.deepEqual(over.allowed, []);
        const calls = it_.network.callsTo(number(n));
        assert.equal(calls.length, attempts);
        for (const [index, call] of calls.slice(1).entries()) {
          const pause = call.at - (calls[index]?.endedAt ?? Infinity);
          assert.ok(pause >= (retries[index] ?? Infinity), `tried again after ${String(pause)} ms`);
        }
        await prefers(ana, 'portal');
        await ana.event('me.changed', (it) => it.state === 'ready', ana.told.items.length - 3);
      });
    }

    it('0110 is answered, and ends when it was talked on [TE3]', async () => {
      const visitor = await asking(110);
      await serve(ana, idOf(visitor));
      const over = await visitor.until('completed');
      assert.deepEqual([over.lastOutcome, over.attempts], ['answered', 1]);
    });

    it('is made now by an agent who has the time, though it was put off until later [AD9]', async () => {
      await ana.send('PUT', '/me/state', { state: 'not-ready', reason: 'break' });
      const visitor = await asking(170);
      await visitor.until('queued');
      const later = new Date(Date.now() + 7_200_000).toISOString();
      await visitor.send('PATCH', `/callbacks/${idOf(visitor)}`, { at: later }, visitor.bearer());
      await visitor.until('scheduled');
      await ana.command(`/callbacks/${idOf(visitor)}/call`);
      await ana.contactIn('connected', idOf(visitor));
    });

    it('0510 is answered and hangs up after three seconds: the agent writes up [TE3] [TE4]', async () => {
      const { visitor } = await talking(510);
      const { call } = await ana.contactIn('wrap-up', idOf(visitor));
      assert.equal(call?.ended?.by, 'customer');
      await ana.complete(idOf(visitor));
      assert.equal((await visitor.until('completed')).lastOutcome, 'answered');
    });

    it('that was busy is called again, and the answer counts [CB5]', async () => {
      const line = it_.network.line(number(211));
      await prefers(ana, 'auto');
      const visitor = await asking(211);
      await visitor.until('scheduled');
      line.behaviour = { do: 'answer', ringMs: 50 };
      const talked = await visitor.until('connected');
      assert.equal(talked.lastOutcome, 'answered');
      assert.ok(talked.attempts >= 2);
      await prefers(ana, 'portal');
    });
  });

  describe('is ended', () => {
    const cases: { who: CallEvent['by']; how: string; end: (n: number, callId: string) => Promise<void> }[] =
      [
        { who: 'customer', how: 'on the visitor’s phone', end: (n) => it_.network.line(number(n)).hangUp() },
        { who: 'agent', how: 'on the agent’s phone', end: () => anasPhone.hangUp() },
        { who: 'agent', how: 'in the portal', end: (_, callId) => ana.command(`/calls/${callId}/drop`) },
      ];
    for (const [index, { who, how, end }] of cases.entries()) {
      it(`${how}: both legs end, told once, by ${who ?? ''} [TE4]`, async () => {
        const n = 120 + index;
        const { visitor, contact } = await talking(n);
        await end(n, contact.call?.id ?? '');
        const { call, allowed } = await ana.contactIn('wrap-up', idOf(visitor));
        assert.equal(call?.ended?.by, who);
        assert.ok(call?.ended?.cause);
        assert.deepEqual(call.allowed, []);
        assert.ok(allowed.includes('complete'));
        await ana.complete(idOf(visitor));
        await visitor.until('completed');
        const told = callEvents(ana, 'call.cleared', idOf(visitor));
        assert.deepEqual(
          told.map((it) => it.by),
          [who],
        );
        assert.equal(anasPhone.calls.length, 0);
        assert.equal(it_.network.line(number(n)).calls.length, 0);
        assert.equal(it_.network.callsTo(number(n))[0]?.outcome, 'talked');
      });
    }

    it('by the visitor’s page closing: not at all, they talk on [CB2] [SE2]', async () => {
      const page = await it_.visitor().page({ url: `${it_.site}/tents/` });
      const { ticket } = await page.hears('welcome');
      const { visitor } = await talking(130, { session: ticket });
      page.cut();
      visitor.close();
      const { session } = await ana.event(
        'contact.changed',
        (it) =>
          it.callbackId === idOf(visitor) &&
          it.session?.legs.some((leg) => leg.channel === 'pages' && leg.state === 'lost') === true,
      );
      const voices = session?.legs.filter((it) => it.channel === 'voice').map((it) => it.state);
      assert.deepEqual(voices, ['joined', 'joined']);
      await Promise.all([anasPhone.hears(customerHz), it_.network.line(number(130)).hears(agentHz)]);
      assert.equal((await visitor.look()).state, 'connected', 'the token opens it again');
    });
  });

  describe('loses its agent', () => {
    for (const [how, leave] of [
      ['who hangs up the phone', () => anasPhone.hangUp()],
      [
        'who drops it in the portal',
        async (callId: string) => {
          await ana.command(`/calls/${callId}/drop`);
        },
      ],
    ] as const) {
      it(`${how} while it rings: it stops, nobody counts it, and the next agent calls [CB6] [TE5]`, async () => {
        const n = how.includes('portal') ? 331 : 330;
        const line = it_.network.line(number(n));
        const visitor = await asking(n);
        await accepted(ana, visitor);
        const ringing = await ana.event(
          'contact.changed',
          (it) => it.callbackId === idOf(visitor) && it.call?.customer === 'alerting',
        );
        const stops = line.waitFor('cancelled', 10_000);
        await bo.ready();
        await leave(ringing.call?.id ?? '');
        await stops;
        line.behaviour = { do: 'answer', ringMs: 50 };
        await serve(bo, idOf(visitor));
        const { me } = await ana.desk();
        assert.deepEqual([me.state, me.reason], ['not-ready', 'missed']);
        const over = await visitor.until('completed');
        assert.equal(over.lastOutcome, 'answered');
        assert.equal(invites(n), 2);
      });
    }

    it('whose phone says no: no attempt, the next agent calls [CB6]', async () => {
      anasPhone.behaviour = { do: 'reject', status: 486 };
      await bo.ready();
      const visitor = await asking(140);
      await accepted(ana, visitor);
      await serve(bo, idOf(visitor));
      anasPhone.autoAnswer = true;
      const over = await visitor.until('completed');
      assert.equal(over.attempts, 1, 'only the call that rang the visitor is one');
      const { me } = await ana.desk();
      assert.deepEqual([me.state, me.reason], ['not-ready', 'missed']);
    });

    it('who does not lift the phone: no attempt, the next agent calls [CB6]', async () => {
      const { first, visitor } = await missed;
      const { me } = await first.desk();
      assert.deepEqual([me.state, me.reason], ['not-ready', 'missed']);
      assert.equal((await visitor.look()).attempts, 1);
      assert.equal(invites(160), 1);
      assert.equal((await it_.phone(extensionOf(staff, 'di'))).calls.length, 0, 'it stopped ringing');
    });
  });

  describe('is taken', () => {
    it('by an agent from the line, whoever is first in it, also before its time [AD3]', async () => {
      await ana.send('PUT', '/me/state', { state: 'not-ready', reason: 'break' });
      const first = await asking(150);
      const second = await asking(151);
      const scheduled = await asking(152, { at: new Date(Date.now() + 3_600_000).toISOString() });
      const { body } = await ana.send<WaitingView>('GET', '/line');
      assert.deepEqual(
        body.rows.map((it) => [it.callbackId, it.allowed]),
        [first, second, scheduled].map((it) => [idOf(it), ['call-now']]),
      );
      for (const visitor of [second, scheduled]) {
        await ana.command(`/callbacks/${idOf(visitor)}/call`);
        const { call } = await ana.contactIn('connected', idOf(visitor));
        assert.deepEqual(
          (await ana.send<WaitingView>('GET', '/line')).body.rows.flatMap((it) => it.allowed),
          [],
          'not while in a call',
        );
        await ana.command(`/calls/${call?.id ?? ''}/drop`);
        await ana.contactIn('wrap-up', idOf(visitor));
        await ana.complete(idOf(visitor), 'not-ready');
      }
      assert.equal((await first.look()).state, 'queued');
      assert.equal(invites(150), 0);
      const di = (await missed).first;
      assert.deepEqual((await di.send<WaitingView>('GET', '/line')).body.rows, []);
      await assert.rejects(di.command(`/callbacks/${idOf(first)}/call`), /offer-gone|not/);
    });

    it('for the agent at once where the service says so [AV5]', async () => {
      const visitor = await asking(153, { service: 'express' });
      await ana.contactIn('connected', idOf(visitor));
      const [call] = it_.network.callsTo(number(153));
      const waited = (call?.at ?? NaN) - Date.parse(visitor.created?.requestedAt ?? '');
      assert.ok(waited < 2_000, `rung ${String(waited)} ms after it was asked for`);
    });

    it('by lifting the phone, where the agent prefers that [CB1] [TE1]', async () => {
      await prefers(ana, 'phone');
      anasPhone.autoAnswer = false;
      let rung = 0;
      const count = (): void => void (rung += 1);
      anasPhone.on('invite', count);
      const rings = anasPhone.waitFor('ringing', 10_000);
      const visitor = await asking(154);
      await rings;
      assert.equal((await visitor.look()).state, 'reserved');
      assert.equal(invites(154), 0, 'the visitor is not rung before the agent has lifted');
      await anasPhone.answer();
      await ana.contactIn('connected', idOf(visitor));
      await Promise.all([anasPhone.hears(customerHz), it_.network.line(number(154)).hears(agentHz)]);
      assert.equal(rung, 1, 'one ring is the offer and the call');
      anasPhone.off('invite', count);
      anasPhone.autoAnswer = true;
      await prefers(ana, 'portal');
    });

    it('by nobody: a phone that is not lifted stops ringing, one that says no declines [AV6] [CB6]', async () => {
      await prefers(ana, 'phone');
      anasPhone.autoAnswer = false;
      const stops = anasPhone.waitFor('cancelled', 10_000);
      const visitor = await asking(155);
      const offer = await ana.offer((it) => it.callbackId === idOf(visitor));
      await ana.event('offer.withdrawn', (it) => it.reservationId === offer.reservationId);
      await stops;
      assert.equal((await ana.desk()).me.reason, 'missed');
      const rings = anasPhone.waitFor('ringing', 10_000);
      await ana.ready();
      await rings;
      anasPhone.reject(486);
      const declined: AgentEvents['me.changed'] = await ana.event(
        'me.changed',
        (it) => it.reason === 'declined',
      );
      assert.equal(declined.state, 'not-ready');
      anasPhone.autoAnswer = true;
      await prefers(ana, 'portal');
      await bo.ready();
      await serve(bo, idOf(visitor));
      assert.equal((await visitor.until('completed')).attempts, 1);
    });
  });

  describe('that does not come about', () => {
    it('because nobody answers rings three quarters of a minute, and is tried again [TE3] [CB5]', async () => {
      const view = await unanswered;
      assert.deepEqual([view.lastOutcome, view.attempts], ['no-answer', 1]);
      const [call] = it_.network.callsTo(number(350));
      const rang = (call?.endedAt ?? NaN) - (call?.at ?? NaN);
      assert.ok(rang >= 44_000 && rang < 60_000, `it rang ${String(rang)} ms`);
      assert.equal(call?.outcome, 'cancelled', 'the phone stops ringing');
      slow.clear();
    });

    it('because the trunk is down is told as such, and comes when the trunk is back [TE3] [CB5]', async () => {
      const { port } = it_.network.address;
      it_.network.vanish();
      await prefers(ana, 'auto');
      const visitor = await asking(170);
      const failed = await visitor.views.until('the first try', (it) => it.lastOutcome !== undefined);
      assert.equal(failed.lastOutcome, 'trunk-error');
      const again = await startTelephoneNetwork({ port, ringMs: 50 });
      try {
        await visitor.until('connected');
        assert.equal(again.callsTo(number(170)).length, 1);
        await prefers(ana, 'portal');
        await tidy(mina, [ana, bo], (it) => slow.has(it));
      } finally {
        await again.close();
      }
    });
  });
});

function number(n: number): string {
  return `+442079460${String(n)}`;
}

function idOf(visitor: VisitorClient): string {
  return visitor.created?.id ?? '';
}
