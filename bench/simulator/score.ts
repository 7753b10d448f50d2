import type { ClassId, Spread } from '../../routing/testing.ts';
import {
  calibrated,
  Forecast,
  knowledgeFrom,
  lesson,
  lineScore,
  Shifts,
  taught,
  uncalibrated,
} from '../../routing/testing.ts';
import type { Contact, Watcher, World } from './centre.ts';
import { SimulatedCentre } from './centre.ts';
import { Memory } from './memory.ts';
import { Peers } from './peers.ts';
import { lineWait } from './place.ts';

/** Known to no estimator: what it believes of handling before it has seen any. */
const USUAL_HANDLE_MS = 300_000;
/** The part of a score that the time of coming is added to. */
const NO_URGENCY = lineScore(0, 0);
/**
 * A range longer than this reaches over the night: rung before closing, or in the morning. No formula knows closing
 * times, so its middle is not compared with theirs; whether it held is.
 */
const OVERNIGHT_MS = 4 * 3_600_000;
/** The line is always played to its end. */
const NOBODY = { before: 0, competes: () => true };

export interface Scored {
  /** Waits that were estimated and came to an end with an agent. */
  readonly waits: number;
  readonly meanWaitMs: number;
  /** Of these waits, those whose range reached over the night. */
  readonly overnight: number;
  /** Mean absolute error of each estimator, in ms. */
  readonly errors: ReadonlyMap<string, number>;
  /** Share of the told 80 % ranges that held. */
  readonly kept: ReadonlyMap<string, number>;
  readonly forecastMs: number;
}

interface Told {
  readonly estimates: Readonly<Record<string, number>>;
  readonly ranges: Readonly<
    Record<'forward' | 'forward_no_plan' | 'forward_raw' | 'place_quantiles', Spread>
  >;
}

/** Plays a world and scores every estimator on every `each`-th contact that has to wait, after `scoredFrom`. */
export function score(world: World, scoredFrom: number, each: number): Scored {
  const memory = new Memory();
  const peers = new Peers(world, () => centre);
  const told = new Map<number, Told>();
  const errors = new Map<string, number>();
  const kept = new Map<string, number>();
  let [waits, waited, overnight, queued, forecastMs, forecasts] = [0, 0, 0, 0, 0, 0];
  // The plan goes the product's own way: as hours of agents, of which it works out who leaves and who comes.
  const shifts = new Shifts();
  const calibrations = { planned: uncalibrated, unplanned: uncalibrated };

  const forecast = (contact: Contact, planned: boolean): Spread | undefined => {
    const began = performance.now();
    const knowledge = knowledgeFrom(memory.experience(contact.at, NO_URGENCY), world.serves, USUAL_HANDLE_MS);
    const seen = centre.situation();
    const situation = planned ? shifts.in(seen, centre.plan()) : seen;
    const spread = new Forecast(situation, [], knowledge).waiting(contact, NOBODY);
    forecastMs += performance.now() - began;
    forecasts += 1;
    return spread;
  };

  const tell = (contact: Contact): void => {
    const planned = forecast(contact, true);
    const unplanned = forecast(contact, false);
    const place = placeEstimate(world, centre, contact, memory);
    if (planned === undefined || unplanned === undefined || place === undefined) return;
    const ranges = {
      forward: calibrated(planned, calibrations.planned),
      forward_no_plan: calibrated(unplanned, calibrations.unplanned),
      forward_raw: planned,
      place_quantiles: place,
    };
    told.set(contact.number, {
      ranges,
      estimates: {
        ...peers.estimates(contact),
        ...Object.fromEntries(Object.entries(ranges).map(([name, { p50 }]) => [name, p50])),
      },
    });
  };

  const watcher: Watcher = {
    arrived(contact) {
      memory.came(contact);
      peers.arrived(contact.at);
    },
    queued(contact) {
      queued += 1;
      if (queued % each === 0) tell(contact);
    },
    started(contact, waitedMs) {
      if (waitedMs > 0) memory.leftTheLine(waitedMs, false);
      peers.started(contact.class, waitedMs);
      const mine = told.get(contact.number);
      if (mine === undefined) return;
      told.delete(contact.number);
      calibrations.planned = taught(calibrations.planned, lesson(mine.ranges.forward, waitedMs));
      calibrations.unplanned = taught(calibrations.unplanned, lesson(mine.ranges.forward_no_plan, waitedMs));
      if (contact.at < scoredFrom) return;
      waits += 1;
      waited += waitedMs;
      const isOvernight = mine.ranges.forward.p90 - mine.ranges.forward.p10 > OVERNIGHT_MS;
      if (isOvernight) overnight += 1;
      for (const [name, estimate] of Object.entries(isOvernight ? {} : mine.estimates)) {
        errors.set(name, (errors.get(name) ?? 0) + Math.abs(estimate - waitedMs));
      }
      for (const [name, { p10, p90 }] of Object.entries(mine.ranges)) {
        kept.set(name, (kept.get(name) ?? 0) + Number(p10 <= waitedMs && waitedMs <= p90));
      }
    },
    finished(contact, profile, tookMs) {
      memory.finished(contact.class, tookMs);
      peers.finished(contact.class, profile, tookMs);
    },
    lapsed: () => memory.lapsed(),
    returned: (awayMs) => memory.returned(awayMs),
    cancelled(contact, waitedMs) {
      told.delete(contact.number);
      memory.leftTheLine(waitedMs, true);
    },
  };
  const centre = new SimulatedCentre(world, watcher);
  centre.run();
  const mean = (sums: ReadonlyMap<string, number>, of: number) =>
    new Map([...sums].map(([name, sum]) => [name, sum / of]));
  return {
    waits,
    meanWaitMs: waited / waits,
    overnight,
    errors: mean(errors, waits - overnight),
    kept: mean(kept, waits),
    forecastMs: forecastMs / forecasts,
  };
}

/** The formula before this one: quantiles of a sum of exponentials for the place, over the agents at work. */
function placeEstimate(
  world: World,
  centre: SimulatedCentre,
  contact: Contact,
  memory: Memory,
): Spread | undefined {
  const atWork = [...centre.atWork()];
  const servers = (...classes: readonly ClassId[]) =>
    atWork.reduce((sum, [profile, n]) => sum + (classes.every((id) => world.serves(profile, id)) ? n : 0), 0);
  const ahead = new Map(
    world.classes.map((id): [ClassId, number] => [
      id,
      centre.line(id).filter((it) => it.score < contact.score).length,
    ]),
  );
  const { law } = knowledgeFrom(memory.experience(contact.at, 0), world.serves, USUAL_HANDLE_MS);
  return lineWait(contact.class, ahead, servers, law(contact.class).mean);
}
