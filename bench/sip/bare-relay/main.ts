import { createSocket } from 'node:dgram';

/** The least that can stand between two telephones: every datagram goes on as it came. FLOOR_SIP_TO is the far port. */
const to = Number(process.env['FLOOR_SIP_TO']);
const BUFFER = 4 * 1024 * 1024; // as large as that of our server
const near = createSocket('udp4');
const far = createSocket('udp4');
let caller = 0;
near.on('message', (data, from) => {
  caller = from.port;
  far.send(data, to, '127.0.0.1');
});
far.on('message', (data) => near.send(data, caller, '127.0.0.1'));
far.bind(0, '127.0.0.1', () => {
  far.setRecvBufferSize(BUFFER);
  near.bind(0, '127.0.0.1', () => {
    near.setRecvBufferSize(BUFFER);
    process.stdout.write(`${JSON.stringify({ ready: true, port: near.address().port })}\n`);
  });
});
