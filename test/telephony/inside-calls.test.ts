import assert from 'node:assert/strict';
import type { SoftPhone } from '../../embedded/demo/phones/soft-phone.ts';
import { header, RawPeer, request, response, sdp } from '../embedded/phones/raw-peer.ts';
import { rigOf, talkingCall } from '../support/exchange-rig.ts';
import { AGENT_HZ, CALLER_ID, CUSTOMER_HZ, TelephoneExchange, TRUNK } from '../support/telephone-exchange.ts';
import { WatchedCall } from '../ports/telephony.ts';

describe('Two phones talk and want the same at once', () => {
  let exchange: TelephoneExchange;
  let phone: SoftPhone;

  beforeEach(async () => {
    exchange = await TelephoneExchange.start();
    phone = await exchange.registeredPhone();
  });

  afterEach(async () => {
    await exchange.close();
  });

  it('both press hold: neither is lost, and it is quiet until both have taken it back', async () => {
    const rig = rigOf(exchange, phone);
    const call = await talkingCall(rig);
    await Promise.all([rig.agent.holds(), rig.customer.holds()]);
    await Promise.all([rig.agent.hearsNothing(), rig.customer.hearsNothing()]);
    await rig.agent.retrieves();
    await Promise.all([rig.agent.hearsNothing(), rig.customer.hearsNothing()]);
    await rig.customer.retrieves();
    await Promise.all([rig.agent.hears(), rig.customer.hears()]);
    assert.deepEqual([...call.unread].sort(), [
      'held by agent',
      'held by customer',
      'retrieved by agent',
      'retrieved by customer',
    ]);
  });

  it('the agent holds in the portal and on the phone: it takes both to end it', async () => {
    const rig = rigOf(exchange, phone);
    const call = await talkingCall(rig);
    await Promise.all([exchange.telephony.hold(call.id), rig.agent.holds()]);
    await exchange.telephony.retrieve(call.id);
    await rig.customer.hearsNothing();
    assert.deepEqual(call.unread, ['held by agent']);
    await rig.agent.retrieves();
    await Promise.all([rig.agent.hears(), rig.customer.hears()]);
    assert.deepEqual(call.unread, ['held by agent', 'retrieved by agent']);
  });

  it('both hang up: it ends once', async () => {
    const rig = rigOf(exchange, phone);
    const call = await talkingCall(rig);
    await Promise.all([rig.agent.hangsUp(), rig.customer.hangsUp()]);
    assert.match(await call.nextWords(), /^cleared by (agent|customer)$/);
    assert.deepEqual(call.unread, []);
  });

  it('the agent holds while the customer rings, and they hear each other once both want to', async () => {
    const rig = rigOf(exchange, phone);
    const call = new WatchedCall(rig);
    await call.toCustomer();
    await rig.agent.holds();
    await rig.customer.answers();
    await call.nextAll('established customer', 'joined', 'held by agent');
    await rig.customer.hearsNothing();
    await rig.agent.retrieves();
    await call.next('retrieved by agent');
    await Promise.all([phone.hears(CUSTOMER_HZ), rig.customer.hears()]);
    assert.equal(AGENT_HZ, 440);
  });
});

describe('An answer crosses a cancel', () => {
  for (const side of ['agent', 'customer'] as const) {
    it(`of the ${side}: twenty times in a row nobody is left in a ghost call [TE5]`, async () => {
      const exchange = await TelephoneExchange.start();
      try {
        const rig = rigOf(exchange, await exchange.registeredPhone());
        for (let round = 0; round < 20; round += 1) {
          const call = new WatchedCall(rig);
          if (side === 'customer') await call.toCustomer();
          else {
            call.ringAgent();
            await rig.agent.rings();
            await call.nextAll('originated agent', 'delivered agent');
          }
          const answered = rig[side].answers().catch(() => {}); // refused where the cancel came first
          if (round % 2 === 1) await answered;
          exchange.telephony.hangUp(call.id, 'crossed');
          await answered;
          while (!(await call.nextWords()).startsWith('cleared'));
          await Promise.all([rig.agent.isFree(), rig.customer.isFree()]);
          assert.deepEqual(call.unread, []);
        }
      } finally {
        await exchange.close();
      }
    });
  }
});

