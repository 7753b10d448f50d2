import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SipServer } from '../../../embedded/sip-server/server.ts';
import { Rig, finalOf, sdp, type App } from './support/app.ts';
import { UdpPhone } from './support/phone.ts';

describe('Somebody throws garbage at the SIP port', () => {
  let rig: Rig;
  let server: SipServer;
  let app: App;
  let phone: UdpPhone;

  beforeEach(async () => {
    rig = new Rig();
    server = await rig.server();
    app = await rig.app(server);
    app.options((_req, res) => res.send(200));
    phone = await UdpPhone.open(server.sipPort);
    rig.later(() => phone.close());
  });

  afterEach(async () => {
    await rig.end();
  });

  /** Everything sent before is dealt with once this is answered: datagrams keep their order on loopback. */
  async function stillThere(): Promise<void> {
    phone.unread.length = 0;
    const options = phone.compose('OPTIONS', server.sipPort, { 'Call-ID': `alive-${Math.random()}` });
    phone.send(options);
    await phone.next((one) => one.status === 200 && options.includes(one.header('call-id')));
  }

  it('by the hundred, bent, cut and shuffled: it is counted, and calls go on', async () => {
    const good = phone.compose('INVITE', server.sipPort, {}, sdp('phone'));
    let seed = 42;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % below;
    };
    for (let n = 0; n < 600; n++) {
      const bytes = Buffer.from(
        good.replace(/z9hG4bK\S+/, `z9hG4bKg${n}`).replace(/Call-ID: .*/, `Call-ID: g${n}`),
      );
      for (let flips = random(30); flips >= 0; flips--) bytes[random(bytes.length)] = random(256);
      phone.send(bytes.subarray(random(2) * random(60), bytes.length - random(2) * random(200)));
      if (n % 50 === 49) await stillThere();
    }
    const dropped = Object.values(server.stats().dropped).reduce((sum, count) => sum + count, 0);
    assert.ok(dropped > 100, `${dropped} dropped`);
    await stillThere();
  });

  it('well-formed, but belonging to nothing', async () => {
    const ack = phone.compose('ACK', server.sipPort, { To: '<sip:a@b>;tag=x' });
    phone.send(ack);
    phone.send(ack.replace(/^ACK.*/, 'SIP/2.0 200 OK'));
    await stillThere();
    assert.deepEqual(server.stats().dropped, { 'stray-ack': 1, 'stray-response': 1 });
  });

  it('with answers that do not fit: other methods, other tags, twice', async () => {
    const request = await app.request(`sip:phone@127.0.0.1:${phone.port}`, { method: 'MESSAGE' });
    const message = await phone.request('MESSAGE');
    phone.answer(message, 200, { CSeq: '1 INVITE' });
    phone.answer(message, 180);
    const final = finalOf(request);
    phone.answer(message, 404);
    phone.answer(message, 200);
    assert.equal((await final).status, 404);
    await stillThere();
  });
});

describe('More comes than the server may hold', () => {
  it('transactions: the rest is told 503, and there is room again when the first are over', async () => {
    const rig = new Rig();
    try {
      const server = await rig.server({ limits: { transactions: 20 }, timing: { t1: 30, t2: 60, t4: 60 } });
      const app = await rig.app(server);
      app.options((_req, res) => res.send(200));
      const phone = await UdpPhone.open(server.sipPort);
      rig.later(() => phone.close());
      for (let n = 0; n < 40; n++) phone.send(phone.compose('OPTIONS', server.sipPort));
      for (let n = 0; n < 20; n++) await phone.response(200);
      for (let n = 0; n < 20; n++) await phone.response(503);
      assert.equal(server.stats().dropped['transaction-limit'], 20);
      for (;;) {
        phone.send(phone.compose('OPTIONS', server.sipPort));
        if ((await phone.next(() => true)).status === 200) break;
      }
    } finally {
      await rig.end();
    }
  });

  it('dialogs: further calls are told 503, and the application that they are too many', async () => {
    const rig = new Rig();
    try {
      const server = await rig.server({ limits: { dialogs: 1 } });
      const app = await rig.app(server);
      app.invite((_req, res) => res.send(180));
      const phone = await UdpPhone.open(server.sipPort);
      rig.later(() => phone.close());
      phone.send(phone.compose('INVITE', server.sipPort));
      await phone.response(180);
      phone.send(phone.compose('INVITE', server.sipPort));
      await phone.response(503);
      await assert.rejects(app.createUAC(`sip:a@127.0.0.1:${phone.port}`, {}), /too many dialogs/);
    } finally {
      await rig.end();
    }
  });

  it('requests of one address: the rest is passed over in silence', async () => {
    const rig = new Rig();
    try {
      const server = await rig.server({ limits: { requestsPerSourceSecond: 5 } });
      const phone = await UdpPhone.open(server.sipPort);
      rig.later(() => phone.close());
      for (let n = 0; n < 30; n++) phone.send(phone.compose('OPTIONS', server.sipPort));
      for (let n = 0; n < 5; n++) await phone.response(503);
      const app = await rig.app(server);
      const request = await app.request(`sip:a@127.0.0.1:${phone.port}`, { method: 'OPTIONS' });
      phone.answer(await phone.request('OPTIONS'), 200);
      assert.equal((await finalOf(request)).status, 200);
      assert.ok((server.stats().dropped['source-limit'] ?? 0) >= 20);
    } finally {
      await rig.end();
    }
  });
});

describe('The program itself', () => {
  const main = fileURLToPath(new URL('../../../embedded/sip-server/main.ts', import.meta.url));

  function start(env: Record<string, string>): {
    out: () => string;
    err: () => string;
    child: ReturnType<typeof spawn>;
  } {
    const child = spawn(process.execPath, ['--import', 'tsx', main], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (err += data.toString()));
    return { out: () => out, err: () => err, child };
  }

  it('says in one line of JSON that it is ready, lets applications in, and ends on SIGTERM', async () => {
    const { child, out } = start({
      DRACHTIO_SECRET: 's',
      SIP_PORT: '0',
      DRACHTIO_PORT: '0',
      LOG_LEVEL: 'warn',
    });
    await once(child.stdout!, 'data');
    const ready = JSON.parse(out()) as { ready: boolean; sip: { host: string; port: number } };
    assert.equal(ready.ready, true);
    assert.equal(ready.sip.host, '127.0.0.1');
    const phone = await UdpPhone.open(ready.sip.port);
    phone.send(phone.compose('OPTIONS', ready.sip.port));
    await phone.response(503);
    phone.close();
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  for (const [name, value] of [
    ['SIP_PORT', 'many'],
    ['SIP_PORT', '65536'],
    ['DRACHTIO_PORT', '-1'],
    ['SIP_HOST', 'somewhere'],
    ['DRACHTIO_SECRET', ''],
    ['DRACHTIO_SECRET', 'a|b'],
    ['LOG_LEVEL', 'loud'],
    ['SIP_SOURCE_RATE', '1.5'],
  ] as const) {
    it(`does not start with ${name}=${JSON.stringify(value)}, and says so`, async () => {
      const { child, out, err } = start({
        DRACHTIO_SECRET: 's',
        SIP_PORT: '0',
        DRACHTIO_PORT: '0',
        [name]: value,
      });
      const [code] = (await once(child, 'close')) as [number];
      assert.equal(code, 1);
      assert.equal(out(), '');
      assert.match(err(), new RegExp(`^${name} `));
    });
  }
});
