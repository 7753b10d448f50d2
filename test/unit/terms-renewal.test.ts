import assert from 'node:assert/strict';
import type { CallbackId } from '../../contracts/ids.ts';
import { TermsRenewal } from '../../contact-server/app/terms-renewal.ts';
import type { Callback, Fact } from '../../contact-server/domain/callback.ts';
import { step } from '../../contact-server/domain/callback-machine.ts';
import { usualRules } from '../../contact-server/domain/callback-rules.ts';
import type { CallbackRecord } from '../../contact-server/ports/stores.ts';
import type { Contact, Requirement, RoutingSnapshot } from '../../routing/index.ts';

type Parts = ConstructorParameters<typeof TermsRenewal>[0];
type Skills = Requirement['must'];

const skill = (name: string, level = 1) => ({ name, level });
const sales = [skill('service:sales')];
const spanish = [skill('lang:es', 2)];

describe('Those who wait, when a service asks for something else [MG4]', () => {
  let rule: Requirement;
  let toBeFollowed: Requirement | undefined;
  let records: Map<string, CallbackRecord>;
  let filed: Contact[];
  let renewal: TermsRenewal;

  const waits = (
    id: string,
    prefer: Skills = [],
    { wish = {}, known }: { wish?: Partial<Callback['wish']>; known?: string } = {},
  ): CallbackRecord => {
    const callback = {
      id,
      wish: { service: 'sales', ...wish },
      terms: { tier: 'gold', priority: 7, must: sales, prefer, ...(known && { language: known }) },
      phase: { state: 'queued' },
      startedAt: 1,
      entry: 1,
    } as unknown as Callback;
    const record = { callback, version: 1 } as CallbackRecord;
    records.set(id, record);
    return record;
  };
  const open = (): readonly CallbackRecord[] => [...records.values()];
  const needsOf = (all: readonly CallbackRecord[]) =>
    all.map(({ callback: { terms } }) => [terms?.must, terms?.prefer]);
  const standing = (...ids: readonly string[]): Pick<RoutingSnapshot, 'waiting'> =>
    ({
      waiting: ids.map((id) => ({ contact: { id, requirement: { must: sales, prefer: [] } } })),
    }) as unknown as RoutingSnapshot;

  beforeEach(() => {
    rule = { must: spanish, prefer: [skill('product:loans')] };
    toBeFollowed = undefined;
    records = new Map();
    filed = [];
    renewal = new TermsRenewal({
      callbacks: {
        note: (id: CallbackId, fact: Fact) => {
          const record = records.get(id);
          assert.ok(record);
          const now = { ...record, callback: step(record.callback, fact, usualRules).next };
          records.set(id, now);
          return Promise.resolve(now);
        },
      },
      store: { find: (id: CallbackId) => Promise.resolve(records.get(id)) },
      routing: {
        services: () => Promise.resolve([{ id: 'sales', requirement: rule }]),
        followDirectory: () => {
          rule = toBeFollowed ?? rule;
          return Promise.resolve();
        },
        anew: (contact: Contact) => {
          filed.push(contact);
          return Promise.resolve();
        },
      },
      clock: { now: () => 5 },
    } as unknown as Parts);
  });

  it('are asked for by the new rule, and by the language of their own; tier and priority stay', async () => {
    waits('a');
    waits('b', [skill('lang:pt')], { wish: { language: 'pt-BR' } });
    waits('c', [skill('lang:de')], { known: 'de' });
    waits('d', [skill('lang:fr')]); // which was a wish of the rule before
    const now = await renewal.renewed(open());
    const loans = skill('product:loans');
    assert.deepEqual(needsOf(now), [
      [spanish, [loans]],
      [spanish, [loans, skill('lang:pt')]],
      [spanish, [loans, skill('lang:de')]],
      [spanish, [loans]],
    ]);
    assert.deepEqual([now[0]?.callback.terms?.tier, now[0]?.callback.terms?.priority], ['gold', 7]);
    assert.equal(await renewal.renewed(now), now, 'once');
  });

  it('are filed anew in the order of service, by what is stored at that moment', async () => {
    waits('a');
    waits('b');
    const now = await renewal.renewed(open());
    await renewal.file(now, standing('b', 'gone', 'a'));
    assert.deepEqual(
      filed.map((it) => [it.id, it.requirement.must]),
      [
        ['b', spanish],
        ['a', spanish],
      ],
    );
  });

  it('are left alone while they are offered to somebody, and where another process knows newer rules', async () => {
    const offered = waits('a');
    records.set('a', {
      ...offered,
      callback: { ...offered.callback, phase: { state: 'reserved' } as never },
    });
    assert.deepEqual(needsOf(await renewal.renewed(open())), [[sales, []]]);
    records.clear();
    waits('b');
    toBeFollowed = { must: sales, prefer: [] };
    assert.deepEqual(needsOf(await renewal.renewed(open())), [[sales, []]]);
  });
});
