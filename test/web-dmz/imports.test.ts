import assert from 'node:assert/strict';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../..');

/** Every file that a program of ours can reach by its imports, packages and what they import included. */
async function reach(entry: string): Promise<string[]> {
  const result = await build({
    stdin: { contents: entry, resolveDir: root, loader: 'ts' },
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
    external: ['bufferutil', 'utf-8-validate'], // optional accelerators that ws asks for and lives without
  });
  return Object.keys(result.metafile.inputs).filter((file) => file !== '<stdin>');
}

function packagesIn(files: string[]): Set<string> {
  return new Set(files.flatMap((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []));
}

const forbidden =
  /mongo|bson|redis|bullmq|knex|sqlite|mysql|postgres|^pg|amqp|kafka|nats|msgpack|drachtio|sip|^@peculiar/;

describe('Everything that web-dmz can reach by its imports [SD-2]', () => {
  it('holds no database, no queue and no SIP library, and none of our code but its own and what is shared [SD2]', async () => {
    const files = await reach(`import './web-dmz/main.ts';`);
    const packages = packagesIn(files);
    assert.deepEqual(
      [...packages].filter((name) => forbidden.test(name)),
      [],
    );
    const folders = files.filter((file) => !file.includes('node_modules/')).map((file) => file.split('/')[0]);
    assert.deepEqual([...new Set(folders)].sort(), ['contracts', 'server-kit', 'web-dmz']);
    for (const name of ['koa', 'koa-router', 'ws', 'zod', 'pino', 'ipaddr.js'])
      assert.ok(packages.has(name), name);
  });

  it('does not include what makes certificates: that stays inside', async () => {
    const files = await reach(`import './web-dmz/main.ts';`);
    assert.deepEqual(
      files.filter((file) => /authority|certificate/.test(file)),
      [],
    );
  });

  it('is looked at in a way that would find one', async () => {
    const packages = packagesIn(await reach(`import './web-dmz/log.ts'; import 'ioredis';`));
    assert.ok([...packages].some((name) => forbidden.test(name)));
  });
});
