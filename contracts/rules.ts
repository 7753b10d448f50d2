import type { Rules } from './rules.schema.ts';

/** Who changed what, and when; newest first where they are listed. */
export interface RulesVersion {
  readonly version: number;
  /** Epoch ms. */
  readonly at: number;
  /** A person's name, or `company file`. */
  readonly who: string;
  /** One sentence for each thing that changed. */
  readonly what: readonly string[];
}

/** The rules in force, and how they came to be. */
export interface RulesView {
  readonly version: number;
  readonly rules: Rules;
  readonly history: readonly RulesVersion[];
  readonly numbers: {
    /** What the lines can show. */
    readonly lines: readonly string[];
    /** What each service shows now, by its id. */
    readonly shown: Readonly<Record<string, string>>;
  };
  /** How many people are still to be called for each removed service; none where it is not named. */
  readonly left: Readonly<Record<string, number>>;
}

/** Something that is not right about rules: where (`/services/sales/must/0`), and a sentence that says why. */
export interface RulesFault {
  readonly path: string;
  readonly message: string;
  /** Only that nobody can meet it at present: people may come. */
  readonly unmanned?: true;
}
