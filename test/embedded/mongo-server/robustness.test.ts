import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { serialize } from 'bson';
import mongoose from 'mongoose';
import type { MongoServer } from '../../../embedded/mongo-server/server.ts';
import { startMongoServer } from '../../../embedded/mongo-server/server.ts';
import { readSettings } from '../../../embedded/mongo-server/settings.ts';
import { refusedStart, startChild } from './support/child-server.ts';
import { openServer, temporaryDirectory } from './support/server.ts';

const { MongoClient } = mongoose.mongo;

describe('A client that sends what is no message', () => {
  let server: MongoServer;
  let good: InstanceType<typeof MongoClient>;
  before(async () => {
    server = await openServer();
    good = await MongoClient.connect(server.url);
  });
  after(async () => {
    await good.close();
    await server.close();
  });

  const hello = serialize({ hello: 1, $db: 'admin' });
  const cases: [string, Buffer][] = [
    ['a length below a header', message(Buffer.alloc(0), { length: 3 })],
    ['a length above the limit', message(Buffer.alloc(0), { length: 48_000_001 })],
    ['a negative length', message(Buffer.alloc(0), { length: -1 })],
    [
      'an unknown opcode',
      message(Buffer.concat([Buffer.alloc(4), Buffer.from([0]), hello]), { opcode: 2010 }),
    ],
    ['compression that was not agreed', message(Buffer.concat([Buffer.alloc(9), hello]), { opcode: 2012 })],
    ['an unknown required flag', message(Buffer.concat([Buffer.from([4, 0, 0, 0, 0]), hello]))],
    ['an unknown section', message(Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), hello]))],
    ['no body', message(Buffer.alloc(5))],
    ['two bodies', message(Buffer.concat([Buffer.alloc(5), hello, Buffer.from([0]), hello]))],
    [
      'a body longer than the message',
      message(Buffer.concat([Buffer.alloc(5), Buffer.from([200, 0, 0, 0]), hello.subarray(4)])),
    ],
    [
      'a body that is no BSON',
      message(Buffer.concat([Buffer.alloc(5), Buffer.from([20, 0, 0, 0]), Buffer.alloc(16, 0xff)])),
    ],
    ['a body nested too deep to read', message(Buffer.concat([Buffer.alloc(5), nested(100_000)]))],
    [
      'a sequence without an end to its name',
      message(Buffer.concat([Buffer.alloc(4), Buffer.from([1, 9, 0, 0, 0]), Buffer.alloc(5, 65)])),
    ],
    ['noise', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ];
  for (const [what, bytes] of cases) {
    it(`such as ${what}, loses its connection, and nobody else notices`, async () => {
      const socket = connect(server.port, '127.0.0.1');
      const closed = once(socket, 'close');
      socket.on('error', () => {}); // a reset is as good as an end
      socket.resume().write(bytes);
      await closed;
      assert.deepEqual(await good.db('admin').command({ ping: 1 }), { ok: 1 });
    });
  }

  it('in tiny pieces, or several at once, is answered as if nothing were strange', async () => {
    const socket = connect(server.port, '127.0.0.1');
    const ping = message(Buffer.concat([Buffer.alloc(5), serialize({ ping: 1, $db: 'admin' })]));
    for (const byte of ping) socket.write(Buffer.from([byte]));
    socket.write(Buffer.concat([ping, ping, ping]));
    const replies = await bytesOf(socket, 4 * (16 + 5 + 17));
    assert.equal(replies.length, 4 * 38);
    socket.destroy();
  });

  it('that stops in the middle of a message harms nobody', async () => {
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.end(message(Buffer.alloc(0), { length: 1000 }).subarray(0, 10));
    await once(socket, 'close');
    assert.equal((await good.db('admin').command({ ping: 1 }))['ok'], 1);
  });

  it('a document too large or too deep is refused by name', async () => {
    const things = good.db('test').collection('things');
    let deep: object = {};
    for (let i = 0; i < 190; i++) deep = { deep };
    await assert.rejects(things.insertOne({ deep }), { code: 15 });
    const big = { ignoreUndefined: true, text: 'x'.repeat(9_000_000) };
    await things.insertOne({ a: big.text });
    await assert.rejects(things.updateOne({}, { $set: { b: big.text } }), { code: 10334 });
  });

  it('a field called __proto__ or constructor is only a field', async () => {
    const things = good.db('test').collection<{ _id: number }>('odd');
    const odd = JSON.parse('{"_id": 1, "__proto__": {"polluted": true}, "constructor": 5}') as {
      _id: number;
    };
    await things.insertOne(odd);
    assert.equal(await things.countDocuments({ constructor: 5 }), 1);
    assert.equal(await things.countDocuments({ toString: { $exists: true } }), 0);
    assert.equal(await things.countDocuments({ '__proto__.polluted': true }), 1);
    await things.updateOne({ _id: 1 }, { $set: { '__proto__.more': true } });
    assert.equal(({} as Record<string, unknown>)['more'], undefined);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
});

