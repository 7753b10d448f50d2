import assert from 'node:assert/strict';

import type { CallbackId } from '../../contracts/ids.ts';
import { anaAs, callOf, contactOf, mariaAs, offerOf, ringingCall } from '../support/fake-agent-views.ts';
import { PortalBench } from '../support/portal-bench.ts';

describe('Ana works at her desk', () => {
  let bench: PortalBench;
  before(async () => (bench = await PortalBench.open()));
  after(() => bench.close());
  beforeEach(() => bench.fresh());

  it('logs in, is told what was wrong, and sees her desk', async () => {
    const { fake } = bench;
    fake.isLoggedIn = false;
    const page = await bench.tab();
    await page.waitForSelector('.log-in');
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'username');
    await page.type('[name=username]', 'ana');
    await page.type('[name=password]', 'wrong');
    await page.keyboard.press('Enter');
    await bench.sees(page, '#log-in-problem', 'not right');
    await page.keyboard.type('correct horse');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.desk');
    await bench.sees(page, '.state', 'Not ready, lunch');
  });

  it('is told how long to wait when the log-in is locked', async () => {
    bench.fake.isLoggedIn = false;
    bench.fake.refusals.set('POST sessions', 'locked');
    const page = await bench.tab();
    await page.waitForSelector('.log-in');
    await page.type('[name=username]', 'ana');
    await page.type('[name=password]', 'x');
    await page.keyboard.press('Enter');
    await bench.sees(page, '#log-in-problem', 'Try again in 14 min');
  });

  it('is sent to the log-in page with the reason when her session is replaced', async () => {
    const page = await bench.desk();
    bench.fake.isLoggedIn = false;
    bench.fake.emit('session.ended', { reason: 'replaced' });
    await bench.sees(page, '.log-in', 'logged in elsewhere');
    await bench.fake.hasStreams(0);
  });

  it('sees who waits and could be taken by her, and calls one of them now [AD9]', async () => {
    const { fake } = bench;
    const row = {
      callbackId: 'callback-7' as CallbackId,
      who: 'Rui T.',
      service: 'Cards',
      needs: ['service:cards 2', 'lang:pt 3'],
      tier: 'gold',
      since: Date.now() - 130_000,
      state: 'queued' as const,
      allowed: ['call-now' as const],
    };
    const later = new Date().setHours(23, 30, 0, 0);
    const morning = new Date().setHours(8, 5, 0, 0);
    const booked = {
      ...row,
      callbackId: 'callback-8' as CallbackId,
      who: 'Li W.',
      state: 'scheduled' as const,
    };
    fake.line = { waiting: 61, longestSince: row.since };
    fake.waiting = {
      counts: { waiting: 61, booked: 1 },
      rows: [row, { ...booked, at: later, callableFrom: morning, allowed: [] }],
    };
    const page = await bench.desk();
    await bench.sees(page, '.could-take h2', 'You could take 61, and 1 booked for later');
    await bench.sees(page, '.could-take', 'and 60 more');
    assert.match(await bench.textOf(page, '[data-view=line]'), /^For you61/);
    await bench.sees(page, '.middle', '61 visitors wait for you.');
    await bench.sees(page, '[data-row=callback-7]', 'Cards, Portuguese, gold');
    await bench.sees(page, '[data-row=callback-8]', 'at 23:30');
    await bench.sees(page, '[data-row=callback-8]', 'may be called from 08:05');
    assert.equal(await page.$('[data-row=callback-8] button'), null, 'what is not allowed is not there');
    await bench.isAccessible(page);
    await page.click('[aria-label="Call now: Rui T."]');
    assert.deepEqual(await fake.heard('POST callbacks/call').then(({ id }) => id), 'callback-7');
    fake.waiting = {
      counts: { waiting: 0, booked: 1 },
      rows: [{ ...booked, at: later, allowed: [] }],
    };
    fake.emit('line.changed', { waiting: 0 });
    await bench.sees(page, '.could-take h2', 'You could take 1 booked for later');
    fake.waiting = { counts: { waiting: 0, booked: 0 }, rows: [] };
    fake.emit('line.changed', { waiting: 0 });
    await page.waitForFunction(() => document.querySelector('.could-take') === null);
  });

  it('becomes ready with a key, and not ready with a reason from the menu', async () => {
    const page = await bench.desk();
    await page.keyboard.press('r');
    assert.deepEqual((await bench.fake.sent.next()).body, { state: 'ready' });
    bench.fake.setMe({ state: 'ready', allowed: ['not-ready', 'log-out'] });
    await bench.sees(page, '.state', 'Ready');
    await page.keyboard.press('t');
    await page.waitForSelector('.menu:not([hidden])');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.deepEqual((await bench.fake.sent.next()).body, { state: 'not-ready', reason: 'lunch' });
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'BODY', 'where it was before');
  });

  it('takes an offer by keyboard alone: announced, counted down, rung, accepted', async () => {
    const { fake } = bench;
    fake.me = anaAs({ state: 'ready' });
    const page = await bench.desk();
    fake.offer(offerOf(1));
    await page.waitForSelector('.offer[data-awake=true]');
    await bench.sees(page, '.offer [role=alert]', 'Maria Silva, Sales');
    assert.match(await bench.textOf(page, '.countdown'), /^0:(20|1\d)$/);
    assert.equal(await page.evaluate(() => document.activeElement === document.body), true);
    assert.ok((await bench.tones(page)) >= 2);
    assert.match(await page.title(), /^Offer: Maria Silva/);
    await page.keyboard.press('w');
    await bench.sees(page, '.why', 'no lang:pt');
    await page.keyboard.press('Enter');
    const { name, id } = await fake.sent.next();
    assert.deepEqual([name, id], ['POST reservations/accept', 'reservation-1']);
    fake.withdraw(offerOf(1).reservationId, 'accepted');
    fake.setContact(contactOf(1, { state: 'dialing-agent' }));
    await bench.sees(page, '.call-bar', 'Your phone is ringing');
    await bench.isGone(page, '.offer');
    assert.equal(await page.$eval('html', (it) => it.hasAttribute('data-ringing')), false);
  });

  it('does not take an offer with an Enter that was meant for her notes, but does with Alt', async () => {
    const { fake } = bench;
    fake.contacts = [contactOf(1)];
    const page = await bench.desk();
    await page.focus('#notes');
    fake.offer(offerOf(2));
    await page.waitForSelector('.offer[data-awake=true]');
    await page.keyboard.type('one\ntwo x');
    await bench.fake.heard('PUT contacts/notes');
    assert.equal(await bench.count(page, '.offer'), 1);
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'notes');
    await page.keyboard.down('Alt');
    await page.keyboard.press('Enter');
    await page.keyboard.up('Alt');
    await bench.fake.heard('POST reservations/accept');
  });

  it('takes an offer with Enter though the mouse was used before, and leaves a button to who tabbed to it', async () => {
    const { fake } = bench;
    const page = await bench.desk();
    await page.click('.state');
    await page.click('.menu button');
    await fake.heard('PUT me/state');
    fake.offer(offerOf(1));
    await page.waitForSelector('.offer[data-awake=true]');
    await page.click('.offer [data-command=why]');
    await bench.sees(page, '.why', 'no lang:pt');
    await page.focus('.state');
    await page.keyboard.press('Tab');
    await page.keyboard.down('Shift');
    await page.keyboard.press('Tab');
    await page.keyboard.up('Shift');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.menu:not([hidden])');
    await page.keyboard.press('Escape');
    await page.click('.offer [data-command=why]');
    await bench.isGone(page, '.why');
    await page.keyboard.press('Enter');
    await fake.heard('POST reservations/accept');
  });

  it('has the focus back where it was when she has looked at her states with a key', async () => {
    const page = await bench.desk();
    await page.keyboard.press('t');
    await page.waitForSelector('.menu:not([hidden])');
    await page.keyboard.press('Escape');
    await page.waitForSelector('.menu[hidden]');
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'BODY');
    bench.fake.offer(offerOf(1));
    await page.waitForSelector('.offer[data-awake=true]');
    await page.keyboard.press('Enter');
    await bench.fake.heard('POST reservations/accept');
  });

  it('declines with a key', async () => {
    const page = await bench.desk();
    bench.fake.offer(offerOf(1));
    await page.waitForSelector('.offer[data-awake=true]');
    await page.keyboard.press('x');
    await bench.fake.heard('POST reservations/reject');
    bench.fake.withdraw(offerOf(1).reservationId, 'rejected');
    await bench.isGone(page, '.offer');
  });

  it('is told when she missed an offer, and comes back with one key', async () => {
    const { fake } = bench;
    const page = await bench.desk();
    fake.offer(offerOf(1));
    await page.waitForSelector('.offer');
    fake.withdraw(offerOf(1).reservationId, 'timeout');
    fake.setMe({ state: 'not-ready', reason: 'missed' });
    await bench.sees(page, '[data-banner=missed]', 'You missed an offer from Maria Silva');
    await page.keyboard.press('r');
    assert.deepEqual((await fake.sent.next()).body, { state: 'ready' });
    fake.setMe({ state: 'ready', allowed: ['not-ready'] });
    await bench.isGone(page, '[data-banner=missed]');
  });

  it('is told when the visitor cancels while she is asked', async () => {
    const page = await bench.desk();
    bench.fake.offer(offerOf(1));
    await page.waitForSelector('.offer');
    bench.fake.withdraw(offerOf(1).reservationId, 'canceled');
    await bench.sees(page, '[data-banner=notice]', 'Maria Silva cancelled before you answered');
  });

  it('is offered only what the call allows now, as the server says it [AD3]', async () => {
    const { fake } = bench;
    fake.contacts = [
      contactOf(1, {
        state: 'dialing-customer',
        call: ringingCall(1),
      }),
    ];
    const page = await bench.desk();
    assert.deepEqual(await bench.callActions(page), ['End call']);
    await bench.sees(page, '.code-word', 'AMBER-17');
    fake.changeContact(1, { state: 'connected', call: callOf(1) });
    await page.waitForSelector('[data-command=hold]');
    assert.equal(await bench.count(page, '.code-word'), 0); // the talk is older than a minute
    assert.deepEqual(await bench.callActions(page), ['Hold', 'End call']);
    await page.keyboard.press('h');
    await bench.fake.heard('POST calls/hold');
    fake.changeContact(1, { call: callOf(1, { customer: 'hold', allowed: ['retrieve', 'drop'] }) });
    await bench.sees(page, '.call-bar', 'On hold');
    assert.deepEqual(await bench.callActions(page), ['Take off hold', 'End call']);
    await page.keyboard.press('h');
    await bench.fake.heard('POST calls/retrieve');
    const ended = { by: 'customer', cause: 'normal clearing', at: Date.now() } as const;
    fake.changeContact(1, {
      state: 'wrap-up',
      call: callOf(1, { ended, allowed: [] }),
      allowed: ['complete'],
    });
    await bench.sees(page, '.call-bar', 'The visitor hung up (normal clearing)');
    assert.deepEqual(await bench.callActions(page), []);
  });

  it('is told after a reload, too, why a contact came to her [AD7]', async () => {
    const { fake } = bench;
    fake.contacts = [contactOf(1)];
    const page = await bench.desk();
    await page.reload();
    await page.waitForSelector('.person [data-command=why]');
    await page.keyboard.press('w');
    await bench.sees(page, '.person .why', 'no lang:pt');
    const { why: _, ...taken } = contactOf(1);
    fake.setContact(taken);
    await bench.isGone(page, '[data-command=why]');
  });

  it('is not rung for an offer whose time is up, nor asked to take it', async () => {
    const { fake } = bench;
    fake.me = anaAs({ state: 'ready' });
    const page = await bench.desk();
    fake.offer(offerOf(1, { deadline: Date.now() - 5000 }));
    await bench.sees(page, '.offer', 'Time is up');
    assert.equal(await bench.count(page, '[data-command=accept]'), 0);
    assert.equal(await bench.count(page, 'html[data-ringing]'), 0);
  });

  it('is not told that she missed an offer when it was its call that she did not take', async () => {
    const { fake } = bench;
    fake.contacts = [contactOf(1, { state: 'dialing-agent', call: ringingCall(1) })];
    const page = await bench.desk();
    const { id: callId, callbackId } = ringingCall(1);
    const failed = { name: 'call.failed', callId, callbackId, at: Date.now() } as const;
    fake.emit('call.event', { ...failed, leg: 'agent', cause: 'no-answer' });
    fake.closeContact(callbackId);
    fake.setMe({ state: 'not-ready', reason: 'missed', allowed: ['ready', 'log-out'] });
    await bench.sees(
      page,
      '[data-banner=missed]',
      'You missed the call with Maria Silva. It goes to the next',
    );
    await page.reload();
    await bench.sees(page, '[data-banner=missed]', 'You missed an offer, or its call.');
  });

  it('is told when a phone could not be reached, and why', async () => {
    const { fake } = bench;
    fake.contacts = [contactOf(1, { state: 'dialing-customer', call: ringingCall(1) })];
    const page = await bench.desk();
    const { id: callId, callbackId } = ringingCall(1);
    fake.emit('call.event', {
      name: 'call.failed',
      callId,
      callbackId,
      at: Date.now(),
      leg: 'customer',
      cause: 'busy',
    });
    await bench.sees(page, '[data-banner=notice]', 'Maria Silva was not reached: busy');
  });

  it('is told why a contact leaves that was not rung, and when it is [AD3]', async () => {
    const { fake } = bench;
    fake.contacts = [contactOf(1)];
    const page = await bench.desk();
    await page.waitForSelector('.call-bar');
    fake.contacts = [];
    const { callbackId } = contactOf(1);
    const callableFrom = new Date().setHours(8, 5, 0, 0);
    const why = 'This number may not be called at this hour.';
    fake.emit('contact.closed', { callbackId, why, callableFrom });
    await bench.sees(page, '[data-banner=notice]', `Maria Silva was not rung: ${why} Now booked for 08:05.`);
  });

  it('is asked to put her phone down when the telephone system has lost her call', async () => {
    const { fake } = bench;
    fake.contacts = [contactOf(1, { state: 'dialing-customer', call: ringingCall(1) })];
    const page = await bench.desk();
    const { id: callId, callbackId } = ringingCall(1);
    const lost = { callId, callbackId, at: Date.now(), cause: 'sip-link-lost' };
    fake.emit('call.event', { ...lost, name: 'call.failed', leg: 'customer' });
    fake.closeContact(callbackId);
    await bench.sees(
      page,
      '.banner.trouble',
      'The telephone system has lost your call with Maria Silva. If your phone is still in it, put it down by hand',
    );
  });

  it('is told when a command fails, and when nobody knows', async () => {
    const { fake } = bench;
    fake.contacts = [contactOf(1)];
    fake.completes = false;
    const page = await bench.desk({
      // ten seconds of waiting pass in a fifth of one
      prepare: `const later = window.setTimeout; window.setTimeout = (act, ms) => later(act, ms === 10_000 ? 200 : ms);`,
    });
    await page.keyboard.press('h');
    const { requestId } = await fake.heard('POST calls/hold');
    await page.waitForSelector('[data-command=hold][aria-busy=true]');
    fake.emit('command.failed', { requestId, problem: 'not-now', title: 'The call is already over' });
    await bench.sees(page, '[data-banner=notice]', 'Holding the call: The call is already over');
    await page.keyboard.press('e');
    await fake.heard('POST calls/drop');
    fake.contacts = [contactOf(1, { state: 'wrap-up', call: callOf(1, { allowed: [] }) })];
    await bench.sees(page, '[data-banner=notice]', 'Ending the call: not confirmed after 10 seconds');
    await bench.sees(page, '.call-bar', 'After call');
  });

  it('tries again what failed, and reads no more of the last time', async () => {
    const { fake } = bench;
    fake.me = anaAs({ state: 'not-ready', reason: 'break' });
    fake.refusals.set('PUT me/state', 'unavailable');
    const page = await bench.desk();
    await page.keyboard.press('r');
    await bench.sees(page, '[data-banner=notice]', 'Becoming ready');
    fake.refusals.clear();
    await page.keyboard.press('r');
    await fake.heard('PUT me/state');
    await bench.isGone(page, '[data-banner=notice]');
  });

  it('sees the true state of her call after a reload in the middle of it [AD2]', async () => {
    const { fake } = bench;
    fake.contacts = [contactOf(1, { notes: { text: 'Five years', version: 3, savedAt: Date.now() } })];
    fake.me = anaAs({ state: 'busy' });
    const page = await bench.desk();
    fake.contacts = [
      { ...fake.contacts[0]!, call: callOf(1, { customer: 'hold', allowed: ['retrieve', 'drop'] }) },
    ];
    await page.reload();
    await page.waitForSelector('.call-bar');
    await bench.sees(page, '.call-bar', 'On hold');
    assert.match(await bench.textOf(page, '.timer'), /^4:1\d$/);
    assert.equal(await page.$eval('#notes', (it) => (it as HTMLTextAreaElement).value), 'Five years');
  });

  it('marks an identity as checked, and sees it proved', async () => {
    const { fake } = bench;
    fake.contacts = [contactOf(1)];
    const page = await bench.desk();
    await page.keyboard.press('i');
    await bench.fake.heard('POST contacts/identity');
    await bench.sees(page, '.facts', '2021');
    fake.changeContact(1, { who: mariaAs({ standing: 'proved', since: '2024-09-18' }), allowed: [] });
    await bench.sees(page, '.standing', 'Identity proved');
    await bench.sees(page, '.facts', '18 September 2024');
    assert.equal(await bench.count(page, '[data-command=check]'), 0);
  });

  it('learns from the list of keys what each one does, and gets the focus back', async () => {
    const page = await bench.desk();
    await page.focus('.state');
    await page.keyboard.press('?');
    await page.waitForSelector('.panel[open] :focus');
    await bench.sees(page, '.panel', 'Take off hold');
    await page.keyboard.press('Escape');
    await bench.isGone(page, '.panel');
    await page.waitForSelector('.state:focus');
  });

  it('does not leave a contact by a key pressed once, but does by the second', async () => {
    const { fake } = bench;
    fake.contacts = [contactOf(1)];
    const page = await bench.desk();
    await page.keyboard.down('Shift');
    await page.keyboard.press('Q');
    await bench.sees(page, '[data-banner=notice]', 'You have a contact on your desk.');
    assert.equal(await bench.count(page, '.call-bar'), 1);
    await page.keyboard.press('Q');
    await bench.sees(page, '.log-in', 'You have logged out');
  });

  it('is not asked how to accept offers where she only manages [AD3]', async () => {
    bench.fake.me = { ...bench.fake.me, roles: ['manager'], secondFactor: 'off' };
    const page = await bench.tab({ path: '#/board' });
    await page.waitForSelector('.figures');
    await page.waitForSelector('[data-command=preferences]');
    await page.click('[data-command=preferences]');
    await bench.sees(page, '.panel', 'Second factor');
    assert.equal(await bench.count(page, '.panel input[name=accept]'), 0);
    assert.doesNotMatch(await bench.textOf(page, '.panel'), /Accept offers|Ring when an offer/);
  });

  it('chooses how to accept, and switches the sound off', async () => {
    const { fake } = bench;
    const page = await bench.desk();
    await page.keyboard.press(',');
    await page.waitForSelector('.panel');
    await page.click('input[value=phone]');
    assert.deepEqual((await fake.sent.next()).body, { accept: 'phone', sound: true });
    fake.setMe({ preferences: { accept: 'phone', sound: false } });
    await page.waitForFunction(
      () => !document.querySelector<HTMLInputElement>('.panel [type=checkbox]')?.checked,
    );
    await page.keyboard.press('Escape');
    fake.offer(offerOf(1));
    await page.waitForSelector('.offer[data-awake=true]');
    assert.equal(await bench.tones(page), 0);
  });
});
