import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { getServers, setServers } from 'node:dns/promises';

/** One SRV record (RFC 2782). */
export interface Srv {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** A name server that knows SRV records by name, and that this process asks until `close`. */
export async function nameServer(
  records: Readonly<Record<string, readonly Srv[]>>,
): Promise<{ close(): void }> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const name: string[] = [];
    let at = 12;
    for (; query[at] !== 0; at += query[at]! + 1)
      name.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
    const isSrv = query.readUInt16BE(at + 1) === 33;
    const answers = isSrv ? (records[name.join('.')] ?? []) : [];
    const head = Buffer.from(query.subarray(0, 12));
    head.writeUInt16BE(answers.length > 0 ? 0x8180 : 0x8183, 2); // an answer, or "no such name"
    head.writeUInt16BE(answers.length, 6);
    head.fill(0, 8, 12);
    socket.send([head, query.subarray(12, at + 5), ...answers.map(written)], from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const before = getServers();
  setServers([`127.0.0.1:${socket.address().port}`]);
  return {
    close() {
      setServers(before);
      socket.close();
    },
  };
}

function written({ priority, weight, port, target }: Srv): Buffer {
  const labels = target.split('.').flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]);
  const data = [
    priority >> 8,
    priority & 255,
    weight >> 8,
    weight & 255,
    port >> 8,
    port & 255,
    ...labels,
    0,
  ];
  // The name is the question's, at offset 12; type SRV, class IN, a minute to live.
  return Buffer.from([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, data.length, ...data]);
}
