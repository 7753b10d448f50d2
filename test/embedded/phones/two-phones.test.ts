import assert from 'node:assert/strict';
import { CallFailed, SoftPhone } from '../../../embedded/demo/phones/soft-phone.ts';
import type { SoftPhoneOptions } from '../../../embedded/demo/phones/soft-phone.ts';
import { speechLike, tone } from '../../../embedded/demo/phones/voice.ts';

const ANNA_HZ = 440;
const BEN_HZ = 1000;

describe('Anna and Ben have telephones', () => {
  let phones: SoftPhone[] = [];
  let anna: SoftPhone;
  let ben: SoftPhone;

  async function phone(options: SoftPhoneOptions): Promise<SoftPhone> {
    const opened = await SoftPhone.open(options);
    phones.push(opened);
    return opened;
  }

  beforeEach(async () => {
    anna = await phone({ user: 'anna', displayName: 'Anna "A" Ash', voice: tone(ANNA_HZ) });
    ben = await phone({ user: 'ben', voice: tone(BEN_HZ), behaviour: { do: 'answer', ringMs: 20 } });
  });

  afterEach(async () => {
    await Promise.all(phones.map((one) => one.close()));
    phones = [];
  });

  const bothHear = () => Promise.all([anna.hears(BEN_HZ), ben.hears(ANNA_HZ)]);

  it('hear each other when Ben answers', async () => {
    const invited = ben.waitFor('invite');
    const rang = anna.waitFor('ringing');

    await anna.dialUntilUp(ben.uri);

    const invite = await invited;
    assert.equal(invite.from, 'anna');
    assert.equal(invite.displayName, 'Anna "A" Ash');
    assert.equal(invite.wanted, 'ben');
    assert.match(invite.headers.get('Contact') ?? '', new RegExp(`127.0.0.1:${anna.address.port}`));
    assert.equal((await rang).callId, invite.callId);
    await bothHear();
    assert.deepEqual(ben.counters, { invites: 1, reinvites: 0, acks: 1, byes: 0, cancels: 0, others: 0 });
  });

  it('do not mistake one tone for another', async () => {
    await anna.dialUntilUp(ben.uri);
    await assert.rejects(anna.hears(880, { withinMs: 600 }), /880 Hz not heard .* best share 0\.0/);
  });

  it('hear each other when the offer comes late', async () => {
    await anna.dialUntilUp(ben.uri, { isLateOffer: true });
    await bothHear();
  });

  it('hear each other when Ben answers by hand', async () => {
    ben.behaviour = { do: 'ring' };
    const rang = anna.waitFor('ringing');
    const up = anna.waitFor('established');
    anna.dial(ben.uri);
    await rang;
    await ben.answer();
    await up;
    await bothHear();
  });

  it('hear speech as something that is no tone', async () => {
    ben.speak(speechLike());
    await anna.dialUntilUp(ben.uri);
    await assert.rejects(anna.hears(BEN_HZ, { withinMs: 1200 }));
    await assert.rejects(anna.hearsNothing({ withinMs: 1000 }), /never quiet/);
  });

  for (const style of ['sendonly', 'inactive'] as const) {
    it(`are silent while Anna holds (${style}) and hear each other again afterwards`, async () => {
      await anna.dialUntilUp(ben.uri);
      await bothHear();

      const held = ben.waitFor('held');
      await anna.hold(style);
      assert.equal((await held).by, 'far');
      await Promise.all([anna.hearsNothing(), ben.hearsNothing()]);

      const retrieved = ben.waitFor('retrieved');
      await anna.retrieve();
      assert.equal((await retrieved).by, 'far');
      await bothHear();
      assert.equal(ben.counters.reinvites, 2);
    });
  }

  it('are silent until both have ended their hold', async () => {
    await anna.dialUntilUp(ben.uri);
    await anna.hold();
    await ben.hold();
    await anna.retrieve();
    await Promise.all([anna.hearsNothing(), ben.hearsNothing()]);
    await ben.retrieve();
    await bothHear();
  });

  it('both press hold at once and neither change is lost', async () => {
    const up = ben.waitFor('established');
    await anna.dialUntilUp(ben.uri);
    await up;
    await Promise.all([anna.hold(), ben.hold()]);
    await Promise.all([anna.retrieve(), ben.retrieve()]);
    await bothHear();
  }).timeout(30_000); // after a clash the caller waits up to four seconds (RFC 3261 section 14.1)

  it('hear which keys the other presses', async () => {
    await anna.dialUntilUp(ben.uri);
    const heard: string[] = [];
    ben.on('digit', ({ digit }) => heard.push(digit));
    anna.press('42');
    await ben.waitFor('digit');
    await ben.waitFor('digit');
    assert.deepEqual(heard, ['4', '2']);
  });

  it('take a key press by INFO too', async () => {
    const call = await anna.dialUntilUp(ben.uri);
    const pressed = ben.waitFor('digit');
    const informed = ben.waitFor('info');
    assert.equal(await call.info('application/dtmf-relay', 'Signal=7\r\nDuration=160\r\n'), 200);
    assert.equal((await pressed).digit, '7');
    assert.equal((await informed).contentType, 'application/dtmf-relay');
  });

  it('are told when the caller hangs up', async () => {
    await anna.dialUntilUp(ben.uri);
    const ended = ben.waitFor('ended');
    await anna.hangUp();
    const { by, cause } = await ended;
    assert.deepEqual([by, cause, ben.counters.byes], ['far', 'hung-up', 1]);
    assert.equal(anna.call, undefined);
  });

  it('are told when the one who was called hangs up', async () => {
    await anna.dialUntilUp(ben.uri);
    const near = ben.waitFor('ended');
    const far = anna.waitFor('ended');
    await ben.hangUp();
    assert.equal((await near).by, 'near');
    assert.equal((await far).by, 'far');
  });

  it('part after the time that Ben has', async () => {
    ben.behaviour = { do: 'answer', hangUpAfterMs: 200 };
    const ended = anna.waitFor('ended');
    await anna.dialUntilUp(ben.uri);
    assert.equal((await ended).by, 'far');
  });

  it('learn that Ben is busy, or declines', async () => {
    for (const status of [486, 603]) {
      ben.behaviour = { do: 'reject', status, ringMs: 10 };
      const refused = await anna.dialUntilUp(ben.uri).catch((error: unknown) => error);
      assert.ok(refused instanceof CallFailed);
      assert.equal(refused.status, status);
    }
  });

  it('learn that Ben refuses by hand', async () => {
    ben.behaviour = { do: 'ring' };
    const rang = ben.waitFor('ringing');
    const ended = anna.waitFor('ended');
    anna.dial(ben.uri);
    await rang;
    ben.reject();
    const { by, cause, status } = await ended;
    assert.deepEqual([by, cause, status], ['far', 'refused', 486]);
  });

  it('give up when nobody answers: Ben sees the call cancelled', async () => {
    ben.behaviour = { do: 'ring' };
    const rang = anna.waitFor('ringing');
    const ended = anna.waitFor('ended');
    const cancelled = ben.waitFor('cancelled');
    const gone = ben.waitFor('ended');
    anna.dial(ben.uri);
    await rang;

    await anna.hangUp();

    const { by, cause, status } = await ended;
    assert.deepEqual([by, cause, status], ['near', 'cancelled', 487]);
    await cancelled;
    assert.equal((await gone).cause, 'cancelled');
    assert.equal(ben.counters.cancels, 1);
    assert.equal(ben.counters.invites, 1);
  });

  it('give up before the first sign of life: the cancel follows as soon as it may', async () => {
    ben.behaviour = { do: 'answer', ringMs: 300 };
    const cancelled = ben.waitFor('cancelled');
    anna.dial(ben.uri);
    await ben.waitFor('invite');
    await anna.hangUp();
    await cancelled;
  });

  it('keep one call at a time unless told otherwise', async () => {
    const carl = await phone({ user: 'carl' });
    await anna.dialUntilUp(ben.uri);
    await assert.rejects(carl.dialUntilUp(ben.uri), { status: 486 });
    await anna.hangUp();
    await carl.dialUntilUp(ben.uri);
  });

  it('find out whether the other is there', async () => {
    assert.equal(await anna.ping(ben.uri), 200);
    assert.equal(ben.counters.others, 1);
  });

  it('end their call when one of them closes', async () => {
    await anna.dialUntilUp(ben.uri);
    const ended = ben.waitFor('ended');
    await anna.close();
    assert.equal((await ended).cause, 'hung-up');
  });

  it('find out that the other has vanished when they want something', async () => {
    const quick = await phone({ user: 'quick', t1Ms: 10 });
    await quick.dialUntilUp(ben.uri);
    ben.vanish();
    const ended = quick.waitFor('ended');
    await assert.rejects(quick.hold(), /408/);
    assert.equal((await ended).cause, 'lost');
  });

  it('are not left waiting for a phone that ignores them', async () => {
    const quick = await phone({ user: 'quick', t1Ms: 10 });
    ben.behaviour = { do: 'ignore' };
    await assert.rejects(quick.dialUntilUp(ben.uri), { status: 408 });
    assert.equal(ben.counters.invites, 1);
  });
});
