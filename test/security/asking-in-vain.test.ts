import assert from 'node:assert/strict';
import mongoose from 'mongoose';
import type { Problem } from '../../contracts/problem.ts';
import type { CallbackCreated } from '../../contracts/visitor.ts';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { newKey, type VisitorAnswer, type VisitorClient } from '../support/visitor-client.ts';
import { proofFor } from './asking.ts';

describe('A request that is not accepted', function () {
  this.timeout(120_000);
  let it_: TestCentre;
  let mongo: mongoose.Connection;

  before(async () => {
    it_ = await openCentre({
      env: {
        PROOF_BITS: '8',
        CALLBACKS_PER_NUMBER_DAY: '3',
        CALLBACKS_PER_ADDRESS_HOUR: '3',
        ASKS_PER_ADDRESS_HOUR: '8',
      },
    });
    const url = it_.centre.env['MONGODB_URL'] ?? '';
    const dbName = it_.centre.env['MONGODB_DATABASE'] ?? '';
    mongo = await mongoose.createConnection(url, { dbName }).asPromise();
    // The link has to be up first.
    while ((await it_.visitor('198.51.100.39').send('GET', '/services')).status !== 200);
  });
  after(async () => {
    await mongo.close();
    await it_.close();
  });

  const send = (
    visitor: VisitorClient,
    phone: string,
    more: object = {},
    key = newKey(),
  ): Promise<VisitorAnswer<CallbackCreated & Problem>> =>
    visitor.send('POST', '/callbacks', visitor.request(phone, more), { 'idempotency-key': key });
  const sendProved = async (
    visitor: VisitorClient,
    phone: string,
    more: object = {},
    key = newKey(),
  ): ReturnType<typeof send> => send(visitor, phone, { proof: await proofFor(visitor), ...more }, key);
  const cancel = async (visitor: VisitorClient, { id, token }: CallbackCreated): Promise<void> => {
    const bearer = { authorization: `Bearer ${token}` };
    assert.equal((await visitor.send('DELETE', `/callbacks/${id}`, undefined, bearer)).status, 200);
  };

  it('for want of a proof locks nobody’s number out, and its own address is stopped [SC7]', async () => {
    const phone = '020 7946 0140';
    const stranger = it_.visitor('198.51.100.40');
    const statuses: number[] = [];
    for (let n = 0; n < 10; n += 1) statuses.push((await send(stranger, phone)).status);
    assert.deepEqual(statuses, [...Array.from({ length: 8 }, () => 403), 429, 429]);
    const late = await sendProved(stranger, phone);
    assert.deepEqual([late.status, late.body.rule], [429, 'limits/asks']);
    const owner = await sendProved(it_.visitor('198.51.100.41'), phone);
    assert.equal(owner.status, 201, JSON.stringify(owner.body));
  });

  it('takes none of the three that its number has a day: those are for what is accepted [SC7]', async () => {
    const phone = '020 7946 0141';
    const visitor = it_.visitor('198.51.100.42');
    const past = { at: '2020-01-01T10:00:00Z' };
    for (let n = 0; n < 3; n += 1) assert.equal((await sendProved(visitor, phone, past)).status, 400);
    const { body: first } = await sendProved(visitor, phone);
    for (let n = 0; n < 3; n += 1) {
      assert.equal((await sendProved(visitor, phone)).body.type, 'already-open');
    }
    await cancel(visitor, first);
    const others = it_.visitor('198.51.100.43');
    for (let n = 0; n < 2; n += 1) await cancel(others, (await sendProved(others, phone)).body);
    const key = newKey();
    const proof = await proofFor(others);
    for (const again of ['refused', 'and again with the same key']) {
      const fourth = await send(others, phone, { proof }, key);
      assert.deepEqual([fourth.status, fourth.body.rule], [429, 'limits/number'], again);
    }
  });

  it('takes none of the three that its address has an hour: an office keeps them for what is accepted [SC7]', async () => {
    const office = it_.visitor('198.51.100.45');
    for (const phone of ['09065 123456', '020 7946 0143', '020 7946 0143', '020 7946 0143']) {
      const past = phone.startsWith('09') ? {} : { at: '2020-01-01T10:00:00Z' };
      const refused = await sendProved(office, phone, past);
      assert.ok(refused.status >= 400 && refused.status < 429, JSON.stringify(refused.body));
    }
    for (const phone of ['020 7946 0143', '020 7946 0144', '020 7946 0145']) {
      assert.equal((await sendProved(office, phone)).status, 201, phone);
    }
    const fourth = await sendProved(office, '020 7946 0146');
    assert.deepEqual([fourth.status, fourth.body.rule], [429, 'limits/address']);
    const waitS = Number(fourth.headers.get('retry-after'));
    assert.ok(waitS > 3_500 && waitS <= 3_600, `come back in ${String(waitS)} s`);
    assert.match(fourth.body.detail ?? '', /Please try again in (59|60) minutes\./);
  });

  it('for it says yes to other words than the company’s; nothing of those is kept [SC8]', async () => {
    const visitor = it_.visitor('198.51.100.44');
    const { consent } = visitor.request('') as { consent: { text: string; version: string } };
    for (const other of [
      { text: 'I do NOT agree to anything', version: 'made-up' },
      { ...consent, version: 'made-up' },
      { ...consent, text: `${consent.text} Not.` },
    ]) {
      const answer = await sendProved(visitor, '020 7946 0142', { consent: { call: true, ...other } });
      assert.deepEqual([answer.status, answer.body.type], [400, 'consent-missing']);
      assert.match(answer.body.detail ?? '', /Read it again/);
    }
    const { body } = await sendProved(visitor, '020 7946 0142');
    const kept = await mongo.collection('callbacks').find({ openPhone: '+442079460142' }).toArray();
    assert.deepEqual(
      kept.map((it) => [String(it._id), (it['consent'] as typeof consent).text]),
      [[body.id, consent.text]],
    );
  });
});
