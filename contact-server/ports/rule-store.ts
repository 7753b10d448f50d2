import type { Rules } from '../../contracts/rules.schema.ts';
import type { RulesVersion } from '../../contracts/rules.ts';

/** Rules as they held from one change to the next. */
export interface KeptRules extends RulesVersion {
  readonly rules: Rules;
}

/** Every version of the rules, append-only; and which of them has reached the directory. */
export interface RuleStore {
  latest(): Promise<KeptRules | undefined>;
  version(version: number): Promise<KeptRules | undefined>;
  /** False when there is such a version already: somebody else was first. */
  add(version: KeptRules): Promise<boolean>;
  /** Newest first, without the rules themselves. */
  history(limit: number): Promise<readonly RulesVersion[]>;
  applied(): Promise<number>;
  /** Only ever grows. */
  setApplied(version: number): Promise<void>;
}

/** The directory that routing works by. */
export interface RuleBook {
  read(): Promise<Rules>;
  /** May be repeated; one that was broken off is made whole by the next. */
  write(rules: Rules): Promise<void>;
  /** Whatever stands there holds in routing, too, also where another process wrote it. */
  follow(): Promise<void>;
}
