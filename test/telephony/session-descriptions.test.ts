import assert from 'node:assert/strict';
import fc from 'fast-check';
import { failure, failureFor } from '../../contact-server/adapters/drachtio/outcome.ts';
import type { Direction } from '../../contact-server/adapters/drachtio/sdp.ts';
import {
  hasMoved,
  parseSdp,
  silentAnswer,
  silentSdp,
  writeSdp,
} from '../../contact-server/adapters/drachtio/sdp.ts';

const body = (...audio: string[]): string =>
  ['v=0', 'o=phone 7 3 IN IP4 192.0.2.9', 's=-', 'c=IN IP4 192.0.2.9', 't=0 0', ...audio, ''].join('\r\n');
const parsed = (...audio: string[]) => {
  const sdp = parseSdp(body(...audio));
  assert(sdp);
  return sdp;
};
const plain = parsed('m=audio 4000 RTP/AVP 0 101', 'a=rtpmap:101 telephone-event/8000', 'a=sendrecv');

describe('A session description', () => {
  it('is read whichever way it is written', () => {
    assert.deepEqual(
      [plain.session, plain.version, plain.address, plain.port],
      ['7', '3', '192.0.2.9', 4000],
    );
    assert.equal(parsed('m=audio 4000 RTP/AVP 0', 'c=IN IP4 198.51.100.1').address, '198.51.100.1');
    assert.equal(parsed('m=audio 4000 RTP/AVP 0').direction, 'sendrecv');
    assert.equal(parsed('a=recvonly', 'm=audio 4000 RTP/AVP 0').direction, 'recvonly');
    assert.equal(parseSdp(body('m=audio 4000 RTP/AVP 0').replaceAll('\r\n', '\n'))?.port, 4000);
  });

  it('that names no address is a hold of the old kind', () => {
    const direction = (written: string): Direction =>
      parsed('m=audio 4 RTP/AVP 0', 'c=IN IP4 0.0.0.0', `a=${written}`).direction;
    assert.deepEqual(['sendrecv', 'sendonly', 'recvonly', 'inactive'].map(direction), [
      'sendonly',
      'sendonly',
      'inactive',
      'inactive',
    ]);
  });

  it('is none without audio in the first place', () => {
    for (const text of ['', 'v=0', body('m=video 1 RTP/AVP 96'), body(), 'nonsense\r\nm=audio 1 RTP/AVP 0']) {
      assert.equal(parseSdp(text), undefined, text);
    }
  });

  it('passes from one phone to the other with all it says of codecs, under our own name and direction', () => {
    const lines = ['a=rtpmap:96 opus/48000/2', 'a=fmtp:96 useinbandfec=1', 'a=ptime:20', 'a=rtcp:4001'];
    const sdp = parsed('m=audio 4000 RTP/AVP 96', ...lines, 'a=sendonly');
    const said = writeSdp({ session: '1', version: 2, address: '203.0.113.1' }, sdp, {
      direction: 'inactive',
    });
    assert.match(said, /^v=0\r\no=- 1 2 IN IP4 203\.0\.113\.1\r\ns=-\r\nc=IN IP4 192\.0\.2\.9\r\n/);
    for (const line of lines) assert(said.includes(`${line}\r\n`), line);
    assert(!said.includes('sendonly'));
    assert.equal(parseSdp(said)?.direction, 'inactive');
  });

  it('says the same when it is read and written again', () => {
    const direction = fc.constantFrom<Direction>('sendrecv', 'sendonly', 'recvonly', 'inactive');
    const port = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(port, direction, fc.ipV4(), fc.nat(), (port, direction, address, version) => {
        fc.pre(address !== '0.0.0.0');
        const sdp = { ...plain, port, address, direction };
        const again = parseSdp(writeSdp({ session: '7', version, address }, sdp, { direction }));
        assert.deepEqual(again, { ...sdp, version: String(version) });
      }),
    );
  });

  it('never keeps a stream we did not ask for', () => {
    const sdp = parsed(
      'm=audio 4000 RTP/AVP 0',
      'm=video 5000 RTP/AVP 96',
      'a=rtpmap:96 VP8/90000',
      'm=image 6 udptl t38',
    );
    const said = writeSdp({ session: '1', version: 1, address: '::1' }, sdp, {
      direction: 'sendrecv',
      refuse: sdp.others,
    });
    assert.deepEqual(said.match(/^m=.*$/gm), [
      'm=audio 4000 RTP/AVP 0',
      'm=video 0 RTP/AVP 96',
      'm=image 0 udptl t38',
    ]);
    assert.match(said, /IN IP6 ::1/);
  });

  it('of silence sends nobody anywhere', () => {
    assert.equal(silentSdp('192.0.2.1').direction, 'inactive');
    const answer = silentAnswer('192.0.2.1', plain);
    assert.deepEqual([answer.address, answer.port, answer.direction], ['192.0.2.1', 9, 'inactive']);
    assert.deepEqual(answer.formats, plain.formats);
  });

  it('has moved when its phone listens elsewhere or renumbers a codec in use, and not for less', () => {
    const told = parsed('m=audio 4000 RTP/AVP 0 8 101', 'a=rtpmap:101 telephone-event/8000');
    const moved = (...now: string[]): boolean => hasMoved(told, parsed(...now), plain);
    assert.equal(moved('m=audio 4000 RTP/AVP 0 8 101', 'a=rtpmap:101 telephone-event/8000'), false);
    assert.equal(moved('m=audio 4000 RTP/AVP 0'), false); // PCMA is not what the other sends
    assert.equal(moved('m=audio 4000 RTP/AVP 0 96', 'a=rtpmap:96 telephone-event/8000'), false);
    assert.equal(moved('m=audio 4002 RTP/AVP 0 8'), true);
    assert.equal(moved('m=audio 4000 RTP/AVP 8'), true);
    assert.equal(moved('m=audio 4000 RTP/AVP 96', 'a=rtpmap:96 PCMU/8000'), true);
  });
});