describe('The settings of the embedded MongoDB server', () => {
  it('have defaults for a single machine', () => {
    const { host, port, directory, credentials } = readSettings({});
    assert.deepEqual([host, port, directory, credentials], ['127.0.0.1', 27017, 'var/mongo', undefined]);
  });

  it('name themselves when they are wrong', () => {
    for (const [name, value] of Object.entries({
      MONGO_PORT: '70000',
      MONGO_MEMORY_MB: 'much',
      LOG_LEVEL: 'loud',
    })) {
      assert.throws(() => readSettings({ [name]: value }), new RegExp(`^Error: ${name} is ${value}`));
    }
    assert.throws(() => readSettings({ MONGO_MEMORY_MB: '999999' }), /--max-old-space-size/);
  });

  it('that are wrong keep the program from starting', async () => {
    const directory = temporaryDirectory();
    const wrong = await refusedStart({ DATA_DIR: directory.path, MONGO_PORT: 'x' });
    assert.deepEqual(wrong, {
      code: 1,
      text: 'MONGO_PORT is x, and must be a whole number from 0 to 65535\n',
    });
    const open = await refusedStart({ DATA_DIR: directory.path, MONGO_HOST: '0.0.0.0' });
    assert.equal(open.code, 1);
    assert.match(open.text, /MONGO_HOST 0\.0\.0\.0 is open to the network: set MONGO_PASSWORD/);
    directory.remove();
  });

  it('make the program say where it listens, and SIGTERM end it cleanly', async () => {
    const directory = temporaryDirectory();
    const child = await startChild(directory.path);
    const client = await MongoClient.connect(child.url);
    await client.db('test').collection('things').insertOne({ a: 1 });
    await child.end('SIGTERM');
    assert.equal(child.process.exitCode, 0);
    await client.close();
    directory.remove();
  });

  it('with a password shut out whoever does not know it, and take no long messages from strangers [MO4]', async () => {
    const server = await openServer({ credentials: { user: 'ringback', password: 'pässword' } });
    const at = (user: string) => server.url.replace('//', `//${user}@`);
    const stranger = await MongoClient.connect(server.url);
    await assert.rejects(stranger.db('test').collection('things').findOne({}), { code: 13 });
    await stranger.close();
    await assert.rejects(MongoClient.connect(at('ringback:wrong')), { code: 18 });
    await assert.rejects(MongoClient.connect(at('nobody:p%C3%A4ssword')), { code: 18 });
    const flood = connect(server.port, '127.0.0.1');
    flood.on('error', () => {}); // a reset is as good as an end
    flood.resume().write(message(Buffer.alloc(0), { length: 17_000 }));
    await once(flood, 'close');
    const friend = await MongoClient.connect(at('ringback:p%C3%A4ssword'));
    await friend.db('test').collection('things').insertOne({ a: 1 });
    await friend.close();
    await server.close();
  });

  it('do not let two servers have one port', async () => {
    const [one, other] = [await openServer(), temporaryDirectory()];
    await assert.rejects(startMongoServer({ directory: other.path, port: one.port }), { code: 'EADDRINUSE' });
    const again = await startMongoServer({ directory: other.path });
    await again.close();
    await one.close();
    other.remove();
  });
});

function message(body: Buffer, { length = 16 + body.length, opcode = 2013 } = {}): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(length, 0);
  header.writeInt32LE(7, 4);
  header.writeInt32LE(opcode, 12);
  return Buffer.concat([header, body]);
}

/** A document in a document in a document: `{ "": { "": … } }`. */
function nested(levels: number): Buffer {
  const bytes = Buffer.alloc(levels * 7 + 5 - 7 + 7);
  for (let level = 0; level <= levels; level++) {
    const at = level * 6;
    if (at + 6 > bytes.length - levels - 1) break;
    bytes.writeInt32LE(bytes.length - 7 * level, at);
    bytes.writeUInt8(3, at + 4);
  }
  return bytes;
}

async function bytesOf(socket: Socket, wanted: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  while (bytes < wanted) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    chunks.push(chunk);
    bytes += chunk.length;
  }
  return Buffer.concat(chunks);
}
