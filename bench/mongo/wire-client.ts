import { once } from 'node:events';
import { connect } from 'node:net';
import { type Document, deserialize, serialize, UUID } from 'bson';

/** Sends one document as the body of a message and resolves to the document that comes back. */
export type Ask = (doc: Document) => Promise<Document>;

const OP_MSG = 2013;
const HEADER_BYTES = 21;

/**
 * Connections that each carry one OP_MSG at a time, over a plain socket. The official driver takes some 200 µs of
 * processor time for a call, more than any server here: one process of it would measure itself. What goes over the wire
 * is what the driver would send. It knows one host, and neither log-in nor TLS.
 */
export async function wireClients(url: string, db: string, count: number): Promise<Ask[]> {
  const { hostname, port } = new URL(url);
  const clients = await exchange(Number(port || 27017), hostname, count, HEADER_BYTES);
  return clients.map((ask) => {
    const session = { lsid: { id: new UUID() }, $db: db };
    return async (command) => {
      const reply = await ask({ ...command, ...session });
      if (reply['ok'] !== 1 || reply['writeErrors']) throw new Error(JSON.stringify(reply));
      return reply;
    };
  });
}

/** The same without a header, as the floor has it. */
export function bareClients(port: number, count: number): Promise<Ask[]> {
  return exchange(port, '127.0.0.1', count, 0);
}

function exchange(port: number, host: string, count: number, headerBytes: number): Promise<Ask[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(port, host);
      socket.setNoDelay(true).unref();
      await once(socket, 'connect');
      let received: Buffer[] = [];
      let resolve: (reply: Document) => void = () => {};
      let reject: (error: Error) => void = () => {};
      socket.on('data', (chunk) => {
        received.push(chunk);
        const bytes = received.length === 1 ? chunk : Buffer.concat(received);
        if (bytes.length < bytes.readInt32LE(0)) return;
        received = [];
        resolve(deserialize(bytes.subarray(headerBytes)));
      });
      socket.on('error', (error) => reject(error));
      socket.on('close', () => reject(new Error('the server hung up')));
      return (doc) =>
        new Promise((answered, failed) => {
          [resolve, reject] = [answered, failed];
          const body = serialize(doc);
          const message = Buffer.alloc(headerBytes + body.length);
          if (headerBytes > 0) {
            message.writeInt32LE(message.length, 0);
            message.writeInt32LE(OP_MSG, 12);
          }
          message.set(body, headerBytes);
          socket.write(message);
        });
    }),
  );
}
