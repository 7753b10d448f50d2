import assert from 'node:assert/strict';
import { SoftPhone } from '../../../embedded/demo/phones/soft-phone.ts';
import { RawPeer, header, request, response, sdp } from './raw-peer.ts';

/** The body and the tag by which a peer goes on. */
const bodyOf = (message: string) => message.slice(message.indexOf('\r\n\r\n') + 4);
const tagOf = (message: string) => /;tag=([^;\r]+)/.exec(header(message, 'To'))?.[1] ?? '';
const directionOf = (message: string) => /^a=(send\w+|recvonly|inactive)/m.exec(bodyOf(message))?.[1];

describe('A peer that is written by hand meets a phone', () => {
  let phone: SoftPhone;
  let peer: RawPeer;

  beforeEach(async () => {
    peer = await RawPeer.open();
    phone = await SoftPhone.open({ user: 'phone', t1Ms: 30, behaviour: { do: 'answer', ringMs: 10 } });
  });

  afterEach(() => {
    phone.vanish();
    peer.close();
  });

  const ask = (method: string, parts: Partial<Parameters<typeof request>[1]> = {}) => {
    peer.send(request(method, { to: phone.address.port, from: peer.port, ...parts }), phone.address.port);
  };

  /** Calls the phone and acknowledges its answer; says which tag the phone has taken. */
  async function call(offer = sdp('sendrecv')): Promise<{ toTag: string; answer: string }> {
    const up = phone.waitFor('established');
    ask('INVITE', { body: offer });
    const answer = await peer.next(/^SIP\/2.0 200/);
    const toTag = tagOf(answer);
    ask('ACK', { toTag, branch: 'ack1', body: offer === '' ? sdp('sendrecv') : '' });
    await up;
    return { toTag, answer };
  }

  it('which rings with a tag and a contact, and sends its 200 until it is acknowledged', async () => {
    const invited = phone.waitFor('invite');
    ask('INVITE', { body: sdp('sendrecv') });
    const ringing = await peer.next(/^SIP\/2.0 180/);
    assert.equal((await invited).displayName, 'Raw, Peer');
    assert.match(header(ringing, 'Via'), new RegExp(`rport=${peer.port};received=127.0.0.1$`));
    assert.equal(header(ringing, 'Contact'), `<sip:phone@127.0.0.1:${phone.address.port}>`);
    const first = await peer.next(/^SIP\/2.0 200/);
    const second = await peer.next(/^SIP\/2.0 200/);
    assert.equal(second, first);
    assert.equal(tagOf(first), tagOf(ringing));
    assert.match(bodyOf(first), /m=audio \d+ RTP\/AVP 0 96\r\n[^]*a=rtpmap:96 telephone-event\/8000/);

    ask('ACK', { toTag: tagOf(first), branch: 'ack1' });
    await phone.waitFor('established');
    ask('INVITE', { body: sdp('sendrecv') }); // a late copy of the first INVITE rings nothing
    ask('OPTIONS', { toTag: tagOf(first), cseq: 2 });
    await peer.next(/^SIP\/2.0 200.*CSeq: 2 OPTIONS/s);
    assert.equal(phone.counters.invites, 1);
  });

  const answers = [
    ['sendrecv', 'sendrecv'],
    ['sendonly', 'recvonly'],
    ['recvonly', 'sendonly'],
    ['inactive', 'inactive'],
  ] as const;
  for (const [offered, answered] of answers) {
    it(`which answers ${offered} with ${answered}, in a re-INVITE and in an UPDATE`, async () => {
      const { toTag } = await call();
      for (const [cseq, method] of [
        [2, 'INVITE'],
        [3, 'UPDATE'],
      ] as const) {
        ask(method, { toTag, cseq, body: sdp(offered) });
        const answer = await peer.next(new RegExp(`^SIP/2.0 200.*CSeq: ${cseq} ${method}`, 's'));
        if (method === 'INVITE') ask('ACK', { toTag, cseq, branch: `ack${cseq}` });
        assert.equal(directionOf(answer), answered);
      }
    });
  }

  it('which knows the old way of holding, by the address 0.0.0.0', async () => {
    const { toTag } = await call();
    const held = phone.waitFor('held');
    ask('INVITE', { toTag, cseq: 2, body: sdp('sendrecv', { connection: '0.0.0.0' }) });
    assert.equal(directionOf(await peer.next(/^SIP\/2.0 200.*CSeq: 2/s)), 'recvonly');
    assert.equal((await held).by, 'far');
  });

  it('which sends its audio to the address of a re-INVITE, and its version rises with the change only', async () => {
    const { toTag, answer } = await call();
    const ear = await RawPeer.open();
    const version = (message: string) => /^o=- (\d+) (\d+) /m.exec(bodyOf(message))?.slice(1);
    const first = version(answer);

    ask('INVITE', { toTag, cseq: 2, body: sdp('sendrecv', { port: ear.port }) });
    const moved = await peer.next(/^SIP\/2.0 200.*CSeq: 2/s);
    ask('ACK', { toTag, cseq: 2, branch: 'ack2' });
    await ear.next(/^/);
    ear.close();
    ask('INVITE', { toTag, cseq: 3, body: sdp('sendonly') });
    const held = await peer.next(/^SIP\/2.0 200.*CSeq: 3/s);

    assert.deepEqual(version(moved), first);
    assert.deepEqual(version(held), [first?.[0], String(Number(first?.[1]) + 1)]);
  });

  it('which makes a full offer when the INVITE or the re-INVITE has none', async () => {
    const { toTag, answer } = await call('');
    assert.match(bodyOf(answer), /RTP\/AVP 0 101/);
    ask('INVITE', { toTag, cseq: 2 });
    const offer = await peer.next(/^SIP\/2.0 200.*CSeq: 2/s);
    assert.equal(directionOf(offer), 'sendrecv');
    const held = phone.waitFor('held');
    ask('ACK', { toTag, cseq: 2, branch: 'ack2', body: sdp('recvonly').replace('recvonly', 'inactive') });
    await held;
  });

  it('which refuses an offer without its codec and keeps the call as it was', async () => {
    const { toTag } = await call();
    ask('INVITE', { toTag, cseq: 2, body: sdp('sendrecv', { formats: '8 18' }) });
    await peer.next(/^SIP\/2.0 488/);
    assert.equal(phone.call?.state, 'established');
  });

  it('which refuses a call without its codec', async () => {
    const ended = phone.waitFor('ended');
    ask('INVITE', { body: sdp('sendrecv', { formats: '8' }) });
    await peer.next(/^SIP\/2.0 488/);
    assert.equal((await ended).cause, 'no-common-audio');
  });

  it('which answers a video line with port 0 in its place', async () => {
    const { answer } = await call(`${sdp('sendrecv')}m=video 40002 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n`);
    assert.match(bodyOf(answer), /m=audio \d{4,5} [^]*m=video 0 RTP\/AVP 99\r\n$/);
  });

  it('which answers 491 to an offer while its own is open', async () => {
    const { toTag } = await call();
    const holding = phone.hold();
    const offer = await peer.next(/^INVITE/);
    ask('INVITE', { toTag, cseq: 2, body: sdp('sendrecv') });
    await peer.next(/^SIP\/2.0 491/);
    peer.send(response('200 OK', offer, { body: sdp('recvonly') }), phone.address.port);
    await holding;
    await peer.next(/^ACK/);
  });

  it('which refuses what comes out of order, belongs to no call, or asks too much', async () => {
    const { toTag } = await call();
    ask('INFO', { toTag, cseq: 9 });
    await peer.next(/^SIP\/2.0 200.*CSeq: 9/s);
    ask('INFO', { toTag, cseq: 4 });
    await peer.next(/^SIP\/2.0 500.*CSeq: 4/s);
    ask('BYE', { toTag: 'unknown', cseq: 10 });
    await peer.next(/^SIP\/2.0 481/);
    ask('CANCEL', { cseq: 1, branch: 'unknown' });
    await peer.next(/^SIP\/2.0 481/);
    ask('SUBSCRIBE', { cseq: 11 });
    assert.match(header(await peer.next(/^SIP\/2.0 405/), 'Allow'), /INVITE/);
    ask('INVITE', { cseq: 12, extra: ['Require: 100rel, precondition'] });
    assert.equal(header(await peer.next(/^SIP\/2.0 420/), 'Unsupported'), '100rel, precondition');
  });

  it('which passes over what is no SIP', async () => {
    for (const noise of ['', '\r\n\r\n', 'hello', 'INVITE sip:x SIP/2.0\r\n\r\n', '\u0000'.repeat(40)]) {
      peer.send(noise, phone.address.port);
    }
    ask('OPTIONS');
    await peer.next(/^SIP\/2.0 200/);
  });

  it('which repeats its refusal until the ACK, and acknowledges a refusal itself', async () => {
    phone.behaviour = { do: 'reject', status: 486 };
    ask('INVITE', { body: sdp('sendrecv') });
    await peer.next(/^SIP\/2.0 486/);
    const refusal = await peer.next(/^SIP\/2.0 486/);
    ask('ACK', { toTag: tagOf(refusal), branch: 'INVITE1' });
    ask('OPTIONS', { cseq: 2 });
    await peer.next(/^SIP\/2.0 200/);

    const ended = phone.waitFor('ended');
    phone.dial(`sip:raw@127.0.0.1:${peer.port}`);
    const invite = await peer.next(/^INVITE/);
    peer.send(response('486 Busy Here', invite, { extra: ['Reason: Q.850;cause=17'] }), phone.address.port);
    const ack = await peer.next(/^ACK/);
    assert.equal(header(ack, 'Via'), header(invite, 'Via'));
    const { status, reason } = await ended;
    assert.deepEqual([status, reason], [486, 'Q.850;cause=17']);
  });

  it('which acknowledges each copy of a 200, and hangs up a second phone that answers too', async () => {
    const up = phone.dialUntilUp(`sip:raw@127.0.0.1:${peer.port}`);
    const invite = await peer.next(/^INVITE/);
    const contact = `Contact: <sip:first@127.0.0.1:${peer.port}>`;
    const answer = response('200 OK', invite, { tag: 'first', extra: [contact], body: sdp('sendrecv') });
    peer.send(answer, phone.address.port);
    await up;
    await peer.next(/^ACK sip:first@/);
    peer.send(answer, phone.address.port);
    await peer.next(/^ACK sip:first@/);
    peer.send(answer.replaceAll('first', 'second'), phone.address.port);
    await peer.next(/^ACK sip:second@/);
    const bye = await peer.next(/^BYE/);
    assert.match(bye, /^BYE sip:second@.*tag=second/s);
    assert.equal(phone.call?.state, 'established');
  });

  it('which follows a recorded route in its order', async () => {
    const proxy = await RawPeer.open();
    const up = phone.dialUntilUp(`sip:raw@127.0.0.1:${peer.port}`);
    const invite = await peer.next(/^INVITE/);
    const extra = [
      `Contact: <sip:first@127.0.0.1:${peer.port}>`,
      `Record-Route: <sip:far.invalid;lr>, <sip:127.0.0.1:${proxy.port};lr>`,
    ];
    peer.send(response('200 OK', invite, { extra, body: sdp('sendrecv') }), phone.address.port);
    await up;
    const ack = await proxy.next(/^ACK/);
    assert.match(ack, /^ACK sip:first@[^]*Route: <sip:127.0.0.1:\d+;lr>\r\nRoute: <sip:far.invalid;lr>\r\n/);
    proxy.close();
  });

  it('which sends no cancel before the first provisional answer', async () => {
    phone.dial(`sip:raw@127.0.0.1:${peer.port}`);
    const invite = await peer.next(/^INVITE/);
    const gone = phone.hangUp();
    assert.match(await peer.next(/^/), /^INVITE/); // only the INVITE again
    peer.send(response('100 Trying', invite), phone.address.port);
    const cancel = await peer.next(/^CANCEL/);
    assert.equal(header(cancel, 'Via'), header(invite, 'Via'));
    peer.send(response('200 OK', cancel), phone.address.port);
    peer.send(response('487 Request Terminated', invite), phone.address.port);
    await gone;
  });

  it('which gets audio before the answer', async () => {
    const up = phone.dialUntilUp(`sip:raw@127.0.0.1:${peer.port}`);
    const media = await RawPeer.open();
    const invite = await peer.next(/^INVITE/);
    const body = sdp('sendrecv', { port: media.port });
    peer.send(response('183 Session Progress', invite, { body }), phone.address.port);
    await media.next(/^/);
    assert.equal(phone.call?.state, 'ringing');
    peer.send(response('200 OK', invite, { body }), phone.address.port);
    await up;
    media.close();
  });
});
