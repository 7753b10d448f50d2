import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { usualPorts } from './usual-ports.ts';

type Env = Readonly<Record<string, string | undefined>>;

const urls = [
  { name: 'REDIS_URL', form: 'redis://127.0.0.1:6379', protocols: ['redis:', 'rediss:'] },
  { name: 'MONGODB_URL', form: 'mongodb://127.0.0.1:27017', protocols: ['mongodb:', 'mongodb+srv:'] },
  { name: 'AGENT_URL', form: 'http://127.0.0.1:8090', protocols: ['http:', 'https:'] },
  { name: 'PUBLIC_URL', form: 'http://localhost:8080', protocols: ['http:', 'https:'] },
] as const;

/**
 * What is wrong with the settings of `make run`, one sentence each that says what to do; empty when all is well. Only what
 * every part would trip over: each part checks its own settings again.
 */
export async function wrongSettings(env: Env): Promise<string[]> {
  const wrong: string[] = [];
  for (const { name, form, protocols } of urls) {
    const value = env[name] ?? '';
    if (value !== '' && !isUrl(value, protocols))
      wrong.push(`${name} is "${value}". It must look like ${form}`);
  }
  const taken = new Map<number, string>();
  for (const [name, usual] of Object.entries(usualPorts)) {
    const value = env[name] ?? '';
    const port = value === '' ? usual : Number(value);
    const other = taken.get(port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      wrong.push(`${name} is "${value}". It must be a number from 1 to 65535`);
    } else if (port !== 0 && other !== undefined) {
      wrong.push(`${name} and ${other} are both ${String(port)}. Each needs a port of its own`);
    }
    taken.set(port, name);
  }
  if (wrong.length > 0) return wrong;
  return busyPorts(env);
}

async function busyPorts(env: Env): Promise<string[]> {
  const busy: number[] = [];
  const others: string[] = [];
  for (const [name, usual] of Object.entries(usualPorts)) {
    const port = Number(env[name] ?? usual);
    const isSip = name === 'SIP_PORT';
    const hostName = isSip ? 'SIP_HOST' : 'BIND_HOST';
    const host = env[hostName] ?? '127.0.0.1';
    switch (await listenError(port, host, isSip)) {
      case undefined:
        break;
      case 'EADDRINUSE':
        busy.push(port);
        others.push(`${name}=${String(await freeAfter(port, host, isSip))}`);
        break;
      case 'EACCES':
        return [`${name} is ${String(port)}, which only root may use. Choose one above 1023`];
      default:
        return [`${hostName} is "${host}", which is no address of this machine`];
    }
  }
  if (busy.length === 0) return [];
  const [which, what, instead] = busy.length === 1 ? ['Port', 'is', 'another'] : ['Ports', 'are', 'others'];
  return [
    `${which} ${busy.join(', ')} ${what} in use. End what uses ${busy.length === 1 ? 'it' : 'them'}, or choose ${instead}: ${others.join(' ')} make run`,
  ];
}

async function freeAfter(taken: number, host: string, isSip: boolean): Promise<number> {
  let port = taken + 1000;
  while (port > 65_535 || (await listenError(port, host, isSip)) !== undefined) {
    port = port > 65_000 ? 20_000 : port + 1;
  }
  return port;
}

/** Why nobody can listen there now; SIP listens on UDP and on TCP. */
async function listenError(port: number, host: string, isSip: boolean): Promise<string | undefined> {
  const error = await tcpError(port, host);
  return error ?? (isSip ? udpError(port, host) : undefined);
}

function tcpError(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

function udpError(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.bind({ port, address: host, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });
}

function isUrl(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}
