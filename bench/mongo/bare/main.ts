import { open, readFile } from 'node:fs/promises';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { join } from 'node:path';
import { deserialize, serialize } from 'bson';

/**
 * The floor of a database: reads BSON documents from sockets and sends them back. One with `durable` is first appended
 * to a file; all that wait share the next fdatasync. On start it reads the documents of FLOOR_DOCS, if there are any.
 */
const file = await open(join(process.env['DATA_DIR'] ?? '.', 'floor'), 'a');
let waiting: { bytes: Buffer; socket: Socket }[] = [];
let writing = false;

async function commit(): Promise<void> {
  writing = true;
  while (waiting.length > 0) {
    const batch = waiting;
    waiting = [];
    await file.writeFile(Buffer.concat(batch.map(({ bytes }) => bytes)));
    await file.datasync();
    for (const { bytes, socket } of batch) socket.write(serialize(deserialize(bytes)));
  }
  writing = false;
}

const held: object[] = [];
const docs = process.env['FLOOR_DOCS'];
if (docs) {
  const bytes = await readFile(docs);
  for (let at = 0; at < bytes.length; at += bytes.readInt32LE(at)) {
    held.push(deserialize(bytes.subarray(at, at + bytes.readInt32LE(at))));
  }
}

const server = createServer((socket) => {
  let rest = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
      const bytes = rest.subarray(0, rest.readInt32LE(0));
      rest = rest.subarray(bytes.length);
      const doc = deserialize(bytes);
      if (doc['durable'] === true) {
        waiting.push({ bytes, socket });
        if (!writing) void commit();
      } else socket.write(serialize(doc));
    }
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ ready: true, port, held: held.length })}\n`);
});
