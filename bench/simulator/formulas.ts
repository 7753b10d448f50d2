/** The formulas of STANDARDS and of the field, each as published. Times in one unit throughout. */

/** M/M/N where nobody leaves. `load` is arrivals per time × handling time, below `agents`. */
export function erlangC(
  load: number,
  agents: number,
  handle: number,
  target: number,
): {
  readonly waits: number;
  readonly asa: number;
  readonly serviceLevel: number;
  readonly occupancy: number;
} {
  const blocked = erlangB(load, agents);
  const waits = (agents * blocked) / (agents - load * (1 - blocked));
  return {
    waits,
    asa: (waits * handle) / (agents - load),
    serviceLevel: 1 - waits * Math.exp((-(agents - load) * target) / handle),
    occupancy: load / agents,
  };
}

/** The share a group without a line turns away. */
function erlangB(load: number, agents: number): number {
  let blocked = 1;
  for (let n = 1; n <= agents; n += 1) blocked = (load * blocked) / (n + load * blocked);
  return blocked;
}

/** M/M/N+M: those who wait leave after `patience` in the mean. */
export function erlangA(
  load: number,
  agents: number,
  handle: number,
  patience: number,
): {
  readonly waits: number;
  readonly abandons: number;
  readonly wait: number;
  readonly occupancy: number;
} {
  const arrivals = load / handle;
  const leaves = (n: number) => (n <= agents ? n / handle : agents / handle + (n - agents) / patience);
  // Unnormalised shares of time with n in the system; far out they vanish.
  let weight = 1;
  let sum = 1;
  let waiting = 0;
  let line = 0;
  let busy = 0;
  for (let n = 1; n < 100_000 && (n <= agents || weight > sum * 1e-15); n += 1) {
    if (n - 1 >= agents) waiting += weight;
    weight *= arrivals / leaves(n);
    sum += weight;
    line += Math.max(0, n - agents) * weight;
    busy += Math.min(n, agents) * weight;
  }
  return {
    waits: waiting / sum,
    abandons: line / sum / (patience * arrivals),
    wait: line / sum / arrivals,
    occupancy: busy / sum / agents,
  };
}

/** Asterisk's `holdtime` of a queue: three parts of what was, one of the new. */
export function asteriskAverage(before: number, wait: number): number {
  return (3 * before + wait) / 4;
}

/** Position × handling time ÷ agents. */
export function positionWait(position: number, handle: number, agents: number): number {
  return (position * handle) / Math.max(1, agents);
}

/** Genesys Stat Server: AHT × (calls in queue without a ready agent ÷ (active agents × the share of their time this queue takes)). */
export function genesysWait(unassigned: number, handle: number, active: number, portion: number): number {
  return (handle * unassigned) / (Math.max(active, 0.0001) * portion);
}
