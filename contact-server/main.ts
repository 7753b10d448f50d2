import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { BoardView } from '../contracts/agent.ts';
import type { Company } from '../contracts/company.schema.ts';
import type { Rules } from '../contracts/rules.schema.ts';
import {
  importDirectory,
  openRouting,
  RoutingUnavailable,
  rulesFaults,
  writeRules,
} from '../routing/index.ts';
import { systemClock as clock } from '../server-kit/clock.ts';
import { Lifetime } from '../server-kit/lifetime.ts';
import { readLinkKeys } from '../server-kit/link/link-keys.ts';
import { tellingOutages } from './adapters/outages.ts';
import { openTelephony } from './adapters/drachtio/open-telephony.ts';
import { LocalCredentials } from './adapters/mongo/credentials.ts';
import { isMongoOutage } from './adapters/mongo/durable.ts';
import { openStores, type Stores } from './adapters/mongo/open-stores.ts';
import { TotpFactor } from './adapters/mongo/totp-factor.ts';
import { RedisHints } from './adapters/redis/hints.ts';
import { RedisLimits } from './adapters/redis/limits.ts';
import { isRedisOutage } from './adapters/redis/outage.ts';
import { SignedIdentity } from './adapters/signed-identity.ts';
import { dialPolicy } from './app/dial-policy.ts';
import { RulesDesk } from './app/rules-desk.ts';
import { RulesInForce } from './app/rules-in-force.ts';
import { watchServices } from './app/service-watch.ts';
import { noteOutage } from './app/trouble-words.ts';
import { liveCompany, readCompany } from './company-file.ts';
import { type Config, readConfig } from './config.ts';
import { openDesks } from './desks.ts';
import { DmzLinks } from './dmz-link/dmz-links.ts';
import { usualRules } from './domain/callback-rules.ts';
import { EventStreams } from './http/event-streams.ts';
import { agentServer } from './http/server.ts';
import { openLog } from './log.ts';
import { ruleBook } from './rule-book.ts';
import { readSecrets } from './secrets.ts';
import { version } from './version.ts';

/** Everything may be started at once, in any order; what does not come in this time has its reason. */
const MONGODB_PATIENCE_MS = 30_000;

try {
  await run(readConfig(process.env));
} catch (err) {
  openLog('info').fatal({ err }, 'contact-server does not start');
  process.exit(1);
}

