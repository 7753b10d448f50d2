import assert from 'node:assert/strict';
import { startDeskPhone } from '../../../embedded/demo/desk-phone.ts';
import type { DeskPhone, DeskPhoneOptions } from '../../../embedded/demo/desk-phone.ts';
import { digestResponse } from '../../../embedded/demo/phones/digest.ts';
import { SoftPhone } from '../../../embedded/demo/phones/soft-phone.ts';
import { tone } from '../../../embedded/demo/phones/voice.ts';
import { Mailbox } from '../../support/mailbox.ts';
import { serveRegistrations } from './registrar.ts';
import type { Admission, RegistrarOptions } from './registrar.ts';

describe('A desk phone registers', () => {
  let admissions: Mailbox<Admission>;
  let closing: (() => unknown)[] = [];

  beforeEach(() => {
    admissions = new Mailbox();
  });

  afterEach(async () => {
    await Promise.all(closing.map((close) => close()));
    closing = [];
  });

  async function registrar(options: Partial<RegistrarOptions> = {}) {
    const all = { algorithms: ['MD5'] as const, password: 'secret', expires: 300, ...options };
    const serving = await serveRegistrations(all, admissions);
    closing.push(serving.close);
    return serving;
  }

  async function deskPhone(port: number, options: Partial<DeskPhoneOptions> = {}): Promise<DeskPhone> {
    const phone = await startDeskPhone({
      extension: '201',
      password: 'secret',
      domain: 'ringback.test',
      registrar: { host: '127.0.0.1', port },
      t1Ms: 10,
      ...options,
    });
    closing.push(() => phone.close());
    return phone;
  }

  for (const algorithm of ['MD5', 'SHA-256'] as const) {
    it(`with ${algorithm}, and leaves again`, async () => {
      const { port } = await registrar({ algorithms: [algorithm] });
      const phone = await deskPhone(port);
      const contact = `<${phone.uri}>`;
      assert.deepEqual(await admissions.next(), { contact, expires: 60, algorithm });
      assert.equal(phone.isRegistered, true);
      assert.equal(phone.aor, 'sip:201@ringback.test');

      const left = phone.waitFor('unregistered');
      await phone.unregister();
      await left;
      assert.deepEqual(await admissions.next(), { contact, expires: 0, algorithm });
      assert.equal(phone.isRegistered, false);
    });
  }

  it('with the first algorithm that it knows', async () => {
    const { port } = await registrar({ algorithms: ['SHA-256', 'MD5'] });
    await deskPhone(port);
    assert.equal((await admissions.next()).algorithm, 'SHA-256');
  });

  it('and stays registered, with one challenge for many refreshes', async () => {
    const { port, challenges } = await registrar({ expires: 0.1 });
    await deskPhone(port);
    for (let refresh = 0; refresh < 4; refresh++) await admissions.next();
    assert.equal(challenges(), 1);
  });

  it('and stays registered where every nonce is good for one use', async () => {
    const { port, challenges } = await registrar({ expires: 0.1, isStrict: true });
    await deskPhone(port);
    for (let refresh = 0; refresh < 4; refresh++) await admissions.next();
    assert.ok(challenges() >= 3);
  });

  it('for longer when the registrar finds its wish too brief', async () => {
    const { port } = await registrar({ minExpires: 120 });
    await deskPhone(port, { expiresMs: 30_000 });
    assert.equal((await admissions.next()).expires, 120);
  });

  it('and fails with a wrong password after one try', async () => {
    const { port, challenges } = await registrar();
    await assert.rejects(deskPhone(port, { password: 'wrong' }), { status: 401 });
    assert.equal(challenges(), 2);
  });

  it('and fails where no registrar is', async () => {
    const { port, close } = await registrar();
    close();
    closing = [];
    await assert.rejects(deskPhone(port), { status: 408 });
  });

  it('as soon as the registrar takes it, if it keeps trying', async () => {
    const { port } = await registrar({ outages: 3 });
    const phone = await deskPhone(port, { keepsTrying: true, retryMs: 20 });
    assert.equal(phone.isRegistered, false);
    await phone.waitFor('registered');
    await admissions.next();
    assert.equal(phone.isRegistered, true);
  });

  it('and says goodbye when it closes', async () => {
    const { port } = await registrar();
    const phone = await deskPhone(port);
    await admissions.next();
    await phone.close();
    assert.equal((await admissions.next()).expires, 0);
  });

  it('and is worked by its person, or answers by itself', async () => {
    const { port } = await registrar();
    const phone = await deskPhone(port, { answerAfterMs: 10 });
    const caller = await SoftPhone.open({ user: 'caller', displayName: 'Carla', voice: tone(440) });
    closing.push(() => caller.close());

    const rang = phone.waitFor('ringing');
    const up = caller.dialUntilUp(phone.uri);
    await rang;
    const [ringing] = phone.state.calls;
    assert.deepEqual([ringing?.state, ringing?.displayName], ['ringing', 'Carla']);
    await phone.answer();
    await up;
    await phone.hears(440);
    await phone.hangUp();

    phone.autoAnswer = true;
    await caller.dialUntilUp(phone.uri);
    assert.deepEqual([phone.state.autoAnswer, phone.state.registered], [true, true]);
  });
});

describe('A digest', () => {
  // the examples of RFC 7616 section 3.9.1
  const example = {
    username: 'Mufasa',
    password: 'Circle of Life',
    realm: 'http-auth@example.org',
    uri: '/dir/index.html',
    method: 'GET',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    nonceCount: '00000001',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    qop: 'auth',
  };

  it('is the one that the standard gives', () => {
    assert.equal(digestResponse({ ...example, algorithm: 'MD5' }), '8ca523f5e9506fed4657c9700eebdbec');
    assert.equal(
      digestResponse({ ...example, algorithm: 'SHA-256' }),
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    );
  });
});
