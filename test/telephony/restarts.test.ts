import assert from 'node:assert/strict';
import type { AgentId } from '../../contracts/ids.ts';
import type { CallFact, StoredLeg } from '../../contact-server/ports/telephony.ts';
import type { SoftPhone } from '../../embedded/demo/phones/soft-phone.ts';
import { CuttableLink } from '../support/cuttable-link.ts';
import { BY_HAND, rigOf, talkingCall } from '../support/exchange-rig.ts';
import { isQuiet, statusIs, TelephoneExchange } from '../support/telephone-exchange.ts';
import type { TelephonyRig } from '../ports/telephony.ts';
import { WatchedCall } from '../ports/telephony.ts';

/** What a call desk has stored of a call: the legs as told last. */
function storedLegs(call: WatchedCall): StoredLeg[] {
  const legs = new Map<string, StoredLeg>();
  for (const fact of call.facts) {
    if (fact.type === 'originated') legs.set(fact.leg, fact.stored);
  }
  return [...legs.values()];
}

describe('The contact server dies while people talk', () => {
  let exchange: TelephoneExchange;
  let phone: SoftPhone;
  let rig: TelephonyRig;
  let before: WatchedCall;
  let call: WatchedCall;

  beforeEach(async () => {
    exchange = await TelephoneExchange.start({ telephony: { patience: { adoptedGuardMs: 50 } } });
    phone = await exchange.registeredPhone();
    rig = rigOf(exchange, phone);
    before = new WatchedCall(rig);
    call = new WatchedCall(rig, before.id);
  });

  afterEach(async () => {
    await exchange.close();
  });

  /** Another process comes up and is told of the call. */
  async function restart(legs = storedLegs(before)): Promise<boolean> {
    exchange.open.close();
    exchange.open = await exchange.openTelephony();
    return exchange.telephony.adopt(call.id, legs, call.tell);
  }

  const bothTalk = (): Promise<unknown> => Promise.all([rig.agent.hears(), rig.customer.hears()]);
  const bothFree = (): Promise<unknown> => Promise.all([rig.agent.isFree(), rig.customer.isFree()]);

  it('the talk goes on, is adopted, and nobody is rung again [TE7]', async () => {
    await before.toTalking();
    assert.equal(await restart(), true);
    await bothTalk();
    assert.deepEqual([rig.agent.timesRung, rig.customer.timesRung], [1, 1]);
    assert.deepEqual(call.facts, []);
    exchange.telephony.hangUp(call.id, 'done');
    await call.next('cleared by server');
    await bothFree();
  });

  for (const side of ['agent', 'customer'] as const) {
    it(`the ${side}’s later hang-up ends the adopted call`, async () => {
      await before.toTalking();
      assert.equal(await restart(), true);
      await rig[side].hangsUp();
      await call.next(`cleared by ${side}`);
      await bothFree();
    });
  }

  it('an adopted call can be held and taken back, though nobody remembers its media', async () => {
    await before.toTalking();
    await restart();
    await exchange.telephony.hold(call.id);
    await call.next('held by agent');
    await Promise.all([rig.agent.hearsNothing(), rig.customer.hearsNothing()]);
    await exchange.telephony.retrieve(call.id);
    await call.next('retrieved by agent');
    await bothTalk();
  });

  it('a hold on the phone is passed on in an adopted call', async () => {
    await before.toTalking();
    await restart();
    await rig.agent.holds();
    await call.next('held by agent');
    await rig.customer.hearsNothing();
    await rig.agent.retrieves();
    await call.next('retrieved by agent');
    await bothTalk();
  });

  it('if one has hung up meanwhile, the other is let go', async () => {
    await before.toTalking();
    exchange.open.close();
    await rig.customer.hangsUp();
    assert.equal(await restart(), false);
    await bothFree();
    assert.deepEqual(call.facts, []);
  });

  it('a customer who still rings stops ringing, and the agent is let go', async () => {
    await before.toCustomer();
    assert.equal(await restart(), false);
    await bothFree();
    assert.equal(rig.customer.timesRung, 1);
  });

  it('an agent who still rings stops ringing', async () => {
    before.ringAgent();
    await before.nextAll('originated agent', 'delivered agent');
    assert.equal(await restart(), false);
    await rig.agent.isFree();
    assert.equal(rig.agent.timesRung, 1);
  });
});