/** Opens everything in the order it is needed, says that it is ready, and closes in the opposite order. */
async function run(config: Config): Promise<void> {
  const log = openLog(config.LOG_LEVEL);
  const lifetime = new Lifetime(log, 10_000);
  const centre = config.CENTRE;
  const keys = await readSecrets(join(config.DATA_DIR, 'contact-server'));

  const stores = await openStores(config.MONGODB_URL, {
    database: config.MONGODB_DATABASE,
    centre,
    keepDays: config.KEEP_CALLBACK_DAYS,
    now: () => clock.now(),
    patienceMs: MONGODB_PATIENCE_MS,
    onWait: (host) => log.warn({ host }, 'waits for MongoDB'),
  });
  lifetime.keep('mongodb', stores.connection, (it) => it.close());
  const companyFile = await takeOver(config, stores, log);
  const { rules: company, ...live } = liveCompany(companyFile, config.CALLING_HOURS === 'any');

  const redis = lifetime.keep('redis', connect(config.REDIS_URL, true), (it) => it.disconnect());
  const subscriber = lifetime.keep('redis hints', connect(config.REDIS_URL, false), (it) => it.disconnect());
  for (const it of [redis, subscriber]) it.on('error', (err) => log.debug({ err }, 'redis is away'));
  const redisTold = <T extends object>(it: T): T =>
    tellingOutages(it, isRedisOutage, 'A part of the server does not answer (Redis).');
  const hints = redisTold(new RedisHints({ redis, subscriber, centre, log }));
  hints.start().catch((err: unknown) => log.warn({ err }, 'no hints from other processes'));

  const acd = await openRouting({
    redisUrl: config.REDIS_URL,
    mongo: stores.connection,
    clock,
    log: log.child({ part: 'routing' }),
    centre,
  });
  lifetime.keep('routing', acd, (it) => it.close());
  const routing = tellingOutages(
    acd,
    (error) => error instanceof RoutingUnavailable || isMongoOutage(error),
    'The line does not answer.',
  );

  const logIns = stores.logIns;
  const people = await stores.accounts.all();
  const present = await Promise.all(people.map((it) => logIns.any(it.id, clock.now())));
  const sip = lifetime.keep(
    'sip',
    await openTelephony({
      server: { host: config.DRACHTIO_HOST, port: config.DRACHTIO_PORT, secret: config.DRACHTIO_SECRET },
      trunks: company.trunks,
      accounts: { byExtension: (extension) => stores.accounts.phoneOf(extension) },
      store: stores.bindings,
      // A phone that asks just after a restart must find its user logged in.
      openExtensions: people.flatMap((it, i) =>
        present[i] && it.extension !== undefined ? [it.extension] : [],
      ),
      clock,
      log: log.child({ part: 'sip' }),
    }),
    (it) => it.close(),
  );
  const { phones, telephony } = sip;

  // Filled in when the links are made, last of all.
  const dmzLinks: DmzLinks[] = [];
  const services = async (): Promise<BoardView['services']> => {
    // As it is at this moment: by the time the others have answered it may be over.
    const sipStatus = telephony.status();
    const health = await routing.health();
    const dmz = dmzLinks.flatMap((it) => it.status());
    const down = dmz.filter((it) => it.state === 'down');
    return {
      redis: { up: health.redis, ...(!health.redis && { detail: 'does not answer' }) },
      mongodb: { up: await answers(stores) },
      sip: sipStatus,
      dmz: {
        up: dmz.length > 0 && down.length === 0,
        ...(down[0] && { detail: `${down[0].url} ${down[0].lastError ?? 'not connected yet'}` }),
      },
    };
  };

  const { accounts } = stores;
  const secondFactor = new TotpFactor({ accounts, issuer: company.name, now: () => clock.now() });
  const desks = openDesks({
    stores,
    routing,
    telephony,
    phones,
    hints,
    limits: redisTold(new RedisLimits(redis, centre)),
    credentials: new LocalCredentials(accounts, secondFactor),
    identity: new SignedIdentity(config.IDENTITY_SECRET, () => clock.now()),
    policy: dialPolicy(company.country, () => ({
      trunks: company.trunks,
      ownNumbers: company.trunks.flatMap((it) => it.callerIds),
      callingHours: company.callingHours,
      callerIdsOf: (service) => company.services.get(service)?.callerIds ?? [],
    })),
    company,
    rules: {
      ...usualRules,
      retryAfterMs: config.retryAfterMs,
      agentRingMs: config.AGENT_RING_MS,
      customerRingMs: config.CUSTOMER_RING_MS,
      offerGraceMs: config.OFFER_GRACE_MS,
      maxTalkMs: config.MAX_TALK_MS,
      maxWrapUpMs: config.MAX_WRAPUP_MS,
    },
    siteOrigins: config.SITE_ORIGINS,
    asking: config.asking,
    keepDays: config.KEEP_CALLBACK_DAYS,
    proof: { difficulty: config.PROOF_BITS, minFillMs: config.MIN_FILL_MS },
    managerTotp: config.MANAGER_TOTP,
    logInTries: { account: config.LOGIN_TRIES_PER_ACCOUNT, address: config.LOGIN_TRIES_PER_ADDRESS },
    keys,
    services,
    clock,
    log,
  });

  const rulesDesk = new RulesDesk({
    store: stores.rules,
    book: ruleBook(stores.connection, centre, routing),
    callbacks: stores.callbacks,
    faultsOf: (rules) => [...rulesFaults(rules), ...live.numberFaults(rules)],
    numbers: live.numbers,
    follow: (rules) => {
      live.follow(rules);
      desks.rulesChanged();
    },
    audit: stores.audit,
    hints,
    clock,
    log: log.child({ part: 'rules' }),
  });
  await rulesDesk.start();
  lifetime.keep('rules', rulesDesk, (it) => it.stop());

  const http = createServer();
  http.listen(config.AGENT_PORT, config.BIND_HOST);
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const origin = config.AGENT_URL ?? `http://${config.BIND_HOST}:${String(port)}`;
  const auth = { origin, managerTotp: config.MANAGER_TOTP };
  const events = new EventStreams({
    streams: hints,
    hints,
    views: desks.views,
    agentLine: desks.agentLine,
    board: desks.board,
    logIns: desks.logIns,
    phones,
    clock,
    log,
  });
  const app = agentServer({
    logIns: desks.logIns,
    secondFactor,
    line: desks.agentLine,
    desk: desks.agents,
    manager: desks.manager,
    views: desks.views,
    board: desks.board,
    decisions: desks.decisions,
    pages: desks.pages,
    rules: rulesDesk,
    streams: hints,
    events,
    auth,
    version,
    now: () => clock.now(),
    log,
    services,
    metricsToken: config.METRICS_TOKEN,
    portalDir: config.PORTAL_DIR,
    siteOrigins: config.SITE_ORIGINS,
    trustedProxies: config.TRUSTED_PROXIES,
  });
  http.on('request', app.callback());
  lifetime.keep('http', http, (it) => {
    it.closeAllConnections();
    it.close();
  });

  await desks.start();
  lifetime.keep('desks', desks, (it) => it.stop());
  events.start();
  lifetime.keep('event streams', events, (it) => it.stop());
  const watch = watchServices({
    services,
    clock,
    onNews: (listener) => telephony.onStatus(listener),
    onChange: () => hints.give({ about: 'board' }),
    onStale: () => void events.breakOff(),
    onOver: (outage) => noteOutage(stores.audit, outage),
  });
  lifetime.keep('service watch', watch, (end) => end());
  const links = new DmzLinks({
    links: config.DMZ_LINKS,
    tls: () => readLinkKeys(config.LINK_KEY_DIR),
    desk: desks.visitors,
    origins: config.SITE_ORIGINS,
    clock,
    log: log.child({ part: 'dmz-link' }),
    isQuarantined: (node) => config.QUARANTINED_DMZ.includes(node),
  });
  dmzLinks.push(links);
  links.onChange(() => hints.give({ about: 'board' }));
  links.start();
  lifetime.keep('dmz links', links, (it) => it.close());

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'contact-server is closing');
      void lifetime.end().then(() => process.exit(0));
    });
  }
  process.stdout.write(
    `${JSON.stringify({ ready: true, agent: { host: config.BIND_HOST, port, url: origin } })}\n`,
  );
  log.info({ port }, 'contact-server is ready');
}

