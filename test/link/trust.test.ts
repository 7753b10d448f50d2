import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { PeerCertificate } from 'node:tls';
import { connect as connectTls } from 'node:tls';
import { WebSocketServer } from 'ws';
import type { LinkKeys } from '../../server-kit/link/link-keys.ts';
import { ensureAuthority } from '../../server-kit/link/authority.ts';
import { identityOf } from '../../server-kit/link/link-identity.ts';
import { Scene, becomes, dial, endOf, openOf } from './scene.ts';

describe('A certificate names a role and its use', () => {
  const serverAuth = '1.3.6.1.5.5.7.3.1';
  const clientAuth = '1.3.6.1.5.5.7.3.2';
  const judge = (subject: object, usage: string[], role: 'web-dmz' | 'contact-server' = 'contact-server') =>
    identityOf({ subject, ext_key_usage: usage } as unknown as PeerCertificate, role);

  it('and is believed only where both are those of the role, and no more', () => {
    const good = { peer: { role: 'contact-server', name: 'a' } };
    assert.deepEqual(judge({ CN: 'a', OU: 'contact-server' }, [clientAuth]), good);
    const bad = [
      judge({ CN: 'a', OU: 'web-dmz' }, [clientAuth]),
      judge({ CN: 'a', OU: 'contact-server' }, [serverAuth]),
      judge({ CN: 'a', OU: 'contact-server' }, [clientAuth, serverAuth]),
      judge({ CN: 'a', OU: 'contact-server' }, []),
      judge({ CN: 'a', OU: ['web-dmz', 'contact-server'] }, [clientAuth]),
      judge({ CN: ['a', 'b'], OU: 'contact-server' }, [clientAuth]),
      judge({ OU: 'contact-server' }, [clientAuth]),
      judge({ CN: 'a', OU: 'contact-server' }, [clientAuth], 'web-dmz'),
      identityOf({} as PeerCertificate, 'contact-server'),
      identityOf(undefined, 'contact-server'),
    ];
    for (const verdict of bad) assert.ok('refused' in verdict);
  });
});

describe('Somebody who is not the inside dials the link port of web-dmz [SD-3, SD-4]', () => {
  const scene = new Scene();
  after(() => scene.close());
  let port: number;
  before(async () => {
    port = (await scene.webDmz()).link.port;
  });

  const refused = async (tls: object): Promise<string> => {
    const end = await endOf(dial(port, tls));
    return 'error' in end ? end.error : `closed ${end.code}`;
  };

  it('is let in with the key and role of contact-server, so that what follows can fail', async () => {
    const socket = dial(port, scene.keys('contact-server'));
    await openOf(socket);
    socket.terminate();
  });

  it('is refused without a certificate [SD3]', async () => {
    const { ca } = scene.keys('contact-server');
    assert.match(await refused({ ca }), /certificate required|socket hang up|ECONNRESET/);
  });

  it('is refused with a certificate of the same names by another authority [SD3]', async () => {
    const other = new Scene();
    const { cert, key } = other.keys('contact-server');
    const { ca } = scene.keys('contact-server');
    assert.match(
      await refused({ cert, key, ca }),
      /unknown ca|decrypt|bad certificate|socket hang up|ECONNRESET/i,
    );
    await other.close();
  });

  it('is refused with the certificate of another role, even a good one [SD3]', async () => {
    assert.match(await refused(scene.keys('web-dmz')), /unsupported certificate|socket hang up|ECONNRESET/);
  });

  it('is refused below TLS 1.3', async () => {
    assert.match(
      await refused({ ...scene.keys('contact-server'), maxVersion: 'TLSv1.2' }),
      /protocol version/,
    );
  });

  it('gets nothing but 404 for a plain request, with the right certificate too', async () => {
    const response = await new Promise<number | undefined>((resolve, reject) => {
      request(
        { port, host: '127.0.0.1', path: '/api/v1/board', ...scene.keys('contact-server') },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        },
      )
        .on('error', reject)
        .end();
    });
    assert.equal(response, 404);
  });
});