describe('What a call desk has not written down', () => {
  let exchange: TelephoneExchange;
  let phone: SoftPhone;
  let rig: TelephonyRig;

  beforeEach(async () => {
    exchange = await TelephoneExchange.start();
    phone = await exchange.registeredPhone();
    rig = rigOf(exchange, phone);
  });

  afterEach(async () => {
    await exchange.close();
  });

  /** A call whose desk takes each `originated` only when it is told to, and all else at once. */
  function ringing(ringMs: number): { call: WatchedCall; takes: () => void; loses: () => void } {
    const call = new WatchedCall(rig);
    let takes = (): void => {};
    let loses = (): void => {};
    const tell = (fact: CallFact): Promise<void> => {
      call.tell(fact);
      if (fact.type !== 'originated') return Promise.resolve();
      return new Promise((resolve, reject) => {
        takes = resolve;
        loses = () => reject(new Error('the store is gone for good'));
      });
    };
    const plan = { agentId: 'ana' as AgentId, extension: rig.extension, display: 'Callback', ringMs };
    exchange.telephony.ringAgent(call.id, plan, tell);
    return { call, takes: () => takes(), loses: () => loses() };
  }

  it('does not ring: if we died now, nobody would ever end it', async () => {
    const { call, takes } = ringing(20_000);
    await call.next('originated agent');
    // There and back by the same way: an INVITE sent before would have rung by now.
    await phone.register();
    assert.equal(rig.agent.timesRung, 0);
    takes();
    await rig.agent.rings();
    await call.next('delivered agent');
    rig.telephony.hangUp(call.id, 'done');
    await call.nextAll('failed agent cancelled', 'cleared by server');
    await rig.agent.isFree();
  });

  it('never rings when it is written down too late, is hung up before, or cannot be written down', async () => {
    const late = ringing(-1);
    await late.call.next('originated agent');
    late.takes();
    await late.call.nextAll('failed agent agent-lost', 'cleared by server');

    const unwanted = ringing(20_000);
    await unwanted.call.next('originated agent');
    rig.telephony.hangUp(unwanted.call.id, 'not any more');
    unwanted.takes();
    await unwanted.call.nextAll('failed agent cancelled', 'cleared by server');

    const lost = ringing(20_000);
    await lost.call.next('originated agent');
    lost.loses();
    await lost.call.nextAll('failed agent agent-lost', 'cleared by server');
    assert.equal(rig.agent.timesRung, 0);
  });
});

describe('The SIP server dies while people talk', () => {
  let exchange: TelephoneExchange;
  let phone: SoftPhone;

  beforeEach(async () => {
    exchange = await TelephoneExchange.start();
    phone = await exchange.registeredPhone();
  });

  afterEach(async () => {
    await exchange.close();
  });

  it('the status tells, the call is told lost when the server is back, and the next call works', async () => {
    const rig = rigOf(exchange, phone);
    const call = await talkingCall(rig);
    const down = statusIs(exchange.open, false);
    const up = down.then(() => statusIs(exchange.open, true));
    await exchange.replaceServer();
    await down;
    await up;
    const cleared = await call.next('cleared by server');
    assert.equal(cleared.type === 'cleared' && cleared.cause, 'sip-link-lost');
    await Promise.all([phone.hangUp(), exchange.network.line(BY_HAND).hangUp()]);
    await talkingCall(rig);
  });

  it('a call asked for while it is gone fails at once', async () => {
    const down = statusIs(exchange.open, false);
    await exchange.server.close();
    await down;
    const call = new WatchedCall(rigOf(exchange, phone));
    call.ringAgent();
    await call.nextAll('failed agent agent-lost', 'cleared by server');
  });
});

describe('The link to the SIP server breaks, and both live', () => {
  let exchange: TelephoneExchange;
  let phone: SoftPhone;
  let cable: CuttableLink;
  let rig: TelephonyRig;

  beforeEach(async () => {
    exchange = await TelephoneExchange.start();
    phone = await exchange.registeredPhone();
    cable = await CuttableLink.to(exchange.server.controlPort);
    exchange.open.close();
    const server = { host: '127.0.0.1', port: cable.port, secret: exchange.secret, retryMaxDelayMs: 50 };
    exchange.open = await exchange.openTelephony({ server });
    await phone.register();
    rig = rigOf(exchange, phone);
  });

  afterEach(async () => {
    await exchange.close();
    cable.close();
  });

  async function cut(): Promise<void> {
    const down = statusIs(exchange.open, false);
    cable.cut();
    await down;
  }

  async function mend(): Promise<void> {
    cable.mend();
    await statusIs(exchange.open, true);
  }

  it('a talking call goes on as if nothing had been', async () => {
    const call = await talkingCall(rig);
    await cut();
    await mend();
    await exchange.telephony.hold(call.id);
    await call.next('held by agent');
    await rig.customer.hearsNothing();
    await rig.agent.hangsUp();
    await call.next('cleared by agent');
    await rig.customer.isFree();
  });

  it('a hang-up asked for meanwhile is done when it is back', async () => {
    const call = await talkingCall(rig);
    await cut();
    exchange.telephony.hangUp(call.id, 'agent dropped');
    assert.deepEqual(call.unread, []);
    await mend();
    await call.next('cleared by server');
    await Promise.all([rig.agent.isFree(), rig.customer.isFree()]);
  });

  it('a customer who rang is told failed, stops ringing, and the agent may dial again', async () => {
    const call = new WatchedCall(rig);
    await call.toCustomer();
    await cut();
    await call.next('failed customer trunk-error');
    await isQuiet(exchange.network.line(BY_HAND));
    await mend();
    call.dialCustomer();
    await rig.customer.rings();
    await rig.customer.answers();
    await call.nextAll('originated customer', 'delivered customer', 'established customer', 'joined');
    await Promise.all([rig.agent.hears(), rig.customer.hears()]);
  });
});