describe('A phone of few words is called by its trunk', () => {
  let exchange: TelephoneExchange;
  let carrier: RawPeer;
  let call: WatchedCall;
  let invite: string;
  let phone: SoftPhone;
  let guardMs = 60_000;

  beforeEach(async () => {
    carrier = await RawPeer.open();
    exchange = await TelephoneExchange.start({
      server: { timing: { t1: 20 } },
      telephony: {
        patience: { guardMs },
        trunks: [
          {
            id: TRUNK,
            address: `127.0.0.1:${carrier.port}`,
            allowedPrefixes: ['+44'],
            callerIds: [CALLER_ID],
            maxConcurrent: 9,
            maxPerHour: 9,
          },
        ],
      },
    });
    phone = await exchange.registeredPhone({ behaviour: { do: 'answer', ringMs: 0 } });
    call = new WatchedCall(rigOf(exchange, phone));
    call.ringAgent();
    await call.nextAll('originated agent', 'delivered agent', 'established agent');
    call.dialCustomer();
    invite = await carrier.next(/^INVITE/);
    send(ok(invite));
    await carrier.next(/^ACK/);
    await call.nextAll('originated customer', 'established customer', 'joined');
  });

  afterEach(async () => {
    await exchange.close();
    carrier.close();
  });

  const send = (text: string): void => carrier.send(text, exchange.server.sipPort);

  /** 200 with the raw peer's own audio. */
  const ok = (to: string, body = sdp('sendrecv')): string =>
    response('200 OK', to, { extra: [`Contact: <sip:raw@127.0.0.1:${carrier.port}>`], body });

  let cseq = 100;
  /** A request of the carrier inside the call it was invited to. */
  function inside(method: string, extra: string[] = [], body = ''): void {
    cseq += 1;
    const parts = { to: exchange.server.sipPort, from: carrier.port, cseq, extra, body };
    const text = request(method, parts)
      .replace(/^f: .*$/m, `f: ${header(invite, 'To')};tag=raw`)
      .replace(/^t: .*$/m, `t: ${header(invite, 'From')}`)
      .replace(/^i: .*$/m, `i: ${header(invite, 'Call-ID')}`);
    send(text);
  }

  it('the agent’s audio stands in its offer, and the customer’s in ours to the agent [TE1]', () => {
    assert.match(invite, /a=sendrecv/);
    assert.match(invite, /m=audio \d+ RTP\/AVP 0 101/);
    assert.equal(phone.call?.state, 'established');
  });

  for (const [method, status] of [
    ['INFO', 200],
    ['OPTIONS', 200],
    ['MESSAGE', 200],
    ['REFER', 603],
    ['SUBSCRIBE', 405],
  ] as const) {
    it(`${method} is answered ${status}`, async () => {
      inside(method, method === 'REFER' ? ['Refer-To: <sip:+19005551234@evil.example>'] : []);
      await carrier.next(new RegExp(`^SIP/2.0 ${status} [^]*CSeq: ${cseq} ${method}`));
      assert.equal(exchange.server.stats().dialogs, 2);
    });
  }

  it('it moves its audio: the agent is told, and it gets the agent’s answer', async () => {
    const before = phone.counters.reinvites;
    inside('INVITE', [], sdp('sendrecv', { port: 41_000 }).replace('raw 1 1', 'raw 1 2'));
    const answer = await carrier.next(/^SIP\/2.0 200 [^]*INVITE/);
    assert.match(answer, /a=sendrecv/);
    assert.equal(phone.counters.reinvites, before + 1);
  });

  it('it repeats itself, as a session refresh does: it hears our last words, and nobody is disturbed', async () => {
    const before = phone.counters.reinvites;
    inside('INVITE', [], sdp('sendrecv'));
    const answer = await carrier.next(/^SIP\/2.0 200 [^]*INVITE/);
    assert.equal(/^o=.*$/m.exec(answer)?.[0], /^o=.*$/m.exec(invite)?.[0]);
    assert.equal(phone.counters.reinvites, before);
  });

  it('it asks for an offer: it gets a full one, and its answer comes with the ACK', async () => {
    inside('INVITE');
    const answer = await carrier.next(/^SIP\/2.0 200 [^]*INVITE/);
    assert.match(answer, /m=audio \d+ RTP\/AVP 0/);
    assert.match(answer, /a=sendrecv/);
    const ear = await RawPeer.open();
    cseq -= 1; // an ACK has the number of its INVITE
    inside('ACK', [], sdp('sendrecv', { port: ear.port }).replace('raw 1 1', 'raw 1 3'));
    await ear.nextBytes(); // the agent's phone sends its audio there now
    ear.close();
  });

  it('it adds a picture: the audio goes on and the picture is refused in its place', async () => {
    const video = 'm=video 43000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n';
    inside('INVITE', [], sdp('sendrecv').replace('raw 1 1', 'raw 1 4') + video);
    const answer = await carrier.next(/^SIP\/2.0 200 [^]*INVITE/);
    assert.match(answer, /m=video 0 RTP\/AVP 96/);
  });

  it('what it sends as a description cannot be read: 488, and the call goes on', async () => {
    inside('INVITE', ['c: application/sdp'], 'no description');
    await carrier.next(/^SIP\/2.0 488/);
    assert.equal(phone.call?.state, 'established');
  });

  it('the description of each change counts up by one, under one session', async () => {
    const origins = [invite].map((text) => /^o=- (\d+) (\d+)/m.exec(text)?.slice(1).map(Number));
    for (const on of [true, false]) {
      const done = on ? exchange.telephony.hold(call.id) : exchange.telephony.retrieve(call.id);
      const reinvite = await carrier.next(/^INVITE/);
      assert.match(reinvite, on ? /a=inactive/ : /a=sendrecv/);
      send(ok(reinvite, sdp(on ? 'inactive' : 'sendrecv')));
      await done;
      origins.push(/^o=- (\d+) (\d+)/m.exec(reinvite)?.slice(1).map(Number));
    }
    const [session = 0] = origins[0] ?? [];
    assert.deepEqual(origins, [
      [session, 1],
      [session, 2],
      [session, 3],
    ]);
  });

  it('it says 491 to our hold: we wait our time and ask again', async () => {
    const done = exchange.telephony.hold(call.id);
    const first = await carrier.next(/^INVITE/);
    const at = Date.now();
    send(response('491 Request Pending', first));
    await carrier.next(/^ACK/);
    const second = await carrier.next(/^INVITE/, 6_000);
    assert(Date.now() - at >= 2_000);
    send(ok(second, sdp('inactive')));
    await done;
    await call.next('held by agent');
  });

  it('it will not be held: the caller of hold learns it, and the agent goes on hearing', async () => {
    const done = exchange.telephony.hold(call.id);
    for (let tries = 0; tries < 2; tries += 1) {
      const reinvite = await carrier.next(/^INVITE/);
      send(response('488 Not Acceptable Here', reinvite));
    }
    await assert.rejects(done, /did not accept/);
    assert.deepEqual(call.unread, []);
  });

  describe('and is watched', () => {
    before(() => {
      guardMs = 50;
    });

    after(() => {
      guardMs = 60_000;
    });

    it('it is asked now and then whether it still talks; when it knows nothing of it, the call ends', async () => {
      const first = await carrier.next(/^OPTIONS/);
      send(response('200 OK', first));
      const second = await carrier.next(/^OPTIONS/);
      send(response('481 Call/Transaction Does Not Exist', second));
      const cleared = await call.next('cleared by server');
      assert.equal(cleared.type === 'cleared' && cleared.cause, 'leg-lost');
    });

    it('it has gone without a word: the call ends when nobody answers', async () => {
      const cleared = await call.next('cleared by server');
      assert.equal(cleared.type === 'cleared' && cleared.cause, 'leg-lost');
    });
  });
});
