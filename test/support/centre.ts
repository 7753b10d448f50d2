import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Company } from '../../contracts/company.schema.ts';
import { type DeskPhone, startDeskPhone } from '../../embedded/demo/desk-phone.ts';
import { startTelephoneNetwork, type TelephoneNetwork } from '../../embedded/demo/telephone-network.ts';
import { tone } from '../../embedded/demo/phones/voice.ts';
import { freePort } from '../../embedded/launch/free-port.ts';
import { Centre, type Part } from '../../embedded/launch/centre.ts';
import { AgentClient } from './agent-client.ts';
import { backEnds, tidyBackEnds } from './real-servers.ts';
import { VisitorClient } from './visitor-client.ts';

/** The tone each desk phone speaks with, so that the other side can tell who is heard. */
export const agentHz = 440;
export const customerHz = 880;

export interface TestCentre {
  readonly centre: Centre;
  readonly network: TelephoneNetwork;
  readonly site: string;
  readonly agentUrl: string;
  readonly publicUrl: string;
  /** The desk phone of an extension; it answers after 100 ms unless told otherwise. */
  phone(extension: string): Promise<DeskPhone>;
  visitor(ip?: string): VisitorClient;
  /** `url`: of another contact-server than the usual one. */
  agent(username: string, url?: string): Promise<AgentClient>;
  /** Logged in, phone registered, ready. */
  readyAgent(username: string): Promise<AgentClient>;
  /** What the servers logged at warn and above, for the message of a failed test. */
  readonly troubles: string[];
  close(): Promise<void>;
}

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly change?: (company: Company) => void;
  /** Back ends the test kills: they are its own even where the environment names real ones. */
  readonly own?: readonly Part[];
}

const quick = {
  LOG_LEVEL: 'warn',
  PROOF_BITS: '0',
  MIN_FILL_MS: '0',
  CALLING_HOURS: 'any',
  CALLBACKS_PER_ADDRESS_HOUR: '100000',
  CALLBACKS_PER_ADDRESS_DAY: '100000',
  CALLBACKS_PER_NUMBER_DAY: '100000',
  QUOTA_REQUESTS_BURST: '100000',
  QUOTA_REQUESTS_PER_MINUTE: '100000',
  QUOTA_CALLBACKS_BURST: '100000',
  QUOTA_CALLBACKS_PER_MINUTE: '100000',
  // The tests are the proxy, so that visitors can come from different addresses.
  TRUSTED_PROXIES: '127.0.0.1,::1',
};

/** A whole contact centre of real processes on any free ports, with phones and a telephone network in this one. */
export async function openCentre(options: Options = {}): Promise<TestCentre> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ringback-'));
  const network = await startTelephoneNetwork({ port: 0, ringMs: 150, voice: tone(customerHz) });
  const site = `http://localhost:${String(await freePort())}`;
  const companyFile = await writeCompany(dataDir, network.address.port, options.change);
  const company = JSON.parse(await readFile(companyFile, 'utf8')) as Company;
  const troubles: string[] = [];
  const servers = backEnds(options.own ?? []);
  const centre = await Centre.start({
    env: {
      PATH: process.env['PATH'],
      ...servers,
      ...quick,
      SITE_ORIGINS: site,
      COMPANY_FILE: companyFile,
      DEMO: '1',
      ...options.env,
    },
    dataDir,
    demo: false,
    ports: 'any',
    onLine: (part: Part, line: string) => {
      troubles.push(`${part}: ${line}`);
      if (troubles.length > 500) troubles.shift();
    },
  }).catch(async (error: unknown) => {
    await network.close();
    throw error;
  });
  const { env } = centre;
  const agentUrl = env['AGENT_URL'] ?? '';
  const publicUrl = env['PUBLIC_URL'] ?? '';
  const phones = new Map<string, Promise<DeskPhone>>();
  const agents: AgentClient[] = [];
  const visitors: VisitorClient[] = [];

  const phone = (extension: string): Promise<DeskPhone> => {
    const known = phones.get(extension);
    if (known) return known;
    const person = company.agents.find((it) => it.extension === extension);
    const started = startDeskPhone({
      extension,
      password: person?.devicePassword ?? '',
      registrar: { host: env['SIP_HOST'] ?? '127.0.0.1', port: Number(env['SIP_PORT']) },
      autoAnswer: true,
      answerAfterMs: 100,
      keepsTrying: true,
      retryMs: 200,
      voice: tone(agentHz),
    });
    phones.set(extension, started);
    return started;
  };
  const agent = async (username: string, url = agentUrl): Promise<AgentClient> => {
    const person = company.agents.find((it) => it.username === username);
    const client = await AgentClient.logIn(url, username, person?.password ?? '');
    agents.push(client);
    return client;
  };
  return {
    centre,
    network,
    site,
    agentUrl,
    publicUrl,
    phone,
    troubles,
    visitor(ip) {
      const client = new VisitorClient({ publicUrl, site, ...(ip !== undefined && { ip }) });
      visitors.push(client);
      return client;
    },
    agent,
    async readyAgent(username) {
      const person = company.agents.find((it) => it.username === username);
      const client = await agent(username);
      const desk = await phone(person?.extension ?? '');
      if (!desk.isRegistered) await once(desk, 'registered');
      await client.ready();
      return client;
    },
    async close() {
      for (const it of visitors) it.close();
      for (const it of agents) it.close();
      await Promise.all([...phones.values()].map(async (it) => (await it).close()));
      await network.close();
      await centre.stop();
      await tidyBackEnds(servers);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function writeCompany(
  dataDir: string,
  trunkPort: number,
  change: ((company: Company) => void) | undefined,
): Promise<string> {
  const file = new URL('../../embedded/demo/company.json', import.meta.url);
  const company = JSON.parse(await readFile(file, 'utf8')) as Company;
  for (const trunk of company.trunks) trunk.address = `127.0.0.1:${String(trunkPort)}`;
  change?.(company);
  const own = join(dataDir, 'company.json');
  await writeFile(own, JSON.stringify(company));
  return own;
}
