import assert from 'node:assert/strict';
import { stillToCall } from '../../contact-server/app/still-to-call.ts';
import { liveCompany } from '../../contact-server/company-file.ts';
import { changedRules, differences, restoredRules } from '../../contact-server/domain/rule-changes.ts';
import { nothingOffered, serviceChangeFaults } from '../../contact-server/domain/service-changes.ts';
import type { CallbackRecord } from '../../contact-server/ports/stores.ts';
import { companySchema } from '../../contracts/company.schema.ts';
import type { Rules, RulesChange } from '../../contracts/rules.schema.ts';
import demo from '../../embedded/demo/company.json' with { type: 'json' };
import { rulesFaults } from '../../routing/index.ts';
import { rulesAs } from '../support/fake-rules.ts';

type Change = Omit<RulesChange, 'base'>;
type Service = Change['services'][number];

const { rules } = rulesAs();
const [first] = rules.services;
assert.ok(first);
const sales: Service = first;
const returns: Service = { ...sales, id: 'returns', name: 'Returns', must: [], callerIds: [] };
const change = (what: Partial<Change>): Change => ({
  addQualifications: [],
  services: [],
  hours: [],
  agents: [],
  entitlements: [],
  removeServices: [],
  removeHours: [],
  removeEntitlements: [],
  ...what,
});
const withReturns = changedRules(rules, change({ services: [returns] }));
const without = changedRules(withReturns, change({ removeServices: ['returns'] }));
const ids = (it: Rules): string[] => it.services.filter((one) => !one.removed).map((one) => one.id);

