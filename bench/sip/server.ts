import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import Srf from 'drachtio-srf';
import { startOurs } from '../../embedded/launch/backends.ts';
import type { App } from '../../test/embedded/sip-server/support/app.ts';

/** The server that is measured, and an application connected to it. */
export interface Measured {
  readonly app: App;
  readonly host: string;
  readonly sipPort: number;
  /** CPU it has used so far, in ms, and the memory it holds, in MB; NaN for a server whose process we cannot see. */
  used(): Promise<{ cpuMs: number; rssMb: number }>;
  stop(): Promise<void>;
}

/** Ours in a process of its own, or the one that DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET and SIP_PORT name. */
export async function serverToMeasure(): Promise<Measured> {
  const { env } = process;
  const given = env['DRACHTIO_HOST'];
  const secret = env['DRACHTIO_SECRET'] ?? 'bench';
  const ours =
    given === undefined
      ? await startOurs('sip-server', 'embedded/sip-server/main.ts', ourSettings(secret), () => () => {})
      : undefined;
  const ready = ours?.ready as { sip: { port: number }; control: { port: number } } | undefined;
  const app = new Srf() as unknown as App;
  app.on('error', () => {});
  const port = ready?.control.port ?? Number(env['DRACHTIO_PORT'] ?? 9022);
  app.connect({ host: given ?? '127.0.0.1', port, secret });
  await once(app as never, 'connect');
  const pid = ours?.pid ?? Number(env['DRACHTIO_PID'] ?? 0);
  return {
    app,
    host: given ?? '127.0.0.1',
    sipPort: ready?.sip.port ?? Number(env['SIP_PORT'] ?? 5060),
    used: () => usedBy(pid),
    stop: async () => {
      app.disconnect();
      await ours?.stop();
    },
  };
}

function ourSettings(secret: string): Record<string, string> {
  const { PATH = '', NODE_OPTIONS = '' } = process.env;
  return {
    PATH,
    NODE_OPTIONS,
    DRACHTIO_SECRET: secret,
    DRACHTIO_PORT: '0',
    SIP_PORT: '0',
    LOG_LEVEL: 'warn',
  };
}

const TICK_MS = 10; // the kernel counts CPU time in hundredths of a second (proc(5), USER_HZ)

/** What a process has used and holds, as Linux tells it. */
export async function usedBy(pid: number): Promise<{ cpuMs: number; rssMb: number }> {
  try {
    const stat = await readFile(`/proc/${String(pid)}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const status = await readFile(`/proc/${String(pid)}/status`, 'latin1');
    return {
      cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
      rssMb: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024,
    };
  } catch {
    return { cpuMs: Number.NaN, rssMb: Number.NaN };
  }
}
