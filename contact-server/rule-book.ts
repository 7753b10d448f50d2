import type { Connection } from 'mongoose';
import { readRules, type Routing, writeRules } from '../routing/index.ts';
import { isOutage } from './app/outage.ts';
import type { RuleBook } from './ports/rule-store.ts';

/** The rules in the directory; what is written there holds in routing, too, before it is said to be written. */
export function ruleBook(connection: Connection, centre: string, routing: Routing): RuleBook {
  const follow = async (): Promise<void> => {
    // While Redis is away they are kept, and hold as soon as it is back.
    await routing.followDirectory().catch((err: unknown) => {
      if (!isOutage(err)) throw err;
    });
  };
  return {
    read: () => readRules(connection, centre),
    write: async (rules) => {
      await writeRules(connection, rules, centre);
      await follow();
    },
    follow,
  };
}