/** Reads the company from its file, or as it was taken over last; demo data only where the demo is meant. */
async function takeOver(config: Config, stores: Stores, log: Logger): Promise<Company> {
  const company =
    config.COMPANY_FILE === undefined
      ? await stores.companies.load()
      : await readCompany(config.COMPANY_FILE);
  if (!company) throw new Error('COMPANY_FILE: name the file of your company for the first start');
  if (company.demo && config.DEMO !== '1') {
    throw new Error('COMPANY_FILE: this database holds the demo company; start with a database of your own');
  }
  if (config.COMPANY_FILE !== undefined) {
    // What managers saved and a crash kept from the directory is brought there first: the file only adds to it.
    const write = (rules: Rules): Promise<void> => writeRules(stores.connection, rules, config.CENTRE);
    await new RulesInForce({ store: stores.rules, write, log }).bring();
    await stores.companies.save(company);
    const { unmanned } = await importDirectory(stores.connection, company, config.CENTRE);
    for (const reason of unmanned) log.warn({ reason }, 'nobody can take this as yet');
    await stores.accounts.addMissing(company.agents);
    await stores.customers.addMissing(company.customers);
  }
  return company;
}

/** `quick`: a command fails at once while Redis is away, instead of waiting for it. */
function connect(url: string, quick: boolean): Redis {
  return new Redis(url, {
    maxRetriesPerRequest: quick ? 1 : null,
    enableOfflineQueue: !quick,
    connectTimeout: 2_000,
    ...(quick && { commandTimeout: 2_000 }),
    retryStrategy: (times) => Math.min(times * 100, 1_000),
  });
}

async function answers(stores: Stores): Promise<boolean> {
  try {
    await stores.connection.db?.command({ ping: 1 }, { timeoutMS: 1_000 });
    return true;
  } catch {
    return false;
  }
}
