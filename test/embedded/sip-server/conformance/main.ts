import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../../../embedded/launch/free-port.ts';
import { startSipServer } from '../../../../embedded/sip-server/server.ts';
import { sipp, sippWaiting, type Sipp } from '../support/sipp.ts';
import { Assessor } from './assertions.ts';
import { Suite } from './suite.ts';

/**
 * `make test-sip-conformance`: runs drachtio-srf's own test suite, with the sipp scenarios that come with it, against the
 * embedded server, or against the one that DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET and SIP_PORT name. The suite knows
 * its parts by the names of containers; here each is a port of this machine.
 */
const FILES = ['b2b', 'reinvite-tests', 'uac', 'uas', 'proxy', 'utils', 'refer'];
/** So many assertions the suite of drachtio-srf 5.0.29 makes; some stand in listeners, and are missing when nothing comes. */
const ASSERTIONS = 77;
const LONGEST_S = 600;

const { env } = process;
const secret = env['DRACHTIO_SECRET'] ?? 'cymru';
const began = performance.now();
const tell = (line: string): void => void process.stdout.write(`${line}\n`);
const running: Sipp[] = [];
const [ours, farEnd] = [await startSipServer({ secret }), await startSipServer({ secret })];
const host = env['DRACHTIO_HOST'] ?? '127.0.0.1';
const real = env['DRACHTIO_HOST'] !== undefined;
const underTest = {
  control: real ? Number(env['DRACHTIO_PORT'] ?? 9022) : ours.controlPort,
  sip: real ? Number(env['SIP_PORT'] ?? 5060) : ours.sipPort,
};
const suite = await Suite.copy();
try {
  const callees = await suite.callees();
  const ports: number[] = [];
  while (ports.length < callees.length) ports.push(await freePort());
  const places = new Map<string, string>();
  for (const [n, { names }] of callees.entries()) {
    const port = names.includes('drachtio-uas') ? farEnd.sipPort : ports[n];
    for (const name of names) places.set(name, `127.0.0.1:${String(port)}`);
  }
  await suite.rewrite(places);
  for (const [n, { scenario }] of callees.entries()) {
    if (scenario !== '')
      running.push(await sippWaiting(suite.scenario(scenario), ports[n] ?? 0, 'udp', [], LONGEST_S));
  }

  const assessor = new Assessor(tell);
  await suite.replace('tape', assessor.test);
  await suite.replace('config', { get: await settings() });
  await suite.replace('./sipp', () => calls());
  for (const file of FILES) suite.load(file);
  await assessor.run();
  tell(`\ntook ${String(Math.round((performance.now() - began) / 1000))} s`);
  const { passed, failed } = assessor;
  const missing = Math.max(ASSERTIONS - passed - failed, 0);
  tell(
    `${String(passed)} passed, ${String(failed)} failed${missing > 0 ? `, ${String(missing)} never made` : ''}`,
  );
  process.exitCode = failed + missing === 0 ? 0 : 1;
} finally {
  for (const run of running) run.stop();
  await Promise.all([ours.close(), farEnd.close()]);
  await rm(suite.root, { recursive: true });
}
process.exit();

/** The suite's own settings, with the control ports of this run. */
async function settings(): Promise<(name: string) => object> {
  const file = await readFile(join(suite.folder, '../config/test.json'), 'utf8');
  const all = JSON.parse(file) as Record<string, object>;
  const reach = (name: string): object =>
    name === 'drachtio-uas'
      ? { host: '127.0.0.1', port: farEnd.controlPort }
      : { host, port: underTest.control };
  return (name) => ({ ...all[name], ...reach(name), secret });
}

/** What the suite's own starter of containers gives its tests: one call to the server, one callee, and what sipp said. */
function calls(): object {
  let output = '';
  let count = 0;
  const over = async (run: Sipp, scenario: string): Promise<void> => {
    const code = await run.done;
    output = run.output();
    if (code !== 0) throw new Error(`${scenario} ended with ${String(code)}`);
  };
  return {
    output: () => output,
    sippUac: async (scenario: string) => {
      const port = await freePort();
      const once = ['-m', '1', '-sleep', '250ms', '-cid_str', `%u-%p@%s-${String(++count)}`];
      const args = [...once, '-p', String(port), `${host}:${String(underTest.sip)}`];
      await over(sipp(suite.scenario(scenario), args, LONGEST_S), scenario);
    },
    sippUas: async (scenario: string, place: string) => {
      const port = Number(place.split(':')[1]);
      const waiting = await sippWaiting(suite.scenario(scenario), port, 'udp', ['-m', '1'], LONGEST_S);
      await over(waiting, scenario);
    },
  };
}
