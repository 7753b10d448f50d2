import assert from 'node:assert/strict';
import { companySchema } from '../../contracts/company.schema.ts';
import { type Rules, rulesChangeSchema } from '../../contracts/rules.schema.ts';
import { rulesFaults } from '../../routing/index.ts';
import { rulesAs } from '../support/fake-rules.ts';

const { rules } = rulesAs();
const [sales] = rules.services;
const [ana] = rules.agents;
const [office] = rules.hours;
const [gold] = rules.entitlements;
assert.ok(sales && ana && office && gold);

describe('Rules that make no sense', () => {
  const faults = (change: Partial<Rules>): Record<string, string> =>
    Object.fromEntries(rulesFaults({ ...rules, ...change }).map((it) => [it.path, it.message]));

  it('are those of a service whose every able agent takes no calls; whoever else takes some is no help [AV11] [AV13]', () => {
    const capacity = { voice: { most: 0, blocks: [] }, chat: { most: 3, blocks: [] } };
    const chatting = { ...ana, capacity };
    const rui = rules.agents.find((it) => it.id === 'rui');
    assert.ok(rui);
    assert.deepEqual(faults({ agents: [chatting, rui] }), {
      '/services/sales/must': 'Nobody could take a call for Sales: whoever is able to takes no calls.',
    });
    const rings = [{ afterMs: 60_000, must: [], prefer: [] }];
    assert.deepEqual(
      faults({ agents: [chatting, rui], services: [{ ...sales, rings }] }),
      {},
      'later Rui can',
    );
    assert.deepEqual(faults({ agents: [chatting, { ...ana, id: 'bea' }] }), {});
  });

  it('say who goes by hours that are not there [MG5]', () => {
    const shift = { ...ana, hours: 'nights' };
    assert.deepEqual(faults({ services: [{ ...sales, hours: 'always' }], agents: [shift] }), {
      '/services/sales/hours': 'There are no opening hours called always, by which Sales is open.',
      '/agents/ana/hours': 'There are no hours called nights, at which Ana Costa works.',
    });
  });

  it('end after they begin by the moment, however it is written [MG5]', () => {
    const valid = { validFrom: '2026-12-01T00:00:00.000Z', validTo: '2026-12-01T00:00:00Z' };
    assert.match(
      faults({ entitlements: [{ ...gold, ...valid }] })['/entitlements/gold/validTo'] ?? '',
      /ends/,
    );
    const lasting = { validFrom: '2026-12-01T00:00:00.5Z', validTo: '2026-12-01T00:00:01Z' };
    assert.deepEqual(faults({ entitlements: [{ ...gold, ...lasting }] }), {});
  });
});

describe('A change of rules, as it is sent', () => {
  const refusals = (change: object): Record<string, string> => {
    const { error } = rulesChangeSchema.safeParse({ base: 1, ...change });
    return Object.fromEntries((error?.issues ?? []).map((it) => [`/${it.path.join('/')}`, it.message]));
  };

  it('names nothing twice: the directory could keep only one of them [MG5]', () => {
    const lists = {
      addQualifications: ['lang:es', 'lang:es'],
      services: [sales, sales],
      hours: [office, { ...office, timezone: 'Europe/Paris' }],
      agents: [
        { id: 'ana', qualifications: [] },
        { id: 'ana', qualifications: [] },
      ],
      entitlements: [gold, { ...gold, services: ['sales', 'sales'] }],
      removeHours: ['office', 'office'],
      removeEntitlements: ['gold', 'silver', 'gold'],
    };
    assert.deepEqual(refusals(lists), {
      '/addQualifications/1': 'lang:es stands here twice.',
      '/services/1/id': 'sales stands here twice.',
      '/hours/1/id': 'office stands here twice.',
      '/agents/1/id': 'ana stands here twice.',
      '/entitlements/1/services/1': 'sales stands here twice.',
      '/entitlements/1/id': 'gold stands here twice.',
      '/removeHours/1': 'office stands here twice.',
      '/removeEntitlements/2': 'gold stands here twice.',
    });
    const twice = companySchema.shape.hours.safeParse([office, office]);
    assert.equal(twice.error?.issues[0]?.message, 'office stands here twice.', 'nor does a company file');
  });

  it('gives nobody more calls at once than they have telephones [AV13]', () => {
    const room = (most: number) => ({ voice: { most, blocks: [] }, chat: { most: 20, blocks: [] } });
    const of = (most: number) =>
      refusals({ agents: [{ id: 'ana', qualifications: [], capacity: room(most) }] });
    assert.deepEqual([of(0), of(1)], [{}, {}]);
    assert.deepEqual(of(2), {
      '/agents/0/capacity/voice/most': 'This must be 0 or 1: a person has one telephone.',
    });
    const { channels, agents } = companySchema.shape;
    const words = (it: ReturnType<typeof channels.safeParse>) => it.error?.issues[0]?.message;
    assert.match(words(channels.safeParse({ voice: { most: 2 } })) ?? '', /one telephone/);
    const bo = { id: 'bo', name: 'Bo', username: 'bo', password: 'at least 8', roles: ['agent'] };
    const two = agents.safeParse([{ ...bo, capacity: { voice: 2 } }]);
    assert.match(two.error?.issues[0]?.message ?? '', /one telephone/);
  });
});
