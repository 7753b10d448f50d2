import { canonical, levelOf } from './match.ts';
import type { Qualification, Requirement, Ring } from './qualification.ts';

/** The part of a service's rule that says how a requirement widens with waiting. */
export interface Widening {
  readonly requirement: Requirement;
  readonly rings?: readonly Ring[];
}

/**
 * What a contact of this service needs after each of its rings, in their order. What the contact wishes beside the
 * service's own words (a language) it goes on wishing.
 */
export function widened(asked: Requirement, service: Widening): readonly Ring[] {
  const { requirement, rings = [] } = service;
  const named = new Set([...requirement.must, ...requirement.prefer].map((it) => it.name));
  const own = asked.prefer.filter((it) => !named.has(it.name));
  return [...rings]
    .sort((a, b) => a.afterMs - b.afterMs)
    .map(({ afterMs, must, prefer }) => ({
      afterMs,
      must,
      prefer: [...prefer, ...own],
      ...(asked.channel !== undefined && { channel: asked.channel }),
    }));
}

/** The rules that a roster can make impossible. */
export interface Rule extends Widening {
  readonly id: string;
}

/** One thing wrong with a rule, in a sentence; `where` names the field. */
export interface RuleFault {
  readonly where: string;
  readonly reason: string;
  /** Only that nobody can meet it at present: people may come. */
  readonly unmanned?: true;
}

/**
 * What is wrong with a service's requirement, to be told when it is made: a qualification nobody knows, a level out of
 * range, rings out of order, or that no agent could ever meet it.
 */
export function ruleFaults(rule: Rule, agents: readonly (readonly Qualification[])[]): readonly RuleFault[] {
  const { requirement, rings = [] } = rule;
  const held = new Set(agents.flatMap((has) => has.map((it) => it.name)));
  const faults: RuleFault[] = [];
  const check = (where: string, asked: Requirement) => {
    faults.push(...requirementFaults(where, asked, held, agents));
  };
  check('requirement', requirement);
  let before = 0;
  for (const [i, ring] of rings.entries()) {
    const where = `rings.${i}`;
    if (!Number.isSafeInteger(ring.afterMs) || ring.afterMs <= before) {
      faults.push({ where: `${where}.afterMs`, reason: 'Each ring begins later than the one before.' });
    }
    before = ring.afterMs;
    check(where, ring);
  }
  return faults;
}

function requirementFaults(
  where: string,
  { must, prefer }: Requirement,
  held: ReadonlySet<string>,
  agents: readonly (readonly Qualification[])[],
): readonly RuleFault[] {
  const faults: RuleFault[] = [];
  for (const { name, level } of [...must, ...prefer]) {
    if (!Number.isInteger(level) || level < 1 || level > 5) {
      faults.push({ where, reason: `${name}: a level is 1 to 5, not ${level}.` });
    }
  }
  // What is merely wished for may be nobody's yet.
  for (const { name } of must) {
    if (!held.has(name)) {
      faults.push({ where, reason: `${name}: nobody has this qualification.`, unmanned: true });
    }
  }
  // Before anybody is hired nothing can be said of who could.
  if (agents.length === 0) return faults.filter((it) => !it.unmanned);
  if (faults.length > 0) return faults;
  const needs = canonical(must);
  if (needs.length === 0 || agents.some((has) => needs.every((it) => levelOf(has, it.name) >= it.level)))
    return [];
  const alone = needs.find((it) => agents.every((has) => levelOf(has, it.name) < it.level));
  const what = needs.map((it) => `${it.name} ${it.level}`).join(' and ');
  return [
    {
      where,
      unmanned: true,
      reason:
        alone === undefined
          ? `Nobody holds ${what} together.`
          : `Nobody holds ${alone.name} at level ${alone.level}.`,
    },
  ];
}
