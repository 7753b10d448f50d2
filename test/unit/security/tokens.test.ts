import assert from 'node:assert/strict';
import { createHash, createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { SignedIdentity } from '../../../contact-server/adapters/signed-identity.ts';
import { codeWordFor } from '../../../contact-server/app/code-word.ts';
import { FormProof } from '../../../contact-server/app/form-proof.ts';
import { hashToken, newToken, sign, verified } from '../../../contact-server/app/tokens.ts';
import { ProblemError } from '../../../server-kit/problem.ts';
import { systemClock } from '../../../server-kit/clock.ts';

const key = Buffer.alloc(32, 7);

describe('A signed token', () => {
  const token = sign(key, 'viewer', 'payload.with.dots');

  it('gives its payload back to the purpose and the key it was made with, and to no other', () => {
    assert.equal(verified(key, 'viewer', token), 'payload.with.dots');
    assert.equal(verified(key, 'session', token), undefined);
    assert.equal(verified(Buffer.alloc(32, 8), 'viewer', token), undefined);
  });

  it('is worth nothing once a single letter is another', () => {
    for (let i = 0; i < token.length; i += 1) {
      const other = token[i] === 'A' ? 'B' : 'A';
      assert.equal(
        verified(key, 'viewer', token.slice(0, i) + other + token.slice(i + 1)),
        undefined,
        String(i),
      );
    }
    for (const it of ['', '.', 'x', '.x', 'x.', `${token}.`, ` ${token}`])
      assert.equal(verified(key, 'viewer', it), undefined);
  });

  it('is of 128 random bits where it is random', () => {
    const all = new Set(Array.from({ length: 1_000 }, newToken));
    assert.equal(all.size, 1_000);
    for (const it of all) assert.equal(Buffer.from(it, 'base64url').length, 16);
  });
});

describe('The word that is said first', () => {
  it('belongs to the callback and to this very call', () => {
    assert.match(codeWordFor(key, 'a', 'b'), /^[A-Z]{5}-\d\d$/);
    assert.equal(codeWordFor(key, 'a', 'b'), codeWordFor(key, 'a', 'b'));
    const words = new Set(Array.from({ length: 200 }, (_, i) => codeWordFor(key, 'a', String(i))));
    assert.ok(words.size > 150, 'the next call has another');
    assert.notEqual(codeWordFor(key, 'ab', 'c'), codeWordFor(key, 'a', 'bc'));
  });
});

describe('An identity token of the company', () => {
  const secret = 'a secret that the shop shares with the centre';
  const now = 1_800_000_000_000;
  const seconds = now / 1000;
  const proofs = new SignedIdentity(secret, () => now);
  const part = (it: unknown): string =>
    Buffer.from(typeof it === 'string' ? it : JSON.stringify(it)).toString('base64url');
  const token = (
    claims: unknown,
    header: unknown = { alg: 'HS256', typ: 'JWT' },
    by = secret,
    hash = 'sha256',
  ): string => {
    const signed = `${part(header)}.${part(claims)}`;
    return `${signed}.${createHmac(hash, by).update(signed).digest('base64url')}`;
  };
  const good = { sub: 'c-1', exp: seconds + 600 };

  it('proves the customer it names', async () => {
    assert.deepEqual(await proofs.verify(token(good)), { customerId: 'c-1' });
  });

  it('proves nothing unsigned, with another algorithm or another key, or changed', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const rs = `${part({ alg: 'RS256' })}.${part(good)}`;
    const whole = token(good);
    const [head = '', , mac = ''] = whole.split('.');
    for (const it of [
      `${part({ alg: 'none' })}.${part(good)}.`,
      token(good, { alg: 'none' }),
      token(good, { alg: 'HS512' }, secret, 'sha512'),
      token(good, { alg: 'hs256' }),
      token(good, { alg: ['HS256'] }),
      token(good, 'null'),
      token(good, undefined, 'another secret of the same length indeed'),
      token(good, undefined, ''),
      `${rs}.${createSign('sha256').update(rs).sign(rsa.privateKey, 'base64url')}`,
      `${head}.${part({ ...good, sub: 'c-2' })}.${mac}`,
      whole.slice(0, -1),
      `${whole}.`,
      `${whole}.x`,
      '..',
      '',
      'x',
    ])
      assert.equal(await proofs.verify(it), undefined, it);
  });

  it('proves nothing expired, without an end, or good for longer than an hour', async () => {
    for (const claims of [
      { sub: 'c-1' },
      { ...good, exp: seconds - 31 },
      { ...good, exp: seconds + 3_700 },
      { ...good, exp: '9999999999' },
      { ...good, exp: Number.MAX_VALUE },
      { exp: good.exp },
      { ...good, sub: { $ne: '' } },
      { ...good, sub: 7 },
      [],
      'null',
    ])
      assert.equal(await proofs.verify(token(claims)), undefined, JSON.stringify(claims));
  });

  it('proves nothing where no secret is shared, not even with an empty one', async () => {
    const none = new SignedIdentity(undefined, () => now);
    assert.equal(await none.verify(token(good, undefined, '')), undefined);
    assert.equal(await none.verify(token(good, undefined, 'undefined')), undefined);
  });
});

