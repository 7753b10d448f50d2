import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ourProgram } from '../../embedded/launch/backends.ts';
import { Scene, ask, becomes, callback } from '../link/scene.ts';

interface Ready {
  readonly ready: true;
  readonly public: { readonly host: string; readonly port: number };
  readonly link: { readonly host: string; readonly port: number };
}

function start(scene: Scene, settings: Record<string, string>): ChildProcess {
  const { command, args } = ourProgram('web-dmz/main.ts');
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'], ...scene.settings({ LOG_LEVEL: 'debug' }), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  scene.onClose(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return child;
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const part of stream) text += String(part);
  return text;
}

async function ready(child: ChildProcess): Promise<Ready> {
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
  return JSON.parse(line) as Ready;
}

describe('web-dmz runs as a process of its own', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(() => scene.close());

  const refuses = async (settings: Record<string, string>): Promise<string> => {
    const child = start(scene, settings);
    const [out, err, [code]] = await Promise.all([
      textOf(child.stdout!),
      textOf(child.stderr!),
      once(child, 'exit') as Promise<[number]>,
    ]);
    assert.equal(code, 1);
    assert.equal(out, '');
    return err;
  };

  it('names every wrong setting and does not start', async () => {
    const err = await refuses({ PUBLIC_PORT: 'http', LINK_SOURCES: 'inside.example', PUBLIC_URL: 'contact' });
    for (const name of ['PUBLIC_PORT', 'LINK_SOURCES', 'inside.example', 'PUBLIC_URL']) {
      assert.ok(err.includes(name), name);
    }
  });

  it('does not start without its link key', async () => {
    assert.match(await refuses({ LINK_KEY_DIR: join(scene.folder, 'none') }), /LINK_KEY_DIR: ENOENT/);
  });

  it('says where it listens in one line, ends at SIGTERM, and logs nothing that a visitor said', async () => {
    const child = start(scene, {});
    const log = textOf(child.stderr!);
    const place = await ready(child);
    const links = scene.links([place.link.port]);
    const up = becomes(links, 'up');
    links.start();
    await up;
    scene.desk.rule = () => ({ status: 201, body: { id: 'c1', token: 'very-secret-token' } });
    const url = `http://127.0.0.1:${place.public.port}`;
    assert.equal((await ask(url)).status, 201);
    const headers = { Authorization: 'Bearer very-secret-token' };
    await fetch(`${url}/api/v1/callbacks/c1?phone=${encodeURIComponent(callback.phone)}`, { headers });
    await fetch(`${url}/api/v1/availability?service=secret-service`);
    const stream = await fetch(`${url}/api/v1/callbacks/c1/events`, { headers });
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    assert.equal(code, 0);
    await stream.text(); // ended, not broken off
    const lines = await log;
    assert.match(lines, /web-dmz is ready/);
    for (const secret of ['7946', 'very-secret-token', 'secret-service', 'AAAAAAAA']) {
      assert.ok(!lines.includes(secret), secret);
    }
  });

  it('is killed without warning and started again: the link is found by itself, and visitors are served', async () => {
    const first = start(scene, {});
    const place = await ready(first);
    const links = scene.links([place.link.port]);
    const up = becomes(links, 'up');
    links.start();
    await up;
    const down = becomes(links, 'down');
    first.kill('SIGKILL');
    await down;
    const upAgain = becomes(links, 'up');
    const ports = { PUBLIC_PORT: String(place.public.port), LINK_PORT: String(place.link.port) };
    const second = await ready(start(scene, ports));
    assert.deepEqual(second, place);
    assert.ok((await upAgain).since > 0);
    scene.desk.rule = () => ({ status: 201, body: { id: 'c1' } });
    assert.equal((await ask(`http://127.0.0.1:${place.public.port}`)).status, 201);
  });
});
