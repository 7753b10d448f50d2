import assert from 'node:assert/strict';
import type { AttemptOutcome } from '../../contracts/states.ts';
import type { SoftPhone } from '../../embedded/demo/phones/soft-phone.ts';
import { rigOf } from '../support/exchange-rig.ts';
import { CALLER_ID, TelephoneExchange, TRUNK } from '../support/telephone-exchange.ts';
import { WatchedCall } from '../ports/telephony.ts';
import { header, RawPeer, response } from '../embedded/phones/raw-peer.ts';

describe('An agent waits while a number of the fiction range is dialled', () => {
  let exchange: TelephoneExchange;
  let phone: SoftPhone;

  beforeEach(async () => {
    exchange = await TelephoneExchange.start({
      network: { hangUpAfterMs: 50 },
      telephony: { patience: { silentMs: 400 } },
    });
    phone = await exchange.registeredPhone({ behaviour: { do: 'answer', ringMs: 0 } });
  });

  afterEach(async () => {
    await exchange.close();
  });

  async function agentReadyFor(number: string): Promise<WatchedCall> {
    const call = new WatchedCall(rigOf(exchange, phone, number));
    call.ringAgent();
    await call.nextAll('originated agent', 'delivered agent', 'established agent');
    return call;
  }

  const outcomes: readonly (readonly [string, AttemptOutcome, readonly string[]])[] = [
    ['+442079460201', 'busy', []],
    ['+442079460401', 'bad-number', []],
    ['+442079460601', 'rejected', ['delivered customer']],
  ];
  for (const [number, outcome, before] of outcomes) {
    it(`${number} is ${outcome}, and the agent stays on the line [TE3]`, async () => {
      const call = await agentReadyFor(number);
      call.dialCustomer();
      await call.nextAll('originated customer', ...before, `failed customer ${outcome}`);
      assert.equal(phone.call?.state, 'established');
    });
  }

  it('+442079460301 rings without answer [TE3]', async () => {
    const call = await agentReadyFor('+442079460301');
    call.dialCustomer({ ringMs: 150 });
    await call.nextAll('originated customer', 'delivered customer', 'failed customer no-answer');
    assert.deepEqual(
      exchange.network.callsTo('+442079460301').map((it) => it.outcome),
      ['cancelled'],
    );
  });

  it('+442079460501 answers and soon hangs up', async () => {
    const call = await agentReadyFor('+442079460501');
    call.dialCustomer();
    await call.nextAll('originated customer', 'delivered customer', 'established customer', 'joined');
    await call.next('cleared by customer');
  });

  it('+442079460101 answers, and sees the trunk’s number and no word of ours', async () => {
    const line = exchange.network.line('+442079460101');
    const invited = line.waitFor('invite');
    const call = await agentReadyFor('+442079460101');
    call.dialCustomer();
    const { from, headers } = await invited;
    assert.equal(from, CALLER_ID);
    assert.match(headers.get('P-Asserted-Identity') ?? '', /^<sip:\+442079460000@[\d.:]+>$/);
    assert.doesNotMatch(headers.get('From') ?? '', /"/);
    assert.equal(headers.get('Session-Expires'), undefined);
    assert.doesNotMatch(headers.get('Supported') ?? '', /timer/);
    await call.nextAll('originated customer', 'delivered customer', 'established customer', 'joined');
  });

  for (const [what, plan, detail] of [
    ['a trunk nobody knows', { trunkId: 'other' }, 'no such trunk'],
    [
      'a caller id that is not the trunk’s',
      { callerId: '+15551230000' },
      'caller id not assigned to the trunk',
    ],
    ['a prefix the trunk may not dial', { number: '+33142685300' }, 'prefix not allowed'],
  ] as const) {
    it(`nothing is dialled over ${what}`, async () => {
      const call = await agentReadyFor('+442079460101');
      call.dialCustomer(plan);
      const failed = await call.next('failed customer trunk-error');
      assert.equal(failed.type === 'failed' && failed.detail, detail);
      assert.equal(exchange.network.counters.invites, 0);
    });
  }

  it('what is no E.164 number reaches no header', async () => {
    const call = await agentReadyFor('+442079460101');
    call.dialCustomer({ number: '+442079460101@evil.example>\r\nX-Evil: 1' });
    await call.next('failed customer bad-number');
    assert.equal(exchange.network.counters.invites, 0);
  });
});

describe('A trunk that is not what it should be', () => {
  let exchange: TelephoneExchange;
  let phone: SoftPhone;
  let carrier: RawPeer;
  let call: WatchedCall;

  beforeEach(async () => {
    carrier = await RawPeer.open();
    const trunk = {
      id: TRUNK,
      allowedPrefixes: ['+44'],
      callerIds: [CALLER_ID],
      maxConcurrent: 1,
      maxPerHour: 2,
    };
    exchange = await TelephoneExchange.start({
      telephony: {
        patience: { silentMs: 300 },
        trunks: [{ ...trunk, address: `127.0.0.1:${carrier.port}` }],
      },
    });
    phone = await exchange.registeredPhone({ behaviour: { do: 'answer', ringMs: 0 } });
    call = new WatchedCall(rigOf(exchange, phone));
    call.ringAgent();
    await call.nextAll('originated agent', 'delivered agent', 'established agent');
  });

  afterEach(async () => {
    await exchange.close();
    carrier.close();
  });

  const answer = async (status: string, extra: string[] = []): Promise<void> => {
    const invite = await carrier.next(/^INVITE/);
    carrier.send(response(status, invite, { extra }), exchange.server.sipPort);
  };

  it('says nothing at all: the agent need not wait for the ring timer', async () => {
    call.dialCustomer();
    await call.nextAll('originated customer', 'failed customer trunk-error');
  });

  it('says nothing to the INVITE but lives: it is slow, and gets the time it needs', async () => {
    call.dialCustomer({ ringMs: 1_000 });
    const invite = await carrier.next(/^INVITE/);
    const options = await carrier.next(/^OPTIONS/);
    carrier.send(response('200 OK', options), exchange.server.sipPort);
    await carrier.next(/^INVITE/, 1_000); // still asked, half a second later
    carrier.send(response('180 Ringing', invite), exchange.server.sipPort);
    await call.nextAll('originated customer', 'delivered customer');
  });

  it('answers after we gave up: the answer is acknowledged and hung up', async () => {
    call.dialCustomer();
    await call.nextAll('originated customer', 'failed customer trunk-error');
    const invite = await carrier.next(/^INVITE/);
    const contact = [`Contact: <sip:late@127.0.0.1:${carrier.port}>`];
    carrier.send(response('200 OK', invite, { extra: contact }), exchange.server.sipPort);
    await carrier.next(/^ACK/);
    await carrier.next(/^BYE/);
    assert.deepEqual(call.unread, []);
  });

  for (const [status, outcome] of [
    ['503 Service Unavailable', 'trunk-error'],
    ['500 Server Internal Error', 'trunk-error'],
    ['407 Proxy Authentication Required', 'trunk-error'],
    ['403 Forbidden', 'trunk-error'],
    ['488 Not Acceptable Here', 'trunk-error'],
    ['484 Address Incomplete', 'bad-number'],
    ['480 Temporarily Unavailable', 'no-answer'],
    ['600 Busy Everywhere', 'busy'],
    ['608 Rejected', 'rejected'],
  ] as const) {
    it(`answers ${status}: ${outcome} [TE3]`, async () => {
      call.dialCustomer();
      await answer(status);
      await call.nextAll('originated customer', `failed customer ${outcome}`);
    });
  }

  it('gives the telephone network’s own cause, which says more', async () => {
    call.dialCustomer();
    await answer('503 Service Unavailable', ['Reason: Q.850;cause=17;text="User busy"']);
    await call.nextAll('originated customer', 'failed customer busy');
  });

  it('redirects elsewhere: nobody decides for us whom we call', async () => {
    call.dialCustomer();
    await answer('302 Moved Temporarily', ['Contact: <sip:+19005551234@evil.example>']);
    await call.nextAll('originated customer', 'failed customer trunk-error');
    assert.equal(exchange.server.stats().pending.outbound, 0);
  });

  it('carries so many calls and dials an hour, and no more', async () => {
    call.dialCustomer();
    await answer('486 Busy Here');
    await call.nextAll('originated customer', 'failed customer busy');
    assert.equal(exchange.open.trunks.inUse(TRUNK), 0);
    call.dialCustomer();
    const invite = await carrier.next(/^INVITE/);
    assert.equal(exchange.open.trunks.inUse(TRUNK), 1);
    assert.match(header(invite, 'To'), /\+442079460399/);
    carrier.send(response('486 Busy Here', invite), exchange.server.sipPort);
    await call.nextAll('originated customer', 'failed customer busy');
    call.dialCustomer();
    const failed = await call.next('failed customer trunk-error');
    assert.equal(failed.type === 'failed' && failed.detail, 'hourly limit of the trunk reached');
  });
});
