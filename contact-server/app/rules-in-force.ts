import type { Logger } from 'pino';
import type { Rules } from '../../contracts/rules.schema.ts';
import { completed } from '../domain/rule-changes.ts';
import type { KeptRules, RuleStore } from '../ports/rule-store.ts';

interface Parts {
  readonly store: Pick<RuleStore, 'latest' | 'applied' | 'setApplied'>;
  readonly write: (rules: Rules) => Promise<void>;
  readonly log: Logger;
}

/**
 * Brings the newest version to the directory. Another process may bring a newer one while a write of ours is on its way,
 * which then lands after it: so whatever was written, or broke off, the newest is written until nothing newer has come
 * meanwhile.
 */
export class RulesInForce {
  readonly #parts: Parts;
  /** A write was begun, and nobody has looked since whether it was the newest. */
  #isUnsure = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The newest version, once it is in the directory. One at a time in a process. */
  async bring(): Promise<KeptRules | undefined> {
    const { store, write, log } = this.#parts;
    let written: number | undefined;
    for (;;) {
      const latest = await store.latest();
      if (latest?.version === written) this.#isUnsure = false;
      if (!latest || (!this.#isUnsure && (await store.applied()) >= latest.version)) return latest;
      this.#isUnsure = true;
      await write(completed(latest.rules));
      await store.setApplied(latest.version);
      written = latest.version;
      log.info({ version: written }, 'rules are in force');
    }
  }
}
