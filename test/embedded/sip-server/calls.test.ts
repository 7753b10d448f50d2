import assert from 'node:assert/strict';
import type { SipServer } from '../../../embedded/sip-server/server.ts';
import {
  Rig,
  event,
  failureOf,
  sdp,
  type App,
  type AppDialog,
  type AppRequest,
  type AppResponse,
} from './support/app.ts';

/** Two servers, each with an application: Alice calls, Bob is called. */
describe('Alice and Bob call each other through two servers', () => {
  let rig: Rig;
  let servers: { alice: SipServer; bob: SipServer };
  let alice: App;
  let bob: App;
  let bobsUri: string;

  beforeEach(async () => {
    rig = new Rig();
    servers = { alice: await rig.server(), bob: await rig.server() };
    alice = await rig.app(servers.alice);
    bob = await rig.app(servers.bob);
    bobsUri = `sip:bob@127.0.0.1:${servers.bob.sipPort}`;
  });

  afterEach(async () => {
    await rig.end();
  });

  /** Bob answers; both dialogs are up when Bob has seen the ACK. */
  async function talk(): Promise<{ here: AppDialog; there: AppDialog }> {
    const there = new Promise<AppDialog>((resolve) => {
      bob.invite((req, res) => {
        void bob.createUAS(req, res, { localSdp: sdp('bob') }).then((dialog) => {
          dialog.on('ack', () => resolve(dialog));
        });
      });
    });
    const here = await alice.createUAC(bobsUri, { localSdp: sdp('alice') });
    return { here, there: await there };
  }

  it('agree on one dialog: ids, tags, session descriptions', async () => {
    const { here, there } = await talk();
    assert.equal(here.id, there.id);
    assert.equal(here.id, `${here.sip.callId};from-tag=${here.sip.localTag}`);
    assert.deepEqual([here.sip.localTag, here.sip.remoteTag], [there.sip.remoteTag, there.sip.localTag]);
    assert.equal(here.remote.sdp, sdp('bob'));
    assert.equal(there.remote.sdp, sdp('alice'));
    assert.ok(alice.findDialogById(here.id));
  });

  it('hear the phone ring before it is answered', async () => {
    bob.invite((req, res) => {
      res.send(180);
      res.send(183, { body: sdp('early') });
      void bob.createUAS(req, res, { localSdp: sdp('bob') });
    });
    const heard: number[] = [];
    await alice.createUAC(
      bobsUri,
      { localSdp: sdp('alice') },
      { cbProvisional: (res: AppResponse) => heard.push(res.status) },
    );
    assert.deepEqual(heard, [180, 183]);
  });

  it('end it when the caller hangs up', async () => {
    const { here, there } = await talk();
    const destroyed = event(there, 'destroy');
    const bye = await here.destroy();
    assert.equal((await destroyed).method, 'BYE');
    assert.equal(bye.method, 'BYE');
    assert.equal(servers.alice.stats().dialogs, 0);
    assert.equal(servers.bob.stats().dialogs, 0);
  });

  it('end it when the called one hangs up', async () => {
    const { here, there } = await talk();
    const destroyed = event(here, 'destroy');
    await there.destroy({ headers: { 'X-Reason': 'tired' } });
    assert.equal((await destroyed).get('X-Reason'), 'tired');
    assert.equal(servers.bob.stats().dialogs, 0);
  });

  it('change the session by re-INVITE in both directions, one after the other', async () => {
    const { here, there } = await talk();
    there.on('modify', (_req: AppRequest, res: AppResponse) => res.send(200, { body: sdp('bob', 2) }));
    const changed = await here.request({ method: 'INVITE', body: sdp('alice', 2) });
    assert.deepEqual([changed.status, changed.body], [200, sdp('bob', 2)]);
    here.on('modify', (_req: AppRequest, res: AppResponse) => res.send(200, { body: sdp('alice', 3) }));
    const back = await there.request({ method: 'INVITE', body: sdp('bob', 3) });
    assert.deepEqual([back.status, back.body], [200, sdp('alice', 3)]);
  });

  it('keep the call when a re-INVITE is refused', async () => {
    const { here, there } = await talk();
    there.on('modify', (_req: AppRequest, res: AppResponse) => res.send(488));
    const refused = await here.request({ method: 'INVITE', body: sdp('alice', 2) });
    assert.equal(refused.status, 488);
    const info = await here.request({ method: 'INFO' });
    assert.equal(info.status, 200);
  });

  it('send each other INFO, UPDATE, MESSAGE, OPTIONS, REFER and NOTIFY inside the call', async () => {
    const { here, there } = await talk();
    const seen: string[] = [];
    for (const name of ['info', 'update', 'message', 'options', 'refer', 'notify']) {
      here.on(name, (req: AppRequest, res: AppResponse) => {
        seen.push(`${req.method} ${req.body}`);
        res.send(name === 'refer' ? 202 : 200, { headers: { 'X-Seen': name } });
      });
    }
    const statuses: number[] = [];
    for (const method of ['INFO', 'UPDATE', 'MESSAGE', 'OPTIONS', 'REFER', 'NOTIFY']) {
      const body = method === 'MESSAGE' ? 'Grüße 📞' : '';
      const headers = {
        ...(body === '' ? {} : { 'Content-Type': 'text/plain;charset=utf-8' }),
        ...(method === 'REFER' ? { 'Refer-To': '<sip:carol@127.0.0.1>' } : {}),
        ...(method === 'NOTIFY' ? { Event: 'refer', 'Subscription-State': 'terminated' } : {}),
      };
      const response = await there.request({ method, body, headers });
      statuses.push(response.status);
      assert.equal(response.get('X-Seen'), method.toLowerCase());
    }
    assert.deepEqual(seen, ['INFO ', 'UPDATE ', 'MESSAGE Grüße 📞', 'OPTIONS ', 'REFER ', 'NOTIFY ']);
    assert.deepEqual(statuses, [200, 200, 200, 200, 202, 200]);
  });

  it('let Bob offer, when Alice calls without a session description and answers in the ACK', async () => {
    const answered = new Promise<AppDialog>((resolve) => {
      bob.invite((req, res) => {
        assert.equal(req.body, '');
        void bob.createUAS(req, res, { localSdp: sdp('bob') }).then((dialog) => {
          dialog.on('ack', () => resolve(dialog));
        });
      });
    });
    const half = (await alice.createUAC(bobsUri, { noAck: true })) as unknown as {
      sdp: string;
      ack: (body: string) => Promise<AppDialog>;
    };
    assert.equal(half.sdp, sdp('bob'));
    await half.ack(sdp('alice'));
    assert.equal((await answered).remote.sdp, sdp('alice'));
  });

  for (const status of [404, 480, 486, 603]) {
    it(`are told of a ${status} as it was meant`, async () => {
      bob.invite((_req, res) => res.send(status, { headers: { 'X-Why': 'because' } }));
      const error = await failureOf(alice.createUAC(bobsUri, { localSdp: sdp('alice') }));
      assert.equal(error.status, status);
      assert.equal(servers.alice.stats().dialogs, 0);
      assert.equal(servers.bob.stats().dialogs, 0);
    });
  }

  it('are told 503 when no application takes calls there', async () => {
    const error = await failureOf(alice.createUAC(bobsUri, { localSdp: sdp('alice') }));
    assert.equal(error.status, 503);
  });

  it('follow a redirect to where Bob really is', async () => {
    const second = await rig.server();
    const elsewhere = await rig.app(second);
    elsewhere.invite((req, res) => void elsewhere.createUAS(req, res, { localSdp: sdp('moved') }));
    bob.invite((_req, res) =>
      res.send(302, { headers: { Contact: `<sip:bob@127.0.0.1:${second.sipPort}>` } }),
    );
    const dialog = await alice.createUAC(bobsUri, { localSdp: sdp('alice'), followRedirects: true });
    assert.equal(dialog.remote.sdp, sdp('moved'));
  });

  it('reach Bob by way of a proxy parameter that names his address', async () => {
    bob.invite((req, res) => void bob.createUAS(req, res, { localSdp: sdp(req.uri) }));
    const dialog = await alice.createUAC('sip:+442079460100@example.com', {
      localSdp: sdp('alice'),
      proxy: `sip:127.0.0.1:${servers.bob.sipPort}`,
      callingNumber: '+442079460000',
    });
    assert.equal(dialog.remote.sdp, sdp('sip:+442079460100@example.com'));
    assert.equal((await dialog.destroy()).get('from').includes('localhost'), false);
  });

  it('go on over a B2BUA in the middle, and hang up through it', async () => {
    const middle = await rig.server();
    const between = await rig.app(middle);
    const through = new Promise<unknown>((resolve) => {
      between.invite((req, res) => {
        void between.createB2BUA(req, res, bobsUri, { localSdpB: req.body }).then(({ uas, uac }) => {
          uac.on('destroy', () => resolve(uas.destroy()));
        });
      });
    });
    const there = new Promise<AppDialog>((resolve) => {
      bob.invite((req, res) => {
        res.send(180);
        void bob.createUAS(req, res, { localSdp: sdp('bob') }).then(resolve);
      });
    });
    const here = await alice.createUAC(`sip:bob@127.0.0.1:${middle.sipPort}`, { localSdp: sdp('alice') });
    assert.equal(here.remote.sdp, sdp('bob'));
    const over = event(here, 'destroy');
    await (await there).destroy();
    await Promise.all([over, through]);
    assert.equal(middle.stats().dialogs, 0);
  });
});