describe('A manager adds and removes services', () => {
  it('and the history says so in words, also when it is offered again [MG8]', () => {
    assert.deepEqual(differences(rules, withReturns), ['Service Returns added']);
    assert.deepEqual(differences(withReturns, without), ['Service Returns removed']);
    const again = changedRules(without, change({ services: [{ ...returns, offerMs: 30_000 }] }));
    assert.deepEqual(differences(without, again), [
      'Service Returns offered again',
      'Service Returns: offer time 20 s → 30 s',
    ]);
  });

  it('and the numbers it shows are told, those of the company file too [MG8]', () => {
    const shown = changedRules(rules, change({ services: [{ ...sales, callerIds: ['+442079460101'] }] }));
    assert.deepEqual(differences(rules, shown), [
      'Service Sales: numbers shown those of the company file → +442079460101',
    ]);
    const kept = changedRules(shown, change({ services: [{ ...sales, offerMs: 30_000 }] }));
    assert.deepEqual(kept.services[0]?.callerIds, ['+442079460101'], 'who says nothing of them leaves them');
    const usual = changedRules(shown, change({ services: [{ ...sales, callerIds: [] }] }));
    assert.deepEqual(usual, rules, 'none chosen are those of the file');
  });

  it('and an earlier version has what it had: added since is removed, removed since is offered again [MG8]', () => {
    assert.deepEqual(ids(restoredRules(withReturns, rules)), ['sales']);
    assert.deepEqual(ids(restoredRules(without, withReturns)), ['sales', 'returns']);
    assert.deepEqual(ids(restoredRules(withReturns, without)), ['sales']);
    assert.deepEqual(ids(restoredRules(without, rules)), ['sales'], 'and stays known by its name');
    assert.equal(restoredRules(without, rules).services.length, 2);
  });

  it('and two of one name are refused, and more than can be kept; the name of a removed one is free [MG8]', () => {
    const faults = (now: Rules, what: Partial<Change>) =>
      serviceChangeFaults(now, change(what)).map((it) => `${it.path}: ${it.message}`);
    const second = { ...returns, name: ' sales ' };
    assert.deepEqual(faults(rules, { services: [second] }), [
      '/services/returns/name: There is a service called Sales already.',
    ]);
    assert.deepEqual(faults(without, { services: [{ ...second, name: 'Returns', id: 'returns-2' }] }), []);
    const twins = [returns, { ...returns, id: 'returns-2' }];
    assert.equal(faults(rules, { services: twins }).length, 2, 'nor both in one change');
    assert.deepEqual(
      faults(withReturns, { services: [{ ...returns, name: 'Sales' }] }),
      [],
      'edits as before',
    );
    assert.deepEqual(faults(rules, { removeServices: ['chess'] }), [
      '/removeServices/0: There is no service chess.',
    ]);
    assert.deepEqual(faults(rules, { services: [sales], removeServices: ['sales'] }), [
      '/removeServices/0: sales is changed and removed at once.',
    ]);
    const many = Array.from({ length: 499 }, (_, i) => ({ ...sales, id: `s${i}`, name: `S ${i}` }));
    assert.match(
      faults({ ...rules, services: [...rules.services, ...many] }, { services: [returns] }).join(),
      /There can be 500 services/,
    );
  });

  it('and the last one that is offered stays: visitors must be able to ask for something [MG8]', () => {
    assert.deepEqual(nothingOffered(withReturns, without), []);
    const [fault] = nothingOffered(without, changedRules(without, change({ removeServices: ['sales'] })));
    assert.match(fault?.message ?? '', /^Sales is the last service that is offered/);
  });

  it('and of a removed one nothing is asked that nobody needs any more [MG8]', () => {
    const odd = { ...returns, hours: 'gone', must: [{ name: 'lang:xx', level: 1 }] };
    const wrong = changedRules(rules, change({ services: [odd] }));
    assert.equal(rulesFaults(wrong).filter((it) => it.path.startsWith('/services/returns')).length, 2);
    const removed = changedRules(wrong, change({ removeServices: ['returns'] }));
    assert.deepEqual(
      rulesFaults(removed).filter((it) => it.path.startsWith('/services/returns')),
      [],
    );
  });

  it('and is told first who is still to be called for it, each by how far they are [MG8]', () => {
    const open = (service: string, state: string) =>
      ({ callback: { wish: { service }, phase: { state } } }) as unknown as CallbackRecord;
    const all = [
      open('sales', 'queued'),
      open('returns', 'queued'),
      open('returns', 'reserved'),
      open('returns', 'scheduled'),
      open('returns', 'connected'),
    ];
    const removed = withReturns.services.filter((it) => it.id === 'returns');
    assert.equal(
      stillToCall(all, removed),
      'Returns has 2 waiting, 1 booked and 1 with an agent. They are called as before; nobody else can ask for it.',
    );
    assert.equal(stillToCall(all.slice(0, 1), removed), undefined);
  });
});

describe('The numbers a service shows', () => {
  const company = companySchema.parse(demo);
  const lines = company.trunks.flatMap((it) => it.callerIds);
  const shownBy = (callerIds?: string[]) => {
    const live = liveCompany(company, true);
    const chosen = callerIds && { callerIds };
    live.follow({
      ...rules,
      services: [sales, returns].map(({ callerIds: _, ...it }) => ({ ...it, ...chosen })),
    });
    return live.rules.services;
  };

  it('are those a manager chose, else the company file’s, else any of the lines’ [MG8]', () => {
    const [usual] = company.services.find((it) => it.id === 'sales')?.callerIds ?? [];
    assert.deepEqual(shownBy().get('sales')?.callerIds, [usual]);
    assert.deepEqual(shownBy().get('returns')?.callerIds, lines);
    assert.deepEqual(shownBy([lines[1] ?? '']).get('sales')?.callerIds, [lines[1]]);
  });

  it('are never one that the lines have lost since: no call could be made [MG8]', () => {
    assert.deepEqual(shownBy(['+442079460999']).get('returns')?.callerIds, lines);
    const live = liveCompany(company, true);
    const wrong = { ...rules, services: [{ ...sales, callerIds: ['+442079460999'] }] };
    const [fault] = live.numberFaults(wrong);
    assert.equal(fault?.path, '/services/sales/callerIds/0');
    assert.match(fault.message, /^No line can show \+442079460999\. Those that can be shown: \+44/);
  });
});
