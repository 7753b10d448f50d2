import assert from 'node:assert/strict';
import fc from 'fast-check';
import { frame, FrameReader, LARGEST_FRAME } from '../../../embedded/sip-server/control/frame-reader.ts';

function reader(): { push: (bytes: string | Buffer) => boolean; frames: string[] } {
  const frames: string[] = [];
  const inner = new FrameReader((payload) => frames.push(payload));
  return { push: (bytes) => inner.push(Buffer.from(bytes as string, 'latin1')), frames };
}

describe('The bytes of an application are cut into frames', () => {
  it('wherever the network has cut them before', () => {
    const payloads = fc.array(
      fc.string({ minLength: 1, maxLength: 300, unit: fc.constantFrom('a', '#', '1', '|', '\r', '\n', 'é') }),
    );
    fc.assert(
      fc.property(payloads, fc.infiniteStream(fc.integer({ min: 1, max: 40 })), (all, sizes) => {
        const { push, frames } = reader();
        const bytes = Buffer.from(all.map(frame).join(''), 'latin1');
        for (let at = 0; at < bytes.length;) {
          const size = sizes.next().value as number;
          assert.ok(push(bytes.subarray(at, at + size)));
          at += size;
        }
        assert.deepEqual(frames, all);
      }),
    );
  });

  it('counting bytes, not letters', () => {
    const { push, frames } = reader();
    const text = Buffer.from('id|sip|☎');
    push(Buffer.concat([Buffer.from(`${text.length}#`), text]));
    assert.equal(Buffer.from(frames[0] ?? '', 'latin1').toString('utf8'), 'id|sip|☎');
  });

  it('up to 99,999 bytes', () => {
    const { push, frames } = reader();
    assert.ok(push(frame('x'.repeat(LARGEST_FRAME))));
    assert.equal(frames[0]?.length, LARGEST_FRAME);
  });

  for (const [what, bytes] of [
    ['a sixth digit', '100000#'],
    ['a sixth digit without a hash', '1234567'],
    ['a letter', '12a#'],
    ['a sign', '-5#hello'],
    ['a space', ' 5#hello'],
    ['no length', '#hello'],
    ['a length of nothing', '0#'],
    ['TLS', '\x16\x03\x01\x02\x00\x01'],
    ['HTTP', 'GET / HTTP/1.1\r\n'],
  ] as const) {
    it(`and ${what} ends it`, () => {
      const { push, frames } = reader();
      assert.equal(push(bytes), false);
      assert.deepEqual(frames, []);
    });
  }
});
