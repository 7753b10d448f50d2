import assert from 'node:assert/strict';
import type { Call } from '../../../embedded/demo/phones/call.ts';
import { decodeMuLaw, encodeMuLaw } from '../../../embedded/demo/phones/g711.ts';
import { toneShare } from '../../../embedded/demo/phones/ear.ts';
import { SoftPhone } from '../../../embedded/demo/phones/soft-phone.ts';
import { tone } from '../../../embedded/demo/phones/voice.ts';
import { eventually } from '../../support/eventually.ts';
import { Mailbox } from '../../support/mailbox.ts';
import { RawPeer, header, response, sdp } from './raw-peer.ts';

const HZ = 500;
const PACKET = 160;

/** One packet of a tone as another phone would send it. */
function packet(sequence: number, { type = 0, hz = HZ, first = 0x80, extra = Buffer.alloc(0) } = {}): Buffer {
  const head = Buffer.alloc(12);
  head[0] = first;
  head[1] = type;
  head.writeUInt16BE(sequence, 2);
  head.writeUInt32BE(sequence * PACKET, 4);
  const voice = tone(hz);
  const payload = Array.from({ length: PACKET }, (_, at) =>
    encodeMuLaw(voice(sequence * PACKET + at) * 32_767),
  );
  return Buffer.concat([head, extra, Buffer.from(payload)]);
}

/** A key press (RFC 4733): the event, and whether it is over. */
function key(event: number, isOver: boolean, type: number, timestamp: number): Buffer {
  const press = Buffer.from([0x80, type, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, event, isOver ? 0x8a : 0x0a, 1, 0x40]);
  press.writeUInt32BE(timestamp, 4);
  return press;
}