describe('The proof that a person filled in the form', () => {
  let at = 1_000_000;
  const used = new Map<string, string>();
  const proof = new FormProof({
    key,
    clock: { ...systemClock, now: () => at },
    difficulty: 8,
    minFillMs: 1_500,
    validMs: 60_000,
    useOnce(token, _validMs, request) {
      const before = used.get(token) ?? request;
      used.set(token, before);
      return Promise.resolve(before === request);
    },
  });
  const site = 'https://shop.example';
  const words = 'You may call me.';
  const work = (token: string, isDone: boolean): string => {
    for (let n = 0; ; n += 1) {
      const first =
        createHash('sha256')
          .update(`${token}:${String(n)}`)
          .digest()[0] ?? 1;
      if ((first === 0) === isDone) return String(n);
    }
  };
  const refusal = async (checked: Promise<void>): Promise<string | undefined> => {
    try {
      await checked;
      return undefined;
    } catch (error) {
      assert.ok(error instanceof ProblemError);
      return error.problem.rule;
    }
  };
  const check = async (
    ...[shown, origin, request]: [...Parameters<FormProof['read']>, string]
  ): Promise<void> => proof.read(shown, origin).use(request);
  const filled = (): { token: string; nonce: string } => {
    const { token } = proof.issue(site, words);
    at += 2_000;
    return { token, nonce: work(token, true) };
  };

  it('is taken for one request', async () => {
    const it_ = filled();
    assert.equal(await refusal(check(it_, site, 'key-1')), undefined);
    assert.equal(await refusal(check(it_, site, 'key-2')), 'form/used');
  });

  it('is not taken without the work, on another site, too soon, too late, or forged', async () => {
    const { token } = proof.issue(site, words);
    assert.equal(await refusal(check({ token, nonce: work(token, true) }, site, 'key-3')), 'form/too-fast');
    at += 2_000;
    assert.equal(await refusal(check({ token, nonce: work(token, false) }, site, 'key-4')), 'form/work');
    assert.equal(
      await refusal(check({ token, nonce: work(token, true) }, 'https://evil.example', 'key-9')),
      'form/expired',
    );
    assert.equal(await refusal(check(undefined, site, 'key-5')), 'form/missing');
    const easier = token.replace('.8.', '.0.');
    assert.equal(await refusal(check({ token: easier, nonce: '0' }, site, 'key-6')), 'form/expired');
    at += 60_001;
    assert.equal(await refusal(check({ token, nonce: work(token, true) }, site, 'key-7')), 'form/expired');
  });

  it('tells which words were on the form, also when the company has others by now', () => {
    const { token, nonce } = filled();
    const form = proof.read({ token, nonce }, site);
    assert.ok(form.hasShown(words));
    assert.ok(!form.hasShown('You may sell my number.'));
  });

  it('keeps no token, only its hash', () => {
    assert.notEqual(hashToken('a'), 'a');
    assert.equal(Buffer.from(hashToken('a'), 'base64url').length, 32);
  });
});
