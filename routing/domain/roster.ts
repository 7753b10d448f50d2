import type { AgentId } from '../../contracts/ids.ts';
import type { AgentProfile, Qualification, Requirement } from './qualification.ts';
import type { ClassId, ProfileId } from './match.ts';
import { canonical, profileId, serves, tiersFor } from './match.ts';

/** Who can do what, at one version; every process computes the same from the same version. */
export class Roster {
  readonly version: number;
  readonly agents: ReadonlyMap<AgentId, AgentProfile>;
  readonly profiles: ReadonlyMap<ProfileId, readonly Qualification[]>;
  readonly #profileOf = new Map<AgentId, ProfileId>();

  constructor(version: number, agents: readonly AgentProfile[]) {
    this.version = version;
    this.agents = new Map(agents.map((agent) => [agent.id, agent]));
    const profiles = new Map<ProfileId, readonly Qualification[]>();
    for (const agent of agents) {
      const id = profileId(agent.qualifications, agent.capacity);
      this.#profileOf.set(agent.id, id);
      profiles.set(id, canonical(agent.qualifications));
    }
    this.profiles = profiles;
  }

  profileOf(agentId: AgentId): ProfileId | undefined {
    return this.#profileOf.get(agentId);
  }
}

/** Which profiles serve which classes, both ways round: what the matchmaker looks up. */
export interface Compatibility {
  readonly tiers: ReadonlyMap<ClassId, readonly (readonly ProfileId[])[]>;
  readonly classes: ReadonlyMap<ProfileId, readonly ClassId[]>;
}

/** Works out the whole table for a set of profiles and classes. */
export function compatibility(
  profiles: ReadonlyMap<ProfileId, readonly Qualification[]>,
  classes: ReadonlyMap<ClassId, Requirement>,
): Compatibility {
  const tiers = new Map<ClassId, readonly (readonly ProfileId[])[]>();
  for (const [id, requirement] of classes) tiers.set(id, tiersFor(requirement, profiles));
  const served = new Map<ProfileId, readonly ClassId[]>();
  for (const [id, has] of profiles) {
    served.set(
      id,
      [...classes].filter(([, requirement]) => serves(id, has, requirement)).map(([name]) => name),
    );
  }
  return { tiers, classes: served };
}
