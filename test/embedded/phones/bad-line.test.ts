import assert from 'node:assert/strict';
import { SoftPhone } from '../../../embedded/demo/phones/soft-phone.ts';
import type { Loss } from '../../../embedded/demo/phones/sip-socket.ts';
import { tone } from '../../../embedded/demo/phones/voice.ts';

/** Loses every second datagram that is sent, and counts them. */
function everySecond(): { loses: Loss; lost: () => number } {
  let sent = 0;
  let lost = 0;
  const loses: Loss = (way) => {
    if (way === 'received' || ++sent % 2 === 0) return false;
    lost++;
    return true;
  };
  return { loses, lost: () => lost };
}

const methodOf = (message: Parameters<Loss>[1]) => ('method' in message ? message.method : message.status);

describe('The line between two phones loses datagrams', () => {
  let phones: SoftPhone[] = [];

  async function pair(loses: Loss, losesToo: Loss = () => false): Promise<[SoftPhone, SoftPhone]> {
    const anna = await SoftPhone.open({ user: 'anna', voice: tone(440), t1Ms: 40, loses });
    const ben = await SoftPhone.open({
      user: 'ben',
      voice: tone(1000),
      t1Ms: 40,
      behaviour: { do: 'answer', ringMs: 10 },
      loses: losesToo,
    });
    phones = [anna, ben];
    return [anna, ben];
  }

  afterEach(() => {
    for (const phone of phones) phone.vanish();
  });

  it('one call is made, held, retrieved and ended although every second datagram of both is lost', async () => {
    const annasLine = everySecond();
    const bensLine = everySecond();
    const [anna, ben] = await pair(annasLine.loses, bensLine.loses);
    const up = ben.waitFor('established');

    await anna.dialUntilUp(ben.uri);
    await up;
    await Promise.all([anna.hears(1000), ben.hears(440)]);
    await anna.hold();
    await ben.hearsNothing();
    await anna.retrieve();
    await ben.hears(440);
    const ended = ben.waitFor('ended');
    await anna.hangUp();

    assert.equal((await ended).cause, 'hung-up');
    assert.ok(annasLine.lost() >= 4 && bensLine.lost() >= 3, `${annasLine.lost()}, ${bensLine.lost()} lost`);
    assert.deepEqual([ben.counters.invites, ben.counters.reinvites, ben.counters.byes], [1, 2, 1]);
  });

  it('a cancelled call is cancelled although every second datagram is lost', async () => {
    const [anna, ben] = await pair(everySecond().loses, everySecond().loses);
    ben.behaviour = { do: 'ring' };
    const rang = anna.waitFor('ringing');
    const cancelled = ben.waitFor('cancelled');
    anna.dial(ben.uri);
    await rang;
    await anna.hangUp();
    await cancelled;
    assert.equal(ben.counters.cancels, 1);
  });

  it('the answer is sent again until an ACK gets through', async () => {
    let acksLost = 0;
    const [anna, ben] = await pair((way, message) => {
      if (way === 'received' || methodOf(message) !== 'ACK' || acksLost === 3) return false;
      acksLost++;
      return true;
    });
    const up = ben.waitFor('established');
    await anna.dialUntilUp(ben.uri);
    await up;
    assert.equal(acksLost, 3);
    assert.equal(ben.counters.acks, 1);
  });

  it('a call whose ACK never comes is given up by the one who answered', async () => {
    const [anna, ben] = await pair((way, message) => way === 'sent' && methodOf(message) === 'ACK');
    const lost = ben.waitFor('ended');
    const hungUp = anna.waitFor('ended');
    await anna.dialUntilUp(ben.uri);
    assert.deepEqual([(await lost).cause, (await hungUp).by], ['lost', 'far']);
  });

  it('an answer that crosses the cancel is hung up again', async () => {
    // Ben never gets the CANCEL, so he answers a call that Anna has given up
    const [anna, ben] = await pair((way, message) => way === 'sent' && methodOf(message) === 'CANCEL');
    ben.behaviour = { do: 'ring' };
    const rang = anna.waitFor('ringing');
    const end = anna.waitFor('ended');
    const ended = ben.waitFor('ended');
    anna.dial(ben.uri);
    await rang;
    const gaveUp = anna.hangUp();
    await ben.answer();
    await gaveUp;
    const { by, cause } = await end;
    assert.deepEqual([by, cause], ['near', 'cancelled']);
    assert.equal((await ended).cause, 'hung-up');
    assert.equal(ben.counters.byes, 1);
  });
});
