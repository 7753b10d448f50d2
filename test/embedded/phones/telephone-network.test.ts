import assert from 'node:assert/strict';
import { SoftPhone } from '../../../embedded/demo/phones/soft-phone.ts';
import { tone } from '../../../embedded/demo/phones/voice.ts';
import { startTelephoneNetwork } from '../../../embedded/demo/telephone-network.ts';
import type { TelephoneNetwork, TelephoneNetworkOptions } from '../../../embedded/demo/telephone-network.ts';

const NUMBER = '+442079460';

describe('A trunk leads to the simulated telephone network', () => {
  let network: TelephoneNetwork;
  let trunk: SoftPhone;
  let networks: TelephoneNetwork[] = [];

  async function open(options: TelephoneNetworkOptions): Promise<TelephoneNetwork> {
    const opened = await startTelephoneNetwork({ ringMs: 50, ...options });
    networks.push(opened);
    return opened;
  }

  beforeEach(async () => {
    trunk = await SoftPhone.open({ user: '+442079460999', voice: tone(440), maxCalls: 20 });
    network = await open({ peers: [`127.0.0.1:${trunk.address.port}`] });
  });

  afterEach(async () => {
    await trunk.close();
    await Promise.all(networks.map((one) => one.close()));
    networks = [];
  });

  it('100-199 ring, answer and talk', async () => {
    const rang = trunk.waitFor('ringing');
    await trunk.dialUntilUp(network.uri(`${NUMBER}105`));
    await rang;
    await Promise.all([trunk.hears(880), network.line(`${NUMBER}105`).hears(440)]);
    await trunk.hangUp();

    const [call, ...others] = network.callsTo(`${NUMBER}105`);
    assert.deepEqual(others, []);
    assert.equal(call?.from, '+442079460999');
    assert.equal(call.outcome, 'talked');
    assert.ok(call.at <= (call.answeredAt ?? 0) && (call.answeredAt ?? 0) <= (call.endedAt ?? 0));
  });

  const refusals = [
    ['200-299 are busy', '205', 486, 'busy'],
    ['400-499 are not in service', '405', 404, 'not-in-service'],
    ['600-699 decline', '605', 603, 'declined'],
    ['other numbers of the range are not in service', '705', 404, 'not-in-service'],
  ] as const;
  for (const [what, last, status, outcome] of refusals) {
    it(what, async () => {
      await assert.rejects(trunk.dialUntilUp(network.uri(NUMBER + last)), { status });
      assert.equal(network.callsTo(NUMBER + last)[0]?.outcome, outcome);
    });
  }

  it('300-399 ring until the caller gives up', async () => {
    const cancelled = network.line(`${NUMBER}305`).waitFor('cancelled');
    const rang = trunk.waitFor('ringing');
    trunk.dial(network.uri(`${NUMBER}305`));
    await rang;
    await trunk.hangUp();
    await cancelled;
    assert.equal(network.callsTo(`${NUMBER}305`)[0]?.outcome, 'cancelled');
  });

  it('500-599 answer and hang up', async () => {
    const brief = await open({ hangUpAfterMs: 100 });
    const ended = trunk.waitFor('ended');
    await trunk.dialUntilUp(brief.uri(`${NUMBER}505`));
    assert.equal((await ended).by, 'far');
    assert.equal(brief.callsTo(`${NUMBER}505`)[0]?.outcome, 'talked');
  });

  it('no number outside the range is in service, however it is written', async () => {
    for (const number of ['+15551234567', '999', '+4420794601', 'anna']) {
      await assert.rejects(trunk.dialUntilUp(network.uri(number)), { status: 404 });
    }
  });

  it('a number may be dialled with 00 or as at home', async () => {
    for (const number of ['00442079460206', '02079460206']) {
      await assert.rejects(trunk.dialUntilUp(network.uri(number)), { status: 486 });
    }
    assert.equal(network.callsTo(`${NUMBER}206`).length, 2);
  });

  it('a stranger is refused and leaves no trace', async () => {
    const stranger = await SoftPhone.open({ user: 'stranger' });
    try {
      await assert.rejects(stranger.dialUntilUp(network.uri(`${NUMBER}105`)), { status: 403 });
      assert.deepEqual(network.calls, []);
    } finally {
      await stranger.close();
    }
  });

  it('a line is worked by hand', async () => {
    const line = network.line(`${NUMBER}106`);
    line.behaviour = { do: 'ring' };
    line.speak(tone(600));
    const rang = line.waitFor('ringing');
    const up = trunk.waitFor('established');
    trunk.dial(network.uri(`${NUMBER}106`));
    await rang;
    assert.equal(network.callsTo(`${NUMBER}106`)[0]?.outcome, 'ringing');
    await line.answer();
    await up;
    await Promise.all([trunk.hears(600), line.hears(440)]);
    const ended = trunk.waitFor('ended');
    await line.hangUp();
    assert.equal((await ended).by, 'far');
  });

  it('somebody on the network calls in', async () => {
    trunk.behaviour = { do: 'answer' };
    const line = network.line(`${NUMBER}107`);
    const invited = trunk.waitFor('invite');
    line.dial(trunk.uri);
    assert.equal((await invited).from, `${NUMBER}107`);
    await Promise.all([trunk.hears(880), line.hears(440)]);
  });

  it('ten calls at once to one number all talk', async () => {
    const calls = await Promise.all(
      Array.from({ length: 10 }, () => trunk.dialUntilUp(network.uri(`${NUMBER}108`))),
    );
    await Promise.all(calls.map((call) => call.hears(880)));
    assert.equal(network.callsTo(`${NUMBER}108`).length, 10);
  });

  it('only so many calls are remembered', async () => {
    const forgetful = await open({ keepCalls: 2 });
    for (const last of ['201', '202', '203']) {
      await assert.rejects(trunk.dialUntilUp(forgetful.uri(NUMBER + last)));
    }
    assert.deepEqual(
      forgetful.calls.map((call) => call.number),
      [`${NUMBER}202`, `${NUMBER}203`],
    );
  });

  it('it tells of each call as it comes and goes', async () => {
    const told: string[] = [];
    network.on('call', ({ outcome }) => told.push(outcome));
    network.on('changed', ({ outcome }) => told.push(outcome));
    await trunk.dialUntilUp(network.uri(`${NUMBER}105`));
    await trunk.hangUp();
    assert.deepEqual(told, ['ringing', 'talking', 'talked']);
  });
});
