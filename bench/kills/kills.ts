import type { CarriedCall } from '../../embedded/demo/telephone-network.ts';
import type { Part } from '../../embedded/launch/centre.ts';
import type { AgentClient } from '../../test/support/agent-client.ts';
import { openCentre, type TestCentre } from '../../test/support/centre.ts';
import { eventually } from '../../test/support/eventually.ts';
import { employ } from '../../test/support/staff.ts';
import { seeded } from '../../routing/testing.ts';
import { report } from '../report.ts';
import { worksAt } from './worker.ts';
import { Visitors } from './visitors.ts';

const BENCH = 'kills';
const AGENTS = 4;
const MOST_OPEN = 8;
const USUAL_KILLS = 50;
const LONGEST_PAUSE_MS = 2_500;
const CALM_MS = 180_000;

/** One of ten is drawn each time. */
const victims: readonly Part[] = [
  ...Array.from({ length: 7 }, () => 'contact-server' as const),
  'redis',
  'mongodb',
  'web-dmz',
];

const staff = Object.fromEntries(
  Array.from({ length: AGENTS }, (_, i) => [`agent${i}`, 'service:sales 3, lang:en 3']),
);
/** Deadlines of the product, short enough to be met with many times. */
const env = {
  AGENT_RING_MS: '8000',
  CUSTOMER_RING_MS: '8000',
  OFFER_GRACE_MS: '1000',
  MAX_WRAPUP_MS: '20000',
  RETRY_AFTER_MS: '1500,1500',
};

/**
 * `BENCH=kills make bench` (AHEAD N6, N7): visitors ask and agents work without a pause while processes are killed with
 * -9 at moments drawn by lot (`SEED`, `KILLS`). Then everything is left in peace, and the telephone network is asked: was
 * anybody ever rung by two calls at once, was anybody who was accepted forgotten, is anything stuck?
 */
export async function kills(): Promise<void> {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const wanted = Number(process.env['KILLS'] ?? USUAL_KILLS);
  console.error(`seed ${seed}`);
  const random = seeded(seed);
  const it = await openCentre({
    change: (company) => employ(company, staff),
    env,
    own: ['redis', 'mongodb'],
  });
  try {
    const over = new AbortController();
    const work: Promise<void>[] = [];
    const phones = await Promise.all(Object.keys(staff).map((_, i) => it.phone(String(201 + i))));
    const rung = phones.map(() => 0);
    phones.forEach((phone, i) => phone.on('invite', () => (rung[i] = (rung[i] ?? 0) + 1)));
    const agents = await Promise.all(Object.keys(staff).map((name) => it.readyAgent(name)));
    for (const agent of agents) work.push(worksAt(agent, random, over.signal));
    const visitors = new Visitors(it, random, MOST_OPEN);
    visitors.begin();
    const done = await killSome(it, wanted, random);
    const left = await visitors.end(CALM_MS);
    const stuck = (await Promise.all(agents.map(isAtRest))).filter((rests) => !rests).length;
    const busy = phones.filter((phone) => phone.calls.length > 0).length;
    over.abort();
    await Promise.all(work);
    const doubles = overlaps(it.network.calls);
    const refused = phones.reduce((sum, phone, i) => sum + phone.counters.invites - (rung[i] ?? 0), 0);
    for (const words of [...doubles, ...left]) console.error(words);
    console.error(JSON.stringify(visitors.outcomes()));
    report(BENCH, 'kills', done, wanted, 'kills');
    report(BENCH, 'accepted', visitors.accepted, visitors.accepted, 'callbacks');
    report(BENCH, 'double_rings', doubles.length, 1, `of ${it.network.calls.length} calls`);
    report(BENCH, 'rung_while_busy', refused, 1, 'calls to an agent');
    report(BENCH, 'never_ended', left.length, 1, `of ${visitors.accepted}`);
    report(BENCH, 'agents_stuck', stuck, 1, `of ${AGENTS}`);
    report(BENCH, 'phones_left_up', busy, 1, 'phones');
  } finally {
    await it.close();
  }
}

async function killSome(it: TestCentre, wanted: number, random: () => number): Promise<number> {
  for (let n = 0; n < wanted; n++) {
    await new Promise((resolve) => setTimeout(resolve, random() * LONGEST_PAUSE_MS));
    const part = victims[Math.floor(random() * victims.length)] ?? 'contact-server';
    const from = Date.now();
    await it.centre.kill(part, true);
    await it.centre.start(part);
    console.error(`${from} ${part} killed, back after ${Date.now() - from} ms`);
  }
  return wanted;
}

/** Held by nothing, once everything has ended. */
function isAtRest(agent: AgentClient): Promise<boolean> {
  const look = async (): Promise<true | undefined> => {
    const { me, offers, contacts } = await agent.desk();
    const rests = me.state === 'ready' || me.state === 'not-ready';
    return rests && offers.length === 0 && contacts.length === 0 ? true : undefined;
  };
  return eventually('an agent at rest', look).catch(() => false);
}

/** Calls to one number that were up at the same time. */
function overlaps(calls: readonly CarriedCall[]): string[] {
  const last = new Map<string, CarriedCall>();
  const found: string[] = [];
  for (const call of calls) {
    const before = last.get(call.number);
    if (before && (before.endedAt ?? Infinity) > call.at) {
      found.push(`${call.number} was rung at ${call.at} while ${JSON.stringify(before)}`);
    }
    last.set(call.number, call);
  }
  return found;
}
