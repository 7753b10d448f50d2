import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseAddress, parseVia, splitList, tagOf } from '../../../embedded/sip-server/sip/header-values.ts';
import type { SipMessage } from '../../../embedded/sip-server/sip/message.ts';
import { parseMessage } from '../../../embedded/sip-server/sip/parse-message.ts';
import { StreamReader } from '../../../embedded/sip-server/sip/stream-reader.ts';
import { paramOf, parseUri } from '../../../embedded/sip-server/sip/uri.ts';

const HEAD = [
  'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa',
  'From: "A, <b>" <sip:a@example.com>;tag=1',
  'To: <sip:b@example.com>',
  'Call-ID: c@d',
  'CSeq: 7 OPTIONS',
];

function text(headers = HEAD, body = '', start = 'OPTIONS sip:b@example.com SIP/2.0'): string {
  return `${[start, ...headers].join('\r\n')}\r\n\r\n${body}`;
}

function whole(input: string): SipMessage {
  const message = parseMessage(input);
  assert.ok(typeof message !== 'string', `refused as ${String(message)}`);
  return message;
}

describe('SIP text from the network', () => {
  it('goes on to the application as it came: names, order, repeated headers, bytes of any kind', () => {
    const original = text(
      [...HEAD, 'X-b: \xff\xfe', 'x-B: 2', 'i-am: odd', 'Content-Length: 3'],
      '\x00\x80\r',
    );
    assert.equal(whole(original).toString(), original);
  });

  it('is the same after it was packed away: as a text, and to whoever asks for a part', () => {
    const original = text(
      [...HEAD, 'X-b: \xff\xfe', 'x-B: 2:3', 'v: SIP/2.0/TCP other', 'i-am: odd', 'Subject: ', 'l: 3'],
      '\x00\r\n',
    );
    const [untouched, packed] = [whole(original), whole(original)];
    const parts = ({
      method,
      uri,
      status,
      body,
      callId,
      cseq,
      fromTag,
      toTag,
      via,
      headers,
    }: SipMessage) => ({
      ...{ method, uri, status, body, callId, cseq, fromTag, toTag, via, headers },
    });
    packed.pack();
    packed.pack();
    assert.equal(packed.toString(), untouched.toString());
    assert.deepEqual(parts(packed), parts(untouched));
    packed.replaceFirst('via', 'SIP/2.0/UDP 192.0.2.9');
    packed.pack();
    assert.equal(packed.via.host, '192.0.2.9');
    const response = whole(text(HEAD, '', 'SIP/2.0 200 Fine'));
    response.pack();
    assert.equal(response.toString(), text(HEAD, '', 'SIP/2.0 200 Fine'));
  });

  it('may use compact forms and any case', () => {
    const compact = text([
      'v: SIP/2.0/UDP h;branch=z9hG4bKa',
      'f: <sip:a@b>;TAG=x',
      't: sip:b@c;tag=y',
      'i: id',
      'CSEQ: 1 OPTIONS',
      'l: 0',
    ]);
    const message = whole(compact);
    assert.deepEqual(
      [message.via.host, message.fromTag, message.toTag, message.callId],
      ['h', 'x', 'y', 'id'],
    );
  });

  it('may fold lines, use bare line feeds, and have empty lines in front', () => {
    const message = whole(`\r\n\r\n${text([...HEAD, 'Subject: one', '\ttwo', '  three'])}`);
    assert.equal(message.get('subject'), 'one two three');
    assert.equal(whole(text().replaceAll('\r\n', '\n')).callId, 'c@d');
  });

  it('goes on as we write it, when it was not written so: blanks, folds, cases, and what is changed later', () => {
    const odd = [
      'SIP/2.0 200  Fine',
      'Via:SIP/2.0/UDP a ',
      ...HEAD.slice(1),
      'Subject: one',
      ' two',
      'X: a\x00b',
      'l:0',
    ];
    const even = [
      'SIP/2.0 200 Fine',
      'Via: SIP/2.0/UDP a',
      ...HEAD.slice(1),
      'Subject: one two',
      'X: a b',
      'l: 0',
    ];
    const message = whole(`\r\n${odd.join('\r\n')}\r\n\r\nbehind it`);
    assert.equal(message.toString(), `${even.join('\r\n')}\r\n\r\n`);
    const plain = whole(message.toString()).add('Y', 'later');
    plain.replaceFirst('via', 'SIP/2.0/UDP b');
    assert.equal(plain.toString(), `${[...even, 'Y: later'].join('\r\n')}\r\n\r\n`.replace('UDP a', 'UDP b'));
    assert.equal(plain.via.host, 'b');
  });

  it('loses what is behind its body, and lines that are no header', () => {
    assert.equal(whole(text([...HEAD, 'Content-Length: 2', 'no header'], 'abcdef')).body, 'ab');
    assert.ok(
      !whole(text([...HEAD, 'no header']))
        .toString()
        .includes('no header'),
    );
  });

  it('can not smuggle line ends into a header', () => {
    const message = whole(text([...HEAD, 'Subject: a\rVia: b\x00c\nd']));
    assert.equal(message.get('subject'), 'a Via: b c d');
  });

  for (const [flaw, input] of [
    ['keep-alive', '\r\n\r\n'],
    ['unfinished', 'OPTIONS sip:b SIP/2.0\r\nVia: x'],
    ['start-line', text(HEAD, '', 'OPTIONS sip:b SIP/3.0')],
    ['start-line', text(HEAD, '', 'SIP/2.0 999 No')],
    ['start-line', text(HEAD, '', 'OPTIONS  SIP/2.0')],
    ['start-line', 'GET / HTTP/1.1\r\n\r\n'],
    ['missing-header', text(HEAD.slice(1))],
    ['missing-header', text(HEAD.slice(0, 3))],
    ['doubled-header', text([...HEAD, 'i: other'])],
    ['doubled-header', text([...HEAD, 'Content-Length: 0', 'l: 5'])],
    ['bad-header', text([...HEAD.slice(0, 4), 'CSeq: 4294967296 OPTIONS'])],
    ['bad-header', text([...HEAD.slice(0, 4), 'CSeq: 7 INVITE'])],
    ['bad-header', text(['Via: nonsense', ...HEAD.slice(1)])],
    ['content-length', text([...HEAD, 'Content-Length: 5'], 'ab')],
    ['content-length', text([...HEAD, 'Content-Length: -1'])],
    ['content-length', text([...HEAD, 'Content-Length: 99999999999999999999'])],
    ['many-headers', text([...HEAD, ...Array.from({ length: 300 }, () => 'a: b')])],
    ['long-head', text([...HEAD, `a: ${'b'.repeat(40_000)}`])],
    ['long-head', `OPTIONS sip:b SIP/2.0\r\n${'a'.repeat(40_000)}`],
  ] as const) {
    it(`is dropped as ${flaw}: ${JSON.stringify(input.slice(0, 30))}…`, () => {
      assert.equal(parseMessage(input), flaw);
    });
  }

  it('never breaks the parser, whatever it is', () => {
    const pieces = fc.constantFrom(
      '\r\n',
      '\n',
      ':',
      ';',
      '"',
      '<',
      '>',
      ',',
      '\\',
      ' ',
      '\t',
      'sip:',
      '@',
      '=',
      'tag',
      ...HEAD,
    );
    const input = fc.array(fc.oneof(pieces, fc.string({ maxLength: 8 })), { maxLength: 60 });
    fc.assert(
      fc.property(input, (parts) => {
        const garbage = parts.join('');
        parseMessage(garbage);
        const message = parseMessage(text([...HEAD, garbage], garbage));
        if (typeof message !== 'string') assert.equal(typeof parseMessage(message.toString()), 'object');
        splitList(garbage);
        parseAddress(garbage);
        parseVia(garbage);
        parseUri(garbage);
        paramOf(garbage, 'tag');
      }),
      { numRuns: 500 },
    );
  });

  it('takes no longer for being nasty', () => {
    for (const nasty of ['"', '<', ';', ',', ' ', '\\"', '@', 'sip:', '\r\n ', ':']) {
      const long = nasty.repeat(Math.floor(300_000 / nasty.length));
      parseMessage(text([...HEAD.slice(0, 1), `From: ${long}`, ...HEAD.slice(2)]));
      parseMessage(text(HEAD, '', `OPTIONS ${long} SIP/2.0`));
      parseUri(`sip:${long}`);
      parseVia(`SIP/2.0/UDP ${long}`);
      splitList(long);
      tagOf(long);
    }
  });
});

