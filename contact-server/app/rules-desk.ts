import type { Logger } from 'pino';
import type { Rules, RulesChange, RulesRestore } from '../../contracts/rules.schema.ts';
import type { RulesFault, RulesView } from '../../contracts/rules.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { changedRules, completed, differences, hoursInUse, restoredRules } from '../domain/rule-changes.ts';
import type { Account } from '../ports/accounts.ts';
import type { Hints } from '../ports/hints.ts';
import { nothingOffered, removedBetween, serviceChangeFaults } from '../domain/service-changes.ts';
import type { KeptRules, RuleBook, RuleStore } from '../ports/rule-store.ts';
import type { AuditStore, CallbackStore } from '../ports/stores.ts';
import { bookedWhileClosed } from './booked-while-closed.ts';
import { OutageLog } from './outage.ts';
import { RulesInForce } from './rules-in-force.ts';
import { Serial } from './serial.ts';
import { offeredNoMore, stillToCall } from './still-to-call.ts';

interface Parts {
  readonly store: RuleStore;
  readonly book: RuleBook;
  readonly callbacks: Pick<CallbackStore, 'open' | 'openFor'>;
  /** Which numbers can be shown, and which are. */
  readonly numbers: () => RulesView['numbers'];
  /** What is not right about rules taken together. */
  readonly faultsOf: (rules: Rules) => readonly RulesFault[];
  /** The rest of the server follows; told at the start too, and whenever they may have changed. */
  readonly follow: (rules: Rules) => void;
  readonly audit: AuditStore;
  readonly hints: Pick<Hints, 'give'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const LOOK_MS = 1_000;
const SHOWN = 100;

/**
 * The rules as data. A change becomes a new version first and reaches the directory after: a version that a crash left
 * in between is carried on by any process. The insert of a version is what decides between two managers.
 */
export class RulesDesk {
  readonly #parts: Parts;
  readonly #outage: OutageLog;
  readonly #inForce: RulesInForce;
  /** A write that takes long must not land after one of a newer version. */
  readonly #serial = new Serial();
  #known = 0;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { store, book, log } = parts;
    this.#inForce = new RulesInForce({ store, log, write: (rules) => book.write(rules) });
    this.#outage = new OutageLog(parts.log, 'rules');
  }