describe('A refused call', () => {
  const outcome = (status: number, rang = false, reason?: string): string =>
    failureFor('customer', { status, rang, reason }).outcome;

  it('that rang before it timed out or was forbidden is the person’s doing, else the trunk’s', () => {
    assert.deepEqual([outcome(408, true), outcome(408)], ['no-answer', 'trunk-error']);
    assert.deepEqual([outcome(403, true), outcome(403)], ['rejected', 'trunk-error']);
  });

  it('is known by the telephone network’s cause before the SIP status', () => {
    const causes = {
      1: 'bad-number',
      17: 'busy',
      18: 'no-answer',
      19: 'no-answer',
      21: 'rejected',
      38: 'trunk-error',
    };
    for (const [cause, word] of Object.entries(causes)) {
      assert.equal(outcome(480, false, `SIP;cause=480, Q.850 ; cause=${cause}`), word);
    }
    assert.equal(outcome(486, true, 'Q.850;cause=16'), 'busy');
  });

  it('has an outcome for every status there is', () => {
    for (let status = 300; status < 700; status += 1) {
      assert.notEqual(outcome(status), undefined);
      assert.equal(failureFor('customer', { status, rang: false }).detail, `SIP ${status}`);
      if (status >= 500 && status < 600) assert.equal(outcome(status), 'trunk-error');
      if (status < 400) assert.equal(outcome(status), 'trunk-error');
    }
  });

  it('of an agent’s phone is never a trunk’s fault', () => {
    for (let status = 300; status < 700; status += 1) {
      assert.notEqual(failureFor('agent', { status, rang: false }).outcome, 'trunk-error');
    }
    assert.equal(failure('agent', 'trunk-error', 'x').outcome, 'agent-lost');
  });
});
