import { createHash } from 'node:crypto';
import { type OutgoingHttpHeaders, request } from 'node:http';
import type { AvailabilityView } from '../../contracts/visitor.ts';
import type { VisitorClient } from '../support/visitor-client.ts';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

interface Ask {
  readonly method: string;
  readonly url: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

/** Sends exactly this, also what `fetch` would refuse to send. */
export function raw({ method, url, headers = {}, body }: Ask): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { hostname, port, origin } = new URL(url);
    const path = url.slice(origin.length) || '/';
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const sent = request(
      { method, host: hostname, port, path, headers: { ...length, ...headers }, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
        });
        answer.on('error', reject);
      },
    );
    sent.setTimeout(20_000, () => sent.destroy(new Error(`${method} ${path} was not answered`)));
    sent.on('error', reject);
    sent.end(body);
  });
}

/** What a stranger might send instead of the JSON that is asked for; none of it is a right request. */
export const oddBodies: Readonly<Record<string, string | Buffer>> = {
  nothing: '',
  'half an object': '{"username":',
  null: 'null',
  'a number': '7',
  'a list': '[]',
  'a text': '"hello"',
  'other fields': '{"$where":"sleep(1000)","x":1}',
  'operators for texts':
    '{"username":{"$ne":""},"password":{"$gt":""},"text":{"$ne":1},"url":{"$regex":".*"},"code":{"$ne":"x"}}',
  'a polluted prototype': '{"__proto__":{"roles":["manager"]},"constructor":{"prototype":{"x":1}}}',
  'lists for texts': '{"username":["maya"],"password":["x"],"state":["ready"],"url":["x"],"at":[1]}',
  'numbers out of range': '{"at":1e400,"version":-1,"text":"x"}',
  'ten thousand brackets': '['.repeat(10_000),
  'deep objects': `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`,
  'half a surrogate': '{"username":"\\ud800","password":"\\udfff","x":"\\u0000"}',
  'bytes that are no text': Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d]),
  'a byte order mark': '\ufeff{}',
  'a very long text': JSON.stringify({ username: 'x'.repeat(20_000), text: 'x'.repeat(20_001) }),
  'far too much': JSON.stringify({ text: 'x'.repeat(300_000) }),
  XML: '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
};

/** What might stand where an id belongs. */
export const oddIds: readonly string[] = [
  'x'.repeat(5_000),
  '..%2F..%2Fetc%2Fpasswd',
  '%00',
  '%E0%A4%A',
  '%7B%22$ne%22:1%7D',
  '%F0%9F%98%80',
  '%0d%0aSet-Cookie:%20a=b',
  "'%20or%201=1",
  '*',
];

/** Ids that look right and are nobody's. */
export const foreignIds: readonly string[] = ['0'.repeat(32), '__proto__', 'constructor', 'toString', 'maya'];

/** The visitor's work: SHA-256 of `token:nonce` begins with so many zero bits. */
export async function proofFor(visitor: VisitorClient): Promise<{ token: string; nonce: string }> {
  const { body } = await visitor.send<AvailabilityView>('GET', '/availability?service=sales');
  const { token, difficulty } = body.form;
  for (let n = 0; ; n += 1) {
    const digest = createHash('sha256')
      .update(`${token}:${String(n)}`)
      .digest();
    if (digest.readUInt32BE(0) >>> (32 - difficulty) === 0) return { token, nonce: String(n) };
  }
}
