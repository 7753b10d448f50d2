import type { Requirement, Routing } from '../../routing/index.ts';
import { mustAfter } from '../../routing/index.ts';

/** What has waited, for which service, and what it asked for. */
interface Waiting {
  readonly service: string;
  readonly startedAt: number;
  readonly must: Requirement['must'];
}

/** Tells what an agent has to have for a callback at a time: less than was asked for, once it has waited as long as its rule says. */
export async function needsBy(
  routing: Pick<Routing, 'services'>,
): Promise<(waiting: Waiting, at: number) => Requirement['must']> {
  const rules = new Map((await routing.services()).map((it) => [it.id, it]));
  return ({ service, startedAt, must }, at) => mustAfter(must, rules.get(service)?.rings, at - startedAt);
}