describe('A phone talks RTP with a peer written by hand', () => {
  let phone: SoftPhone;
  let peer: RawPeer;
  let media: RawPeer;
  let call: Call;
  let audioPort: number;

  beforeEach(async () => {
    phone = await SoftPhone.open({ user: 'phone', voice: tone(440) });
    peer = await RawPeer.open();
    media = await RawPeer.open();
    const up = phone.dialUntilUp(`sip:raw@127.0.0.1:${peer.port}`);
    const invite = await peer.next(/^INVITE/);
    audioPort = Number(/^m=audio (\d+) RTP\/AVP 0 101\r$/m.exec(invite)?.[1]);
    assert.equal(header(invite, 'Content-Type'), 'application/sdp');
    peer.send(
      response('200 OK', invite, { body: sdp('sendrecv', { port: media.port }) }),
      phone.address.port,
    );
    call = await up;
  });

  afterEach(() => {
    phone.vanish();
    peer.close();
    media.close();
  });

  const talk = (from: RawPeer, hz: number) => {
    for (let sequence = 0; sequence < 12; sequence++) from.send(packet(sequence, { hz }), audioPort);
  };

  it('in packets of 20 ms, numbered without a gap and timed in whole packets', async () => {
    const packets: Buffer[] = [];
    while (packets.length < 15) packets.push(await media.nextBytes());
    const first = packets[0]!;
    packets.forEach((one, index) => {
      assert.equal(one.length, 12 + PACKET);
      assert.equal(one[0], 0x80);
      assert.equal(one[1], index === 0 ? 0x80 : 0, 'only the first begins a talkspurt');
      assert.equal(one.readUInt16BE(2), (first.readUInt16BE(2) + index) & 0xffff);
      // a machine that stood still for long skips what is too old to say
      const sinceLast = one.readUInt32BE(4) - (packets[index - 1] ?? one).readUInt32BE(4);
      assert.ok(
        sinceLast % PACKET === 0 && sinceLast >= Math.min(index, 1) * PACKET,
        `${sinceLast} samples on`,
      );
      assert.ok(toneShare(decodeMuLaw(one.subarray(12)), 440) > 0.9);
      assert.equal(one.readUInt32BE(8), first.readUInt32BE(8));
    });
  });

  it('and hears it', async () => {
    const hears = call.hears(HZ);
    talk(media, HZ);
    await hears;
  });

  it('and hears what stands behind sources, an extension and padding', async () => {
    const hears = call.hears(HZ, { share: 0.99 });
    const extra = Buffer.from([0, 0, 0, 7, 0xbe, 0xde, 0, 1, 1, 2, 3, 4]);
    for (let sequence = 0; sequence < 12; sequence++) {
      const padded = Buffer.concat([packet(sequence, { first: 0xb1, extra }), Buffer.from([9, 9, 9, 4])]);
      media.send(padded, audioPort);
    }
    await hears;
  });

  it('and does not listen to a stranger', async () => {
    const stranger = await RawPeer.open();
    const hears = call.hears(HZ);
    talk(media, HZ);
    await hears;
    const hearsNot = assert.rejects(call.hears(700, { withinMs: 300 }));
    talk(stranger, 700);
    await hearsNot;
    await eventually('all refused', () => call.packets.refused === 12 || undefined);
    stranger.close();
  });

  it('and listens to the agreed address even if a stranger was first', async () => {
    const stranger = await RawPeer.open();
    talk(stranger, 700);
    const hears = call.hears(HZ);
    talk(media, HZ);
    await hears;
    stranger.close();
  });

  it('and hears a stranger where nobody else speaks for a while: it is the other end, behind a NAT', async () => {
    const other = await RawPeer.open();
    const speaks = setInterval(() => talk(other, HZ), 50);
    await call.hears(HZ).finally(() => clearInterval(speaks));
    other.close();
  });

  it('and passes over what is no RTP', async () => {
    const hears = call.hears(HZ);
    for (const noise of [
      Buffer.alloc(0),
      Buffer.alloc(5),
      Buffer.alloc(200),
      Buffer.from('80c80006', 'hex'),
    ]) {
      media.send(noise, audioPort);
    }
    media.send(packet(0, { type: 8, hz: 700 }), audioPort);
    talk(media, HZ);
    await hears;
    assert.equal(call.packets.received >= 10, true);
  });

  it('and hears a key once, under the number of its own description', async () => {
    const digits = new Mailbox<string>();
    call.on('digit', (digit) => {
      digits.put(digit);
    });
    for (const isOver of [false, false, true, true, true]) media.send(key(1, isOver, 101, 800), audioPort);
    media.send(key(2, false, 96, 1600), audioPort); // 96 is the peer's own number
    media.send(key(11, false, 101, 2400), audioPort);
    assert.deepEqual([await digits.next(), await digits.next()], ['1', '#']);
    assert.deepEqual(digits.unread, []);
  });

  it('and presses keys under the number of the peer', async () => {
    call.press('9');
    let pressed = await media.nextBytes();
    while ((pressed[1]! & 0x7f) === 0) pressed = await media.nextBytes();
    assert.equal(pressed[1], 0x80 | 96);
    const presses = [pressed];
    while (presses.length < 7) presses.push(await media.nextBytes());
    assert.deepEqual(
      presses.map((one) => [one[12], one[13]! >> 7]),
      [0, 0, 0, 0, 1, 1, 1].map((end) => [9, end]),
    );
    assert.equal((await media.nextBytes())[1]! & 0x7f, 0, 'then the voice goes on');
  });
});

describe('G.711 mu-law', () => {
  it('gives every code back, and every sample within a sixteenth of its size', () => {
    for (let code = 0; code < 256; code++) {
      if (code === 0x7f) continue; // minus zero
      assert.equal(encodeMuLaw(decodeMuLaw(Uint8Array.of(code))[0]!), code);
    }
    for (let sample = -32_124; sample <= 32_124; sample += 7) {
      const [back] = decodeMuLaw(Uint8Array.of(encodeMuLaw(sample)));
      assert.ok(Math.abs(back! - sample) <= Math.max(8, Math.abs(sample) / 16), `${sample} became ${back}`);
    }
  });

  it('has the values that the standard gives', () => {
    const pairs = [
      [0xff, 0],
      [0x80, 32_124],
      [0x00, -32_124],
      [0xef, 132],
      [0xf0, 120],
      [0xfe, 8],
    ] as const;
    for (const [code, sample] of pairs) assert.equal(decodeMuLaw(Uint8Array.of(code))[0], sample);
  });
});