  /** After the company file was taken over: what it brought is a version like any other. Then follows the store. */
  async start(): Promise<void> {
    const { store, book } = this.#parts;
    await this.settle();
    // In this order: whatever is saved in between makes the number below a taken one.
    const latest = await store.latest();
    let rules = await book.read();
    // Nothing takes a service out of the directory: one that is not there was never written, by a process of another build.
    if (latest?.rules.services.some(({ id }) => !rules.services.some((it) => it.id === id))) {
      await book.write(completed(latest.rules));
      rules = await book.read();
    }
    const what = latest ? differences(completed(latest.rules), rules) : ['Taken over from the company file'];
    if (what.length > 0) {
      const version = (latest?.version ?? 0) + 1;
      await store.add({ version, at: this.#parts.clock.now(), who: 'company file', what, rules });
    }
    await this.settle();
    this.#tick();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  async look(): Promise<RulesView> {
    const { store } = this.#parts;
    const [{ version, rules }, history] = await Promise.all([this.#latest(), store.history(SHOWN)]);
    const left = Object.fromEntries(await this.#left(rules));
    return { version, rules, history, numbers: this.#parts.numbers(), left };
  }

  async change(who: Account, { base, anyway = false, ...change }: RulesChange): Promise<RulesView> {
    const latest = await this.#based(base);
    const rules = changedRules(latest.rules, change);
    const errors = [
      ...unknown('agents', change.agents, latest.rules.agents),
      ...serviceChangeFaults(latest.rules, change),
      ...hoursInUse(await this.#inUse(rules), change.removeHours),
    ];
    if (errors.length > 0) throw new ProblemError('invalid-request', { errors });
    return this.#save(who, latest, { rules, anyway });
  }

  /** The rules of an earlier version hold again, as a new version. */
  async restore(who: Account, { base, version, anyway = false }: RulesRestore): Promise<RulesView> {
    const latest = await this.#based(base);
    const earlier = await this.#parts.store.version(version);
    if (!earlier) throw new ProblemError('not-found', { detail: 'There is no such version.' });
    const rules = restoredRules(latest.rules, earlier.rules);
    const warning = anyway ? undefined : offeredNoMore(removedBetween(latest.rules, rules));
    return this.#save(who, latest, { rules, anyway, ...(warning !== undefined && { warning }) }, [
      `Version ${String(version)} restored`,
    ]);
  }

  /** How many are still to be called for each removed service. */
  async #left(rules: Rules): Promise<ReadonlyMap<string, number>> {
    const removed = rules.services.filter((it) => it.removed).map((it) => it.id);
    const counts = new Map<string, number>();
    for (const it of removed.length === 0 ? [] : await this.#parts.callbacks.openFor(removed)) {
      counts.set(it, (counts.get(it) ?? 0) + 1);
    }
    return counts;
  }

  /** The rules with those removed services that somebody still waits for as if they were offered: they must not break. */
  async #inUse(rules: Rules): Promise<Rules> {
    const left = await this.#left(rules);
    const services = rules.services.map((it) => {
      const { removed: _, ...rest } = it;
      return left.has(it.id) ? rest : it;
    });
    return { ...rules, services };
  }

  /** Brings the newest version to the directory, if it is not there yet, and to the rest of this process. */
  settle(): Promise<void> {
    return this.#serial.run('rules', () => this.#settleNow());
  }

  async #settleNow(): Promise<void> {
    const { book, follow, hints } = this.#parts;
    const latest = await this.#inForce.bring();
    if (!latest || latest.version === this.#known) return;
    // Another process may have brought them: routing here must know a service before it is offered to anybody.
    await book.follow();
    this.#known = latest.version;
    follow(latest.rules);
    hints.give({ about: 'board' });
  }

  async #save(
    who: Account,
    latest: KeptRules,
    {
      rules,
      anyway,
      warning,
    }: { readonly rules: Rules; readonly anyway: boolean; readonly warning?: string },
    words: readonly string[] = [],
  ): Promise<RulesView> {
    const { store, audit, clock, faultsOf } = this.#parts;
    // What was wrong before is not held against a change that has nothing to do with it.
    const [before, after] = [await this.#inUse(latest.rules), await this.#inUse(rules)];
    const old = new Set(faultsOf(before).map((it) => JSON.stringify(it)));
    const fresh = faultsOf(after).filter((it) => !old.has(JSON.stringify(it)));
    const errors = [...fresh, ...nothingOffered(latest.rules, rules)];
    if (errors.length > 0) {
      const told = errors.map(({ path, message }) => ({ path, message }));
      throw new ProblemError('invalid-request', { errors: told });
    }
    const what = differences(latest.rules, rules);
    if (what.length === 0) return this.look();
    if (!anyway) await this.#warn(latest.rules, rules, warning);
    const at = clock.now();
    const version = latest.version + 1;
    if (!(await store.add({ version, at, who: who.name, what: [...words, ...what], rules }))) throw stale();
    await audit.add({ at, who: who.id, what: 'changed-rules', detail: `version ${String(version)}` });
    await this.settle();
    return this.look();
  }

  /** Tells what a change does to those who have asked already, before it is made. */
  async #warn(before: Rules, after: Rules, said?: string): Promise<void> {
    const open = await this.#parts.callbacks.open();
    const left = [said, stillToCall(open, removedBetween(before, after))].filter((it) => it !== undefined);
    const booked = bookedWhileClosed(open, before, after);
    const detail = [...left, ...(booked === undefined ? [] : [booked])].join(' ');
    if (detail === '') return;
    const rule = left.length > 0 ? 'service/in-use' : 'hours/booked';
    throw new ProblemError('needs-confirmation', { rule, detail });
  }

  async #based(base: number): Promise<KeptRules> {
    const latest = await this.#latest();
    if (latest.version !== base) throw stale();
    return latest;
  }

  async #latest(): Promise<KeptRules> {
    const latest = await this.#parts.store.latest();
    if (!latest) throw new ProblemError('unavailable', { retryAfterS: 2 });
    return { ...latest, rules: completed(latest.rules) };
  }

  #tick(): void {
    if (this.#isStopped) return;
    this.#cancel = this.#parts.clock.after(LOOK_MS, () => {
      void this.settle()
        .then(
          () => this.#outage.worked(),
          (err: unknown) => this.#outage.failed(err),
        )
        .finally(() => this.#tick());
    });
  }
}

function stale(): ProblemError {
  return new ProblemError('version-conflict', {
    detail: 'Somebody else has changed the rules since you opened them. Yours were not saved.',
  });
}

function unknown(
  kind: string,
  named: readonly { readonly id: string }[],
  known: readonly { readonly id: string }[],
): RulesFault[] {
  return named
    .filter(({ id }) => !known.some((it) => it.id === id))
    .map(({ id }) => ({
      path: `/${kind}/${id}`,
      message: `There is no ${id} here; the company file adds it.`,
    }));
}
