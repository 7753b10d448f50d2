import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { get as getRaw } from 'node:http';
import { join } from 'node:path';
import type { WebDmz } from '../../web-dmz/web-dmz.ts';
import { Scene, urlOf } from '../link/scene.ts';

interface Raw {
  readonly status: number | undefined;
  readonly length: number;
  readonly encoding?: string;
}

describe('A company page loads the widget from web-dmz [SD-5, SD-6]', () => {
  let scene: Scene;
  let dmz: WebDmz;
  const put = (name: string, text: string): void => writeFileSync(join(scene.widgetDir, name), text);
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(urlOf(dmz) + path, { headers });
  /** Without what fetch adds: its own path normalisation, encodings and cache headers. */
  const raw = (path: string, headers: Record<string, string> = {}): Promise<Raw> =>
    new Promise((resolve, reject) => {
      const { host, port } = dmz.public;
      getRaw({ host, port, path, headers }, (answer) => {
        let length = 0;
        const encoding = answer.headers['content-encoding'];
        answer.on('data', (data: Buffer) => (length += data.length));
        answer.on('end', () =>
          resolve({ status: answer.statusCode, length, ...(encoding === undefined ? {} : { encoding }) }),
        );
      }).on('error', reject);
    });
  before(async () => {
    scene = new Scene();
    put('1.2.3/panel.js', 'export const panel = 1;');
    put('1.2.3/panel.css', 'p{}');
    put('manifest.json', '{"version":"1.2.3"}');
    writeFileSync(join(scene.folder, 'secret.js'), 'secret');
    symlinkSync(join(scene.folder, 'secret.js'), join(scene.widgetDir, 'link.js'));
    dmz = await scene.webDmz();
  });
  after(() => scene.close());

  it('finds the convenient address, without any link to the inside, for any page', async () => {
    const { status, headers } = await get('/widget.js');
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'text/javascript; charset=utf-8');
    assert.match(headers.get('cache-control') ?? '', /max-age=300\b/);
    assert.equal(headers.get('access-control-allow-origin'), '*');
    assert.equal(headers.get('cross-origin-resource-policy'), 'cross-origin');
  });

  it('may keep a versioned file for a year, and pin it by its hash', async () => {
    const response = await get('/widget/1.2.3/panel.js');
    assert.equal(response.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    const hash = (text: string | Buffer) => createHash('sha384').update(text).digest('base64');
    assert.equal(hash(await response.text()), hash(readFileSync(join(scene.widgetDir, '1.2.3/panel.js'))));
    assert.equal(
      (await get('/widget/1.2.3/panel.css')).headers.get('content-type'),
      'text/css; charset=utf-8',
    );
    const manifest = await get('/widget/manifest.json');
    assert.match(manifest.headers.get('cache-control') ?? '', /max-age=300\b/);
    assert.deepEqual(await manifest.json(), { version: '1.2.3' });
  });

  it('is not sent again what it has, and is sent anew what has changed', async () => {
    const etag = (await get('/widget.js')).headers.get('etag') ?? '';
    assert.deepEqual(await raw('/widget.js', { 'If-None-Match': etag }), { status: 304, length: 0 });
    put('widget.js', `changed${'.'.repeat(2_000)}`);
    assert.deepEqual(await raw('/widget.js', { 'If-None-Match': etag }), { status: 200, length: 2_007 });
  });

  it('gets it zipped if it can read that, and plain if not', async () => {
    const plain = await raw('/widget.js');
    const zipped = await raw('/widget.js', { 'Accept-Encoding': 'gzip' });
    assert.deepEqual([plain.encoding, zipped.encoding], [undefined, 'gzip']);
    assert.ok(zipped.length < plain.length / 2);
  });

  for (const path of [
    '/widget/none.js',
    '/widget/1.2.3/none.js',
    '/widget/1.2.3',
    '/widget/link.js',
    '/widget/1.2.3/../../secret.js',
    '/widget/1.2.3/%2e%2e/%2e%2e/secret.js',
    '/widget/1.2.3/..%2f..%2fsecret.js',
    '/widget/./.hidden.js',
    '/widget//etc/passwd',
    '/widget/1.2.3/panel.js%00.js',
    '/keys/web-dmz/key.pem',
  ]) {
    it(`finds nothing at ${path}`, async () => {
      const { status } = await raw(path);
      assert.equal(status, 404);
    });
  }
});
