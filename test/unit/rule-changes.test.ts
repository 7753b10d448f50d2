import assert from 'node:assert/strict';
import {
  changedRules,
  completed,
  differences,
  restoredRules,
} from '../../contact-server/domain/rule-changes.ts';
import type { Rules } from '../../contracts/rules.schema.ts';
import { rulesAs } from '../support/fake-rules.ts';

const { rules } = rulesAs();
const gold = { id: 'gold', customerId: 'c1', services: ['sales'], tier: 'gold', priority: 20 };
const nothing = {
  addQualifications: [],
  services: [],
  hours: [],
  agents: [],
  entitlements: [],
  removeServices: [],
  removeHours: [],
  removeEntitlements: [],
};

describe('A change of rules', () => {
  const told = (change: Partial<Rules>): string => differences(rules, { ...rules, ...change }).join('. ');

  it('writes times as the directory does: a moment written otherwise is no change [MG5]', () => {
    const written = { ...gold, validFrom: '2026-12-01T00:00:00Z', validTo: '2026-12-31T22:30:00.5Z' };
    const kept = changedRules(rules, { ...nothing, entitlements: [written] });
    const [one] = kept.entitlements;
    assert.deepEqual(
      [one?.validFrom, one?.validTo],
      ['2026-12-01T00:00:00.000Z', '2026-12-31T22:30:00.500Z'],
    );
    const before: Rules = { ...rules, entitlements: [written] };
    assert.deepEqual(
      differences(completed(before), completed(kept)),
      [],
      'a version of before says the same',
    );
    assert.deepEqual(restoredRules(kept, before).entitlements, kept.entitlements);
  });

  it('keeps what it does not speak of: whether the agent of last time goes first [MG4]', () => {
    const [sales] = rules.services;
    assert.ok(sales);
    const set = changedRules(rules, { ...nothing, services: [{ ...sales, lastAgent: true }] });
    assert.deepEqual(differences(completed(rules), completed(set)), [
      'Service Sales: prefers the agent of last time no → yes',
    ]);
    const renamed = changedRules(set, { ...nothing, services: [{ ...sales, name: 'Shop' }] });
    assert.equal(renamed.services[0]?.lastAgent, true);
    const back = changedRules(set, { ...nothing, services: [{ ...sales, lastAgent: false }] });
    assert.equal(back.services[0]?.lastAgent, false);
  });

  it('leaves one call where a version of before says more: a person has one telephone [AV13]', () => {
    const capacity = { voice: { most: 2, blocks: [] }, chat: { most: 7, blocks: [] } };
    const before: Rules = { ...rules, agents: rules.agents.map((it) => ({ ...it, capacity })) };
    const held = { ...capacity, voice: { most: 1, blocks: [] } };
    for (const { agents } of [completed(before), restoredRules(rules, before)])
      assert.deepEqual(agents[0]?.capacity, held);
  });

  it('is told in words: closed on a holiday, open from when to when, valid from which day [MG5]', () => {
    const [office] = rules.hours;
    assert.ok(office);
    const weekly = [{ day: 6, from: '10:00', to: '14:00' }];
    const periods = [
      { from: '09:00', to: '12:00' },
      { from: '13:00', to: '15:00' },
    ];
    const exceptions = [
      { date: '2028-02-29', periods: [] },
      { date: '2028-03-01', periods },
    ];
    assert.match(
      told({ hours: [{ ...office, weekly, exceptions }] }),
      /opening times Mon 09:00 to 17:30, .* → Sat 10:00 to 14:00; exceptions .* 2026-12-25 closed → 2028-02-29 closed, 2028-03-01 09:00 to 12:00 and 13:00 to 15:00$/,
    );
    const [owed] = rules.entitlements;
    assert.ok(owed);
    const valid = { validFrom: '2026-12-01T00:00:00.000Z', validTo: '2026-12-31T22:30:00.000Z' };
    assert.equal(
      told({ entitlements: [{ ...owed, ...valid }] }),
      'Entitlement gold: valid from none → 2026-12-01; valid to none → 2026-12-31 22:30 UTC',
    );
  });
});