describe('Parts of SIP headers', () => {
  it('are found in URIs', () => {
    assert.deepEqual(parseUri('sip:bob:pw@[2001:DB8::1]:5070;transport=TCP;lr?Subject=x'), {
      scheme: 'sip',
      user: 'bob:pw',
      host: '2001:db8::1',
      port: 5070,
      params: ';transport=TCP;lr',
    });
    assert.equal(parseUri('sip:1;phone-context=x@Example.COM')?.host, 'example.com');
    assert.equal(parseUri('tel:+442079460100')?.scheme, 'tel');
    for (const wrong of ['', 'sip:', 'http://x', 'sip:a@b:99999', 'sip:a b@c', 'sip:a@@b', '*']) {
      assert.equal(parseUri(wrong), undefined, wrong);
    }
  });

  it('are found among parameters, quoted or not', () => {
    assert.equal(paramOf(';a="x;tag=no\\"";tag=yes;lr', 'tag'), 'yes');
    assert.equal(paramOf(';a="x;tag=no\\"";tag=yes;lr', 'a'), 'x;tag=no"');
    assert.equal(paramOf(';a;LR', 'lr'), '');
    assert.equal(paramOf(';a', 'b'), undefined);
  });

  it('are found in addresses with names that look like addresses', () => {
    assert.equal(parseAddress('"<sip:evil@x>;tag=2" <sip:a@b;x=1>;tag=1').uri, 'sip:a@b;x=1');
    assert.equal(tagOf('"<sip:evil@x>;tag=2" <sip:a@b;tag=3>;tag=1'), '1');
    assert.equal(tagOf('sip:a@b;tag=1'), '1');
  });

  it('are found in lists with commas inside', () => {
    const list = '"a, b" <sip:a,b@c>;q=1 , <sip:d>,sip:e';
    assert.deepEqual(splitList(list), ['"a, b" <sip:a,b@c>;q=1', '<sip:d>', 'sip:e']);
  });
});

describe('A TCP stream of SIP', () => {
  const message = text([...HEAD, 'Content-Length: 4'], 'body');

  it('is cut into messages wherever the network cut it', () => {
    for (let size = 1; size < 50; size += 7) {
      const got: string[] = [];
      let pings = 0;
      const reader = new StreamReader(
        (one) => got.push(one),
        () => pings++,
      );
      const bytes = Buffer.from(`${message}\r\n\r\n${message}${message}`);
      for (let at = 0; at < bytes.length; at += size) assert.ok(reader.push(bytes.subarray(at, at + size)));
      assert.deepEqual(got, [message, message, message]);
      assert.ok(size < 4 || pings === 1);
    }
  });

  it('ends when it can not be followed: an endless head, or a body beyond all bounds', () => {
    const reader = new StreamReader(
      () => {},
      () => {},
    );
    assert.equal(reader.push(Buffer.from('a'.repeat(40_000))), false);
    const other = new StreamReader(
      () => {},
      () => {},
    );
    assert.equal(other.push(Buffer.from(text([...HEAD, 'Content-Length: 900000']))), false);
  });
});