describe('The inside dials from an address that web-dmz was not told of', () => {
  it('is cut off before a byte of TLS, right key or not [SD3]', async () => {
    const scene = new Scene();
    const dmz = await scene.webDmz({ LINK_SOURCES: '192.0.2.0/24' });
    const socket = connect(dmz.link.port, '127.0.0.1');
    let received = 0;
    socket.on('data', (data) => (received += data.length)).on('error', () => {});
    await once(socket, 'close');
    assert.equal(received, 0);
    const end = await endOf(dial(dmz.link.port, scene.keys('contact-server')));
    assert.ok('error' in end);
    await scene.close();
  });

  it('is let in when its network is on the list, also written as IPv4 in IPv6', async () => {
    const scene = new Scene();
    const dmz = await scene.webDmz({ LINK_SOURCES: '192.0.2.1, ::ffff:127.0.0.0/104' });
    const socket = dial(dmz.link.port, scene.keys('contact-server'));
    await openOf(socket);
    socket.terminate();
    await scene.close();
  });

  it('is judged by where it really comes from: another address of this machine is another source', async function () {
    const own = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .find((one) => one.family === 'IPv4' && !one.internal);
    if (!own) this.skip();
    const scene = new Scene();
    const dmz = await scene.webDmz({ BIND_HOST: '0.0.0.0' });
    const socket = connect(dmz.link.port, own.address);
    socket.on('error', () => {});
    await once(socket, 'close');
    await scene.close();
  });
});

describe('The certificates are renewed while everything runs', () => {
  it('shows and uses the new ones from the next connection on, and loses nobody', async () => {
    const scene = new Scene();
    const { dmz, links, url } = await scene.linked({}, { tls: () => scene.keys('contact-server') });
    scene.desk.rule = () => ({ status: 200, body: [] });
    const serialSeen = async (): Promise<string> => {
      const socket = connectTls({ port: dmz.link.port, host: '127.0.0.1', ...scene.keys('contact-server') });
      await once(socket, 'secureConnect');
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    const before = await serialSeen();
    for (const side of ['web-dmz', 'contact-server']) rmSync(join(scene.keyDir, side, 'cert.pem'));
    ensureAuthority(scene.keyDir);
    assert.equal(await serialSeen(), before, 'nobody was told yet');
    dmz.renew();
    assert.notEqual(await serialSeen(), before);
    assert.equal(links.status()[0]?.connections, 2);
    assert.equal((await fetch(`${url}/api/v1/services`)).status, 200);
    await scene.close();
  });
});

describe('Something that is not our web-dmz answers where the inside dials', () => {
  const impostor = async (scene: Scene, keys: LinkKeys): Promise<number> => {
    const server = createServer({ ...keys, requestCert: true, minVersion: 'TLSv1.3' });
    const sockets = new WebSocketServer({ server });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    scene.onClose(() => {
      sockets.close();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };
  const errorOf = async (scene: Scene, keys: LinkKeys): Promise<string> => {
    const links = scene.links([await impostor(scene, keys)], { connections: 1 });
    const failed = new Promise<string>((resolve) => {
      scene.onFailure = resolve;
    });
    links.start();
    const reason = await failed;
    assert.equal(links.status()[0]?.state, 'down');
    assert.equal(links.status()[0]?.lastError, reason);
    return reason;
  };

  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(() => scene.close());

  it('is not believed with a key of another authority [SD3]', async () => {
    const other = new Scene();
    assert.match(await errorOf(scene, other.keys('web-dmz')), /signature|issuer|self-signed/);
    await other.close();
  });

  it('is not believed with the certificate of an inside [SD3]', async () => {
    assert.match(await errorOf(scene, scene.keys('contact-server')), /unsuitable|unsupported|role/);
  });

  it('is not believed at another address than its certificate names', async () => {
    const keys = scene.keys('web-dmz');
    ensureAuthority(scene.keyDir, {
      holders: [{ folder: 'far', role: 'web-dmz', name: 'far', hosts: ['192.0.2.7'] }],
    });
    assert.equal(keys.ca, scene.keys('far').ca);
    assert.match(await errorOf(scene, scene.keys('far')), /IP: 127\.0\.0\.1 is not in the cert/);
  });

  it('is believed with all of it right', async () => {
    const dmz = await scene.webDmz();
    const links = scene.links([dmz.link.port]);
    const up = becomes(links, 'up');
    links.start();
    const { node, lastError } = await up;
    assert.deepEqual({ node, lastError }, { node: 'web-dmz', lastError: undefined });
  });
});
