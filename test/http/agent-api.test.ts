import assert from 'node:assert/strict';
import type { AgentEvents, WaitingView } from '../../contracts/agent.ts';
import type { Problem } from '../../contracts/problem.ts';
import type { AgentClient } from '../support/agent-client.ts';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { employ, extensionOf, managerOf, tidy } from '../support/staff.ts';

const staff = { ana: 'service:sales 4', ben: 'service:sales 2' };

describe('An agent works over the API alone', function () {
  this.timeout(120_000);
  let it_: TestCentre;
  let mina: AgentClient;
  let ana: AgentClient;
  let ben: AgentClient;
  let address = 0;

  const visitor = (): ReturnType<TestCentre['visitor']> =>
    it_.visitor(`198.51.100.${String((address += 1))}`);
  const preferring = (accept: 'portal' | 'phone' | 'auto'): Promise<unknown> =>
    ana.send('PUT', '/me/preferences', { accept, sound: true });
  /** How the command ended: `completed`, or the problem. */
  const ended = async (who: AgentClient, path: string, body: object = {}): Promise<string> => {
    const { status, body: answer } = await who.send<{ requestId: string }>('POST', path, body);
    assert.equal(status, 202);
    const end = await who.told.until(
      `end of ${path}`,
      (it) =>
        (it.type === 'command.completed' || it.type === 'command.failed') &&
        it.data.requestId === answer.requestId,
    );
    return end.type === 'command.failed' ? end.data.problem : 'completed';
  };

  before(async () => {
    it_ = await openCentre({
      change(company) {
        employ(company, staff);
        for (const it of company.services) it.offerMs = 5_000;
      },
    });
    mina = await managerOf(it_);
    [ana, ben] = await Promise.all([it_.readyAgent('ana'), it_.agent('ben')]);
  });
  afterEach(async () => {
    await preferring('portal');
    await tidy(mina, [ana, ben]);
    await ana.ready();
  });
  after(() => it_.close());

  it('and is told when an offer is withdrawn: cancelled, lapsed, rejected or accepted', async () => {
    const withdrawn = (reservationId: string): Promise<AgentEvents['offer.withdrawn']> =>
      ana.event('offer.withdrawn', (it) => it.reservationId === reservationId);
    const offered = async (): Promise<{
      asker: ReturnType<typeof visitor>;
      offer: AgentEvents['offer.made'];
    }> => {
      const asker = visitor();
      const { id } = await asker.ask('020 7946 0141');
      return { asker, offer: await ana.offer((it) => it.callbackId === id) };
    };
    const first = await offered();
    await first.asker.send('DELETE', `/callbacks/${first.offer.callbackId}`, undefined, first.asker.bearer());
    assert.equal((await withdrawn(first.offer.reservationId)).reason, 'canceled');

    const second = await offered();
    assert.equal(await ended(ana, `/reservations/${second.offer.reservationId}/reject`), 'completed');
    assert.equal((await withdrawn(second.offer.reservationId)).reason, 'rejected');
    await ana.ready();
    const again = await ana.offer(
      (it) => it.callbackId === second.offer.callbackId && it.reservationId !== second.offer.reservationId,
    );
    assert.equal((await withdrawn(again.reservationId)).reason, 'timeout');
    await ana.event('me.changed', (it) => it.state === 'not-ready' && it.reason === 'missed');
    assert.equal(await ended(ana, `/reservations/${again.reservationId}/accept`), 'offer-gone');

    await ana.ready();
    const last = await ana.offer(
      (it) =>
        ![again, second.offer].some((old) => old.reservationId === it.reservationId) &&
        it.callbackId === again.callbackId,
    );
    await ana.accept(last);
    assert.equal((await withdrawn(last.reservationId)).reason, 'accepted');
  });

  it('and cannot touch what another agent has [SC3, CO3]', async () => {
    const asker = visitor();
    const page = await asker.page({ url: `${it_.site}/` });
    const { ticket } = (await page.hears('welcome', (it) => it.role === 'visitor')) as { ticket: string };
    const { id } = await asker.ask('020 7946 0142', { session: ticket, name: 'Quixworthy' });
    const offer = await ana.offer((it) => it.callbackId === id);
    assert.equal(await ended(ben, `/reservations/${offer.reservationId}/accept`), 'offer-gone');
    assert.equal(await ended(ben, `/reservations/${offer.reservationId}/reject`), 'offer-gone');
    await ana.accept(offer);
    const contact = await ana.contactIn('connected', id);
    const callId = contact.call?.id ?? '';
    const sessionId = contact.session?.id ?? '';
    for (const command of ['hold', 'retrieve', 'drop'])
      assert.equal(await ended(ben, `/calls/${callId}/${command}`), 'not-found');
    assert.equal(await ended(ben, `/contacts/${id}/complete`, { disposition: 'resolved' }), 'not-found');
    assert.equal(await ended(ben, `/contacts/${id}/identity`), 'not-found');
    assert.equal((await ben.send('PUT', `/contacts/${id}/notes`, { text: 'x', version: 0 })).status, 404);
    const { reservationId } = offer;
    assert.equal((await ben.send('POST', '/registrations', { reservationId })).status, 403);
    const mine = await ana.send<{ id: string }>('POST', '/registrations', { reservationId });
    assert.equal((await ben.send('DELETE', `/registrations/${mine.body.id}`)).status, 404);
    const url = `${it_.site}/tents/`;
    assert.equal(await ended(ben, `/pages/${sessionId}/push`, { url }), 'not-permitted');
    assert.equal(await ended(ben, `/pages/${sessionId}/consent`), 'not-permitted');
    assert.equal((await ben.send('POST', `/pages/${sessionId}/viewer`, {})).status, 403);
    assert.equal((await ben.send('PUT', `/pages/${sessionId}/mode`, { mode: 'watch' })).status, 403);
    const seen = JSON.stringify([ben.told.items, await ben.desk()]);
    for (const secret of [id, callId, sessionId, 'Quixworthy']) assert.ok(!seen.includes(secret), secret);
    assert.equal((await ana.desk()).contacts[0]?.notes.version, 0);
  });

  it('and is offered only what can be done now, and refused the rest [AD-20] [AD3]', async () => {
    const asker = visitor();
    const { id } = await asker.ask('020 7946 0143');
    await ana.accept(await ana.offer((it) => it.callbackId === id));
    const up = await ana.event(
      'contact.changed',
      (it) => it.callbackId === id && (it.call?.allowed.includes('hold') ?? false),
    );
    const call = `/calls/${up.call?.id ?? ''}`;
    assert.deepEqual(up.call?.allowed, ['hold', 'drop']);
    assert.equal(await ended(ana, `${call}/retrieve`), 'not-now');
    assert.equal(await ended(ana, `/contacts/${id}/complete`, { disposition: 'resolved' }), 'not-now');
    assert.equal(await ended(ana, `${call}/hold`), 'completed');
    const held = await ana.event(
      'contact.changed',
      (it) => it.callbackId === id && it.call?.customer === 'hold',
    );
    assert.deepEqual(held.call?.allowed, ['retrieve', 'drop']);
    assert.equal(await ended(ana, `${call}/hold`), 'not-now');
    assert.equal(await ended(ana, `${call}/drop`), 'completed');
    const over = await ana.contactIn('wrap-up', id);
    assert.deepEqual(over.call?.allowed, []);
    assert.ok(over.allowed.includes('complete'));
    assert.equal(await ended(ana, `${call}/drop`), 'not-now');
    assert.equal(
      await ended(ana, `/contacts/${id}/complete`, { disposition: 'no such outcome' }),
      'invalid-request',
    );
  });

  it('and is not ready before everything is saved, whatever was pressed [AD-18] [AD4]', async () => {
    const asker = visitor();
    const { id } = await asker.ask('020 7946 0144');
    await ana.accept(await ana.offer((it) => it.callbackId === id));
    const up = await ana.contactIn('connected', id);
    const notes = `/contacts/${id}/notes`;
    const first = await ana.send<{ version: number }>('PUT', notes, { text: 'one', version: 0 });
    assert.deepEqual([first.status, first.body.version], [200, 1]);
    const stale = await ana.send<Problem>('PUT', notes, { text: 'from another tab', version: 0 });
    assert.deepEqual([stale.status, stale.body.type], [409, 'version-conflict']);
    await ana.command(`/calls/${up.call?.id ?? ''}/drop`);
    await ana.contactIn('wrap-up', id);
    await ana.ready();
    assert.equal((await ana.desk()).me.state, 'working-after-call');
    const lost = { disposition: 'resolved', notes: { text: 'lost', version: 0 }, next: 'ready' };
    assert.equal(await ended(ana, `/contacts/${id}/complete`, lost), 'version-conflict');
    assert.equal((await ana.desk()).me.state, 'working-after-call', 'held, because the notes were not saved');
    const done = { disposition: 'resolved', notes: { text: 'two', version: 1 } };
    assert.equal(await ended(ana, `/contacts/${id}/complete`, done), 'completed');
    await ana.event('contact.closed', (it) => it.callbackId === id);
    await ana.event('me.changed', (it) => it.state === 'ready', ana.told.items.length - 5);
  });

  it('and may still save what was typed as the contact closed; nobody else may, and nothing is written over', async () => {
    const { id } = await visitor().ask('020 7946 0151');
    await ana.accept(await ana.offer((it) => it.callbackId === id));
    const up = await ana.contactIn('connected', id);
    await ana.command(`/calls/${up.call?.id ?? ''}/drop`);
    await ana.contactIn('wrap-up', id);
    await ana.complete(id);
    await ana.event('contact.closed', (it) => it.callbackId === id);
    const save = (who: AgentClient, text: string): ReturnType<typeof who.send<Problem>> =>
      who.send<Problem>('PUT', `/contacts/${id}/notes`, { text, version: 0 });
    assert.equal((await save(ben, 'not mine')).status, 404);
    assert.equal((await save(ana, 'last words')).status, 200);
    assert.equal((await save(ana, 'older words')).body.type, 'version-conflict');
  });

  it('and cannot be ready without a phone; when it comes and goes, the page is told', async () => {
    const desk = await it_.phone(extensionOf(staff, 'ana'));
    const from = ana.told.items.length;
    await desk.unregister();
    await ana.event('me.changed', (it) => it.phone === 'unreachable', from);
    await ana.send('PUT', '/me/state', { state: 'not-ready', reason: 'break' });
    const refused = await ana.send<Problem>('PUT', '/me/state', { state: 'ready' });
    assert.deepEqual([refused.status, refused.body.type], [409, 'not-now']);
    assert.match(refused.body.detail ?? '', /phone/);
    await desk.register();
    await ana.event('me.changed', (it) => it.phone === 'registered', from);
    await ana.ready();
  });

  it('and accepts by lifting the phone, where that is preferred', async () => {
    const desk = await it_.phone(extensionOf(staff, 'ana'));
    const from = ana.told.items.length;
    assert.equal(((await preferring('phone')) as { status: number }).status, 204);
    await ana.event('me.changed', (it) => it.preferences.accept === 'phone', from);
    const { id } = await visitor().ask('020 7946 0145');
    const offer = await ana.offer((it) => it.callbackId === id);
    await ana.contactIn('connected', id);
    assert.equal(
      (await ana.event('offer.withdrawn', (it) => it.reservationId === offer.reservationId)).reason,
      'accepted',
    );
    assert.equal(desk.calls.length, 1, 'the phone that was lifted is the one that talks');
    assert.equal(it_.network.callsTo('+442079460145').length, 1);
  });

  it('and lets the server accept, where that is preferred', async () => {
    await preferring('auto');
    const { id } = await visitor().ask('020 7946 0146');
    await ana.contactIn('connected', id);
  });

  it('and calls somebody who waits, now or for a later time, without waiting for an offer [TE-5]', async () => {
    await ana.send('PUT', '/me/state', { state: 'not-ready', reason: 'paperwork' });
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const [queued, scheduled] = [visitor(), visitor()];
    await queued.ask('020 7946 0147', { name: 'Waiting Now' });
    await scheduled.ask('020 7946 0148', { name: 'Waiting Later', at });
    const line = async (who: AgentClient): Promise<WaitingView['rows']> =>
      (await who.send<WaitingView>('GET', '/line')).body.rows;
    const rows = await line(ana);
    assert.deepEqual(
      rows.map((it) => [it.who, it.state, it.allowed]),
      [
        ['Waiting Now', 'queued', ['call-now']],
        ['Waiting Later', 'scheduled', ['call-now']],
      ],
    );
    assert.deepEqual(
      (await line(ben)).map((it) => it.allowed),
      [[], []],
      'ben has no phone',
    );
    assert.equal(await ended(ben, `/callbacks/${queued.created?.id ?? ''}/call`), 'not-now');
    assert.equal((await mina.send('GET', '/line')).status, 403);

    for (const it of [scheduled, queued]) {
      const id = it.created?.id ?? '';
      assert.equal(await ended(ana, `/callbacks/${id}/call`), 'completed');
      const up = await ana.contactIn('connected', id);
      assert.deepEqual(
        (await line(ana)).map((row) => row.allowed),
        it === scheduled ? [[]] : [],
      );
      assert.equal(await ended(ana, `/callbacks/${id}/call`), 'not-now', 'once');
      await ana.command(`/calls/${up.call?.id ?? ''}/drop`);
      await ana.contactIn('wrap-up', id);
      await ana.complete(id, 'not-ready');
      await ana.event('contact.closed', (closed) => closed.callbackId === id);
    }
    assert.equal(it_.network.callsTo('+442079460148').length, 1);
  });

  it('and the manager’s board and everybody’s line follow within a second [MG1]', async () => {
    await ana.send('PUT', '/me/state', { state: 'not-ready', reason: 'break' });
    const from = { ana: ana.told.items.length, mina: mina.told.items.length };
    const { id } = await visitor().ask('020 7946 0149');
    const asked = Date.now();
    await Promise.all([
      ana.event('line.changed', (it) => it.waiting === 1, from.ana, 1_000),
      mina.event('board.changed', (it) => it.line.some((row) => row.callbackId === id), from.mina, 1_000),
    ]);
    assert.ok(Date.now() - asked < 1_000);
  });

  it('and takes twenty calls in a row on one stream, each told in order [AD-15]', async () => {
    for (let n = 0; n < 20; n += 1) {
      const from = ana.told.items.length;
      const { id } = await visitor().ask('020 7946 0150');
      await ana.accept(await ana.offer((it) => it.callbackId === id));
      const up = await ana.contactIn('connected', id);
      await ana.command(`/calls/${up.call?.id ?? ''}/drop`);
      await ana.contactIn('wrap-up', id);
      await ana.complete(id);
      await ana.event('contact.closed', (it) => it.callbackId === id);
      const told = ana.told.items.slice(from);
      inOrder(told, id);
      assert.equal(told.filter((it) => it.type === 'offer.made').length, 1, 'offered once');
    }
    assert.equal(it_.network.callsTo('+442079460150').length, 20);
    assert.equal(ana.told.items.filter((it) => it.type === 'stream.reset').length, 0);
  });
});

/** States never go back, and no view is older than the call event before it. */
function inOrder(items: AgentClient['told']['items'], id: string): void {
  const states = ['dialing-agent', 'dialing-customer', 'connected', 'wrap-up', 'completed'];
  let reached = 0;
  let established = 0;
  const names: string[] = [];
  for (const it of items) {
    if (it.type === 'call.event' && it.data.callbackId === id) {
      names.push(it.data.name);
      if (it.data.name === 'call.established') established += 1;
    }
    if (it.type !== 'contact.changed' || it.data.callbackId !== id) continue;
    const at = states.indexOf(it.data.state);
    assert.ok(at >= reached, `${it.data.state} after ${states[reached] ?? ''}`);
    reached = at;
    const { call } = it.data;
    if (established > 0 && call && !call.ended) assert.equal(call.agent, 'connected');
    if (established > 1 && call && !call.ended) assert.equal(call.customer, 'connected');
  }
  assert.deepEqual(names.filter((it) => it === 'call.established').length, 2, names.join());
  assert.equal(names.at(-1), 'call.cleared');
}
