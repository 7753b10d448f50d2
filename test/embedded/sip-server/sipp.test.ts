import assert from 'node:assert/strict';
import { freePort } from '../../../embedded/launch/free-port.ts';
import type { SipServer } from '../../../embedded/sip-server/server.ts';
import { Rig, sdp, type App } from './support/app.ts';
import { sipp, sippWaiting } from './support/sipp.ts';

const CALLS = 100;

for (const [name, mode, transport] of [
  ['UDP', 'u1', 'udp'],
  ['TCP', 't1', 'tcp'],
] as const) {
  describe(`A hundred calls over ${name} with a SIP stack that is not ours`, () => {
    let rig: Rig;
    let server: SipServer;
    let app: App;

    beforeEach(async () => {
      rig = new Rig();
      server = await rig.server();
      app = await rig.app(server);
    });

    afterEach(async () => {
      await rig.end();
    });

    it('come in, are answered and hung up by the caller', async () => {
      app.invite((req, res) => {
        res.send(180);
        void app.createUAS(req, res, { localSdp: sdp('app') });
      });
      const port = await freePort();
      const caller = sipp('uac.xml', [
        ...['-t', mode, '-m', String(CALLS), '-r', '200', '-p', String(port)],
        `127.0.0.1:${server.sipPort}`,
      ]);
      rig.later(() => caller.stop());
      assert.equal(await caller.done, 0, caller.output());
      assert.equal(server.stats().dialogs, 0);
    });

    it('go out, are answered, and are hung up by the application', async () => {
      const port = await freePort();
      const called = await sippWaiting('uas.xml', port, transport, ['-t', mode, '-m', String(CALLS)]);
      rig.later(() => called.stop());
      const uri = `sip:called@127.0.0.1:${port};transport=${transport}`;
      await Promise.all(
        Array.from({ length: CALLS }, async () => {
          const dialog = await app.createUAC(uri, { localSdp: sdp('app') });
          await dialog.destroy();
        }),
      );
      assert.equal(await called.done, 0, called.output());
      assert.equal(server.stats().dialogs, 0);
      assert.deepEqual(server.stats().pending, { inbound: 0, outbound: 0 });
    });
  });
}
