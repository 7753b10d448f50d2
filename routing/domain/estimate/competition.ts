import type { ClassId, ProfileId } from '../match.ts';
import { canServe } from '../match.ts';
import type { Qualification, Requirement } from '../qualification.ts';

/** Which profiles serve which classes, worked out once for each pair. */
export class Competition {
  readonly #profile: (id: ProfileId) => readonly Qualification[];
  readonly #requirementOf: (id: ClassId) => Requirement | undefined;
  readonly #known = new Map<string, boolean>();

  constructor(
    profile: (id: ProfileId) => readonly Qualification[],
    requirementOf: (id: ClassId) => Requirement | undefined,
  ) {
    this.#profile = profile;
    this.#requirementOf = requirementOf;
  }

  /** False for a class nobody knows. */
  readonly serves = (profile: ProfileId, id: ClassId): boolean => {
    const key = `${profile} ${id}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const requirement = this.#requirementOf(id);
    const can = requirement !== undefined && canServe(this.#profile(profile), requirement);
    this.#known.set(key, can);
    return can;
  };

  /** How many of the agents at work, counted by profile, serve all of these classes. */
  servers(atWork: ReadonlyMap<ProfileId, number>, ...classes: readonly ClassId[]): number {
    let sum = 0;
    for (const [profile, n] of atWork) {
      if (n > 0 && classes.every((id) => this.serves(profile, id))) sum += n;
    }
    return sum;
  }
}
