import type { Hours } from '../hours.ts';
import { nextChanges, openingAt } from '../hours.ts';
import type { ProfileId } from '../match.ts';
import type { Situation } from './situation.ts';

/** An agent whose working hours are planned, and what they do at this moment. */
export interface Planned {
  readonly profile: ProfileId;
  readonly hours: Hours;
  readonly doing: 'idle' | 'busy' | 'neither';
}

interface Shift {
  /** The present shift ends, if there is one. */
  readonly until?: number;
  readonly next?: { readonly at: number; readonly until?: number };
}

/** What shifts of further ahead would change is not worth a promise. */
const HORIZON_MS = 24 * 3_600_000;

/** Plans, worked out once for as long as they hold: many agents share one, and clocks in zones are costly. */
export class Shifts {
  readonly #known = new WeakMap<Hours, Shift & { readonly from: number; readonly to: number }>();

  /**
   * The situation with what is planned in it: who is here leaves when their shift ends, others come when theirs begins.
   * Who works beyond their shift is taken to stay; who is missing in theirs is not counted on before the next.
   */
  in(situation: Situation, agents: readonly Planned[]): Situation {
    const { at, idle, busy } = situation;
    const ends = { idle: new Map<ProfileId, number[]>(), busy: new Map<ProfileId, number[]>() };
    const coming: Situation['coming'][number][] = [];
    for (const { profile, hours, doing } of agents) {
      const { until, next } = this.#shift(hours, at);
      if (doing !== 'neither' && until !== undefined) {
        const theirs = ends[doing].get(profile);
        if (theirs) theirs.push(until);
        else ends[doing].set(profile, [until]);
      }
      if (next !== undefined && next.at <= at + HORIZON_MS) coming.push({ profile, ...next });
    }
    // Those of one profile are alike: whose end it is makes no difference to the line.
    const leaving = <T extends { readonly profile: ProfileId; readonly until?: number }>(
      it: T,
      kind: keyof typeof ends,
    ): T => {
      const until = ends[kind].get(it.profile)?.pop();
      return until === undefined ? it : { ...it, until: Math.min(until, it.until ?? Infinity) };
    };
    return {
      ...situation,
      idle: idle.map((it) => leaving(it, 'idle')),
      busy: busy.map((it) => leaving(it, 'busy')),
      coming: [...situation.coming, ...coming],
    };
  }

  #shift(hours: Hours, at: number): Shift {
    const known = this.#known.get(hours);
    if (known && known.from <= at && at < known.to) return known;
    const { closesAt, opensAt } = nextChanges(hours, at);
    const end = opensAt === undefined ? undefined : openingAt(hours, opensAt).closesAt;
    const shift: Shift = {
      ...(closesAt !== undefined && { until: closesAt }),
      ...(opensAt !== undefined && { next: { at: opensAt, ...(end !== undefined && { until: end }) } }),
    };
    this.#known.set(hours, { ...shift, from: at, to: closesAt ?? opensAt ?? at + HORIZON_MS });
    return shift;
  }
}
