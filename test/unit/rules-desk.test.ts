import assert from 'node:assert/strict';
import { pino } from 'pino';
import { RulesDesk } from '../../contact-server/app/rules-desk.ts';
import { completed } from '../../contact-server/domain/rule-changes.ts';
import type { Account } from '../../contact-server/ports/accounts.ts';
import type { KeptRules, RuleStore } from '../../contact-server/ports/rule-store.ts';
import type { Rules, RulesChange } from '../../contracts/rules.schema.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { systemClock } from '../../server-kit/clock.ts';
import { rulesAs } from '../support/fake-rules.ts';
import { Mailbox } from '../support/mailbox.ts';

const { rules } = rulesAs();
const mina = { id: 'mina', name: 'Mina Larsen' } as Account;
const log = pino({ level: 'silent' });

/** All versions, kept here; every process looks into the same. */
class Versions implements RuleStore {
  readonly kept: KeptRules[] = [];
  #applied = 0;

  latest = () => Promise.resolve(this.kept.at(-1));
  version = (version: number) => Promise.resolve(this.kept.find((it) => it.version === version));
  history = () => Promise.resolve(this.kept.toReversed());
  applied = () => Promise.resolve(this.#applied);
  add(version: KeptRules): Promise<boolean> {
    if (this.kept.some((it) => it.version === version.version)) return Promise.resolve(false);
    this.kept.push(version);
    return Promise.resolve(true);
  }
  setApplied(version: number): Promise<void> {
    this.#applied = Math.max(this.#applied, version);
    return Promise.resolve();
  }
}

/** The directory that routing works by: each write lands, or fails, when the test says so. */
class Directory {
  holds = rules;
  readonly writes = new Mailbox<{ readonly offerMs: number; land: () => void; fail: (why: Error) => void }>();

  read = () => Promise.resolve(this.holds);
  readonly heard: string[] = [];
  follow = () => Promise.resolve(void this.heard.push('routing'));
  write = (next: Rules): Promise<void> =>
    new Promise((done, fail) => {
      const land = (): void => {
        this.holds = next;
        done();
      };
      this.writes.put({ offerMs: offerOf(next), land, fail });
    });
}

const offerOf = (it: Rules): number => it.services[0]?.offerMs ?? 0;
const offering = (offerMs: number): Rules => ({
  ...rules,
  services: rules.services.map((it) => ({ ...it, offerMs })),
});

describe('The rules of a centre', () => {
  const process = (store: Versions, book: Directory): RulesDesk =>
    new RulesDesk({
      store,
      book,
      callbacks: { open: () => Promise.resolve([]), openFor: () => Promise.resolve([]) },
      numbers: () => ({ lines: [], shown: {} }),
      faultsOf: () => [],
      follow: () => book.heard.push('website'),
      audit: { add: () => Promise.resolve() } as never,
      hints: { give: () => undefined },
      clock: systemClock,
      log,
    });
  const saved = (store: Versions, offerMs: number) =>
    store.add({
      version: store.kept.length + 1,
      at: 0,
      who: 'Mina Larsen',
      what: [],
      rules: offering(offerMs),
    });

  it('reach the directory in their order: a write that takes long is over before the next begins [MG4]', async () => {
    const [store, directory] = [new Versions(), new Directory()];
    const desk = process(store, directory);
    await saved(store, 1_000);
    const looking = desk.settle();
    const slow = await directory.writes.next();
    await saved(store, 2_000);
    const saving = desk.settle();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(directory.writes.unread, [], 'nothing overtakes it');
    slow.land();
    const fast = await directory.writes.next();
    assert.equal(fast.offerMs, 2_000);
    fast.land();
    await Promise.all([looking, saving]);
    assert.equal(offerOf(directory.holds), 2_000);
  });

  it('end up with the newest in it, though another process’s write of an older one lands last, or breaks off [MG4]', async () => {
    for (const end of ['lands', 'breaks off'] as const) {
      const [store, directory] = [new Versions(), new Directory()];
      const [slowOne, fastOne] = [process(store, directory), process(store, directory)];
      await saved(store, 1_000);
      const looking = slowOne.settle();
      const slow = await directory.writes.next();
      await saved(store, 2_000);
      const saving = fastOne.settle();
      (await directory.writes.next()).land();
      await saving;
      if (end === 'lands') slow.land();
      else {
        directory.holds = offering(1_000);
        slow.fail(new Error('no answer'));
        await assert.rejects(looking);
        void slowOne.settle();
      }
      const again = await directory.writes.next();
      assert.equal(again.offerMs, 2_000, `brought once more after one ${end}`);
      again.land();
      if (end === 'lands') await looking;
      assert.equal(offerOf(directory.holds), 2_000);
    }
  });

  it('offer a service that another process added once routing knows it, not before [MG8]', async () => {
    const [store, directory] = [new Versions(), new Directory()];
    await saved(store, 1_000);
    await store.setApplied(1);
    await process(store, directory).settle();
    assert.deepEqual(directory.heard, ['routing', 'website']);
  });

  it('bring a service into the directory that a process of another build has left out: it is not taken for removed [MG8]', async () => {
    const [store, directory] = [new Versions(), new Directory()];
    const services = rules.services.flatMap((it) => [it, { ...it, id: 'returns', name: 'Returns' }]);
    const whole = completed({ ...rules, services });
    directory.holds = completed(rules);
    await store.add({ version: 1, at: 0, who: 'Mina Larsen', what: [], rules: whole });
    await store.setApplied(1);
    const desk = process(store, directory);
    const starting = desk.start();
    (await directory.writes.next()).land();
    await starting;
    desk.stop();
    assert.deepEqual(directory.holds, whole);
    assert.equal(store.kept.length, 1, 'and nothing was said to have changed');
  });

  it('keep hours that somebody goes by: who wants them gone is told once, by whom they are used [MG5]', async () => {
    const [store, directory] = [new Versions(), new Directory()];
    const agents = rules.agents.map((it) => ({ ...it, hours: 'office' }));
    await store.add({ version: 1, at: 0, who: 'company file', what: [], rules: { ...rules, agents } });
    const nothing = {
      addQualifications: [],
      hours: [],
      entitlements: [],
      removeEntitlements: [],
      removeServices: [],
    };
    const change: RulesChange = { base: 1, ...nothing, services: [], agents: [], removeHours: ['office'] };
    await assert.rejects(process(store, directory).change(mina, change), (error) => {
      assert.ok(error instanceof ProblemError);
      const message =
        'office is in use. Services that open by it: Sales. Agents who work at it: Ana Costa, Rui Alves. Give them other hours first.';
      assert.deepEqual(error.problem.errors, [{ path: '/removeHours/0', message }]);
      return true;
    });
  });
});
