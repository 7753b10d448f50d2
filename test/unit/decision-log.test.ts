import assert from 'node:assert/strict';
import { pino } from 'pino';
import { DecisionDesk } from '../../contact-server/app/decision-desk.ts';
import { DecisionLog } from '../../contact-server/app/decision-log.ts';
import type { DecisionNews, DecisionStore } from '../../contact-server/ports/decisions.ts';
import type { DecisionView } from '../../contracts/agent.ts';
import type { AgentId, CallbackId, ReservationId } from '../../contracts/ids.ts';
import type { DecisionRecord, Reservation } from '../../routing/index.ts';
import { ProblemError } from '../../server-kit/problem.ts';

const agent = (name: string): AgentId => name as AgentId;
const away = (): Promise<never> => Promise.reject(new ProblemError('unavailable'));

const basis: DecisionRecord = {
  inputs: {
    how: 'idle',
    version: 1,
    class: 'c1',
    at: 5_000,
    heads: [
      ['expert', agent('ana'), 2_000_000],
      ['novice', agent('bo'), 1_000_000],
    ],
  },
  requirement: { must: [{ name: 'lang:es', level: 1 }], prefer: [] },
  profiles: { expert: [{ name: 'lang:es', level: 5 }], novice: [{ name: 'lang:es', level: 1 }] },
};
const offer = (n: number, more: Partial<Reservation> = {}): Reservation => ({
  id: `r1-${String(n)}` as ReservationId,
  contactId: 'c1' as CallbackId,
  entry: 1,
  agentId: agent('ana'),
  state: 'pending',
  fence: n,
  epoch: 1,
  createdAt: n,
  deadline: 9,
  decision: { because: 'idle' } as DecisionView,
  basis,
  ...more,
});

describe('The log of decisions', () => {
  let kept: (readonly DecisionNews[])[];
  let keep: (news: readonly DecisionNews[]) => Promise<void>;
  let log: DecisionLog;
  const store: DecisionStore = {
    keep: (news) => keep(news),
    about: () => Promise.resolve([]),
  };

  beforeEach(() => {
    kept = [];
    keep = (news) => Promise.resolve(void kept.push(news));
    log = new DecisionLog(store, pino({ level: 'silent' }));
  });
  const inShort = (): unknown[] =>
    kept.map((news) => news.map((it) => [it.reservationId, it.made?.agentId, it.became?.state]));

  it('writes many at once, and of each what is known by then', async () => {
    log.made(offer(1));
    log.became(offer(1, { state: 'rejected' }), 20);
    log.made(offer(2));
    await log.written();
    log.became(offer(2, { state: 'accepted' }), 30);
    log.became(offer(2, { state: 'completed' }), 40);
    await log.written();
    await log.written();
    assert.deepEqual(inShort(), [
      [
        ['r1-1', 'ana', 'rejected'],
        ['r1-2', 'ana', undefined],
      ],
      [['r1-2', undefined, 'completed']],
    ]);
  });

  it('forgets nothing while the store is away, and says that it is', async () => {
    const works = keep;
    keep = away;
    log.made(offer(1));
    await assert.rejects(log.written());
    log.became(offer(1, { state: 'timeout' }), 20);
    await assert.rejects(log.written());
    keep = works;
    await log.written();
    assert.deepEqual(inShort(), [[['r1-1', 'ana', 'timeout']]]);
  });

  it('is not held up by what the store will never take', async () => {
    const works = keep;
    keep = () => Promise.reject(new Error('too large'));
    log.made(offer(1));
    await log.written();
    keep = works;
    log.made(offer(2));
    await log.written();
    assert.deepEqual(inShort(), [[['r1-2', 'ana', undefined]]]);
  });

  it('is written when nobody asks any more what is on its way', async () => {
    let done = (): void => {};
    keep = async (news) => {
      await new Promise<void>((resolve) => (done = resolve));
      kept.push(news);
    };
    log.made(offer(1));
    const first = log.written();
    const second = log.written().then(() => kept.length);
    await new Promise((resolve) => setImmediate(resolve));
    done();
    assert.equal(await second, 1, 'whoever asks next waits for what is being written, too');
    await first;
  });
});

describe('A decision that is decided again', () => {
  const about = async (record: DecisionRecord, chosen: AgentId): Promise<unknown> => {
    const store = {
      keep: () => Promise.resolve(),
      about: () =>
        Promise.resolve([{ agentId: chosen, reservationId: 'r1-1', basis: JSON.stringify(record) }]),
    } as unknown as DecisionStore;
    const desk = new DecisionDesk({
      decisions: store,
      log: new DecisionLog(store, pino({ level: 'silent' })),
      store: { find: () => Promise.resolve({}) } as never,
      accounts: { all: () => Promise.resolve([{ id: 'ana', name: 'Ana Costa' }]) } as never,
    });
    return (await desk.about('c1' as CallbackId)).decisions[0]?.replayed;
  };

  it('names the agent, and whether that is the one who got it [MG7]', async () => {
    const ana = { agentId: 'ana', agent: 'Ana Costa' };
    assert.deepEqual(await about(basis, agent('ana')), { same: true, ...ana });
    assert.deepEqual(await about(basis, agent('bo')), { same: false, ...ana });
    const nobody = { ...basis, inputs: { ...basis.inputs, heads: [] } };
    assert.deepEqual(await about(nobody, agent('ana')), { same: false });
  });
});
