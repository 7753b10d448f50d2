import type { ClassId, ProfileId } from '../../routing/testing.ts';
import type { Contact, SimulatedCentre, World } from './centre.ts';
import { asteriskAverage, erlangC, genesysWait, positionWait } from './formulas.ts';

const LAST_MS = 1_800_000;
/** Above it Erlang C knows no answer. */
const MOST_LOAD = 0.99;
/** A mean of about the last fifty. */
const FADE = 0.98;

/** What a queue of its own class remembers. */
interface Queue {
  average: number;
  lastToEnter: number;
  /** Faded sums over completed contacts. */
  took: number;
  handled: number;
}

/** The formulas of the field, each told what it needs and no more. All in ms. */
export class Peers {
  readonly #world: World;
  readonly #centre: () => SimulatedCentre;
  readonly #queues = new Map<ClassId, Queue>();
  #average = 0;
  /** By profile and class. */
  readonly #spent = new Map<string, number>();
  /** Arrivals of the last half hour. */
  #came: number[] = [];

  constructor(world: World, centre: () => SimulatedCentre) {
    this.#world = world;
    this.#centre = centre;
  }

  arrived(at: number): void {
    this.#came.push(at);
  }

  started(id: ClassId, waitedMs: number): void {
    const queue = this.#queue(id);
    queue.average = asteriskAverage(queue.average, waitedMs);
    queue.lastToEnter = waitedMs;
    this.#average = asteriskAverage(this.#average, waitedMs);
  }

  finished(id: ClassId, profile: ProfileId, tookMs: number): void {
    const key = `${profile} ${id}`;
    this.#spent.set(key, (this.#spent.get(key) ?? 0) + tookMs);
    const queue = this.#queue(id);
    queue.took = queue.took * FADE + tookMs;
    queue.handled = queue.handled * FADE + 1;
  }

  /** The wait of a contact that has just been put in line, by each of them. */
  estimates({ class: id, at }: Contact): Readonly<Record<string, number>> {
    const centre = this.#centre();
    const queue = this.#queue(id);
    const line = centre.line(id);
    const [head] = line;
    const atWork = centre.atWork();
    const agents = this.#able(atWork, id);
    const handle = this.#handle(queue);
    this.#came = this.#came.filter((it) => it > at - LAST_MS);
    const everybody = [...atWork.values()].reduce((sum, n) => sum + n, 0);
    const all = this.#handle(this.#together());
    const load = Math.min((this.#came.length / LAST_MS) * all, MOST_LOAD * everybody);
    return {
      ema: queue.average,
      ema_one: this.#average,
      head_of_line: head === undefined || line.length === 1 ? 0 : at - head.at,
      last_to_enter: queue.lastToEnter,
      genesys: genesysWait(line.length, handle, agents, this.#portion(id)),
      position: positionWait(line.length, handle, agents),
      erlang_c: erlangC(load, Math.max(1, everybody), all, 0).asa,
    };
  }

  #able(atWork: ReadonlyMap<ProfileId, number>, id: ClassId): number {
    let sum = 0;
    for (const [profile, n] of atWork) if (this.#world.serves(profile, id)) sum += n;
    return sum;
  }

  /** The share of their time that agents who serve this class spend on it, measured over what was handled lately. */
  #portion(id: ClassId): number {
    let [own, all] = [0, 0];
    for (const [key, ms] of this.#spent) {
      const [profile = '', other = ''] = key.split(' ');
      if (!this.#world.serves(profile, id)) continue;
      all += ms;
      if (other === id) own += ms;
    }
    return own > 0 ? own / all : 1;
  }

  #queue(id: ClassId): Queue {
    const known = this.#queues.get(id) ?? { average: 0, lastToEnter: 0, took: 0, handled: 0 };
    this.#queues.set(id, known);
    return known;
  }

  #together(): Queue {
    const sum = { average: 0, lastToEnter: 0, took: 0, handled: 0 };
    for (const { took, handled } of this.#queues.values()) {
      sum.took += took;
      sum.handled += handled;
    }
    return sum;
  }

  #handle({ took, handled }: Queue): number {
    return handled === 0 ? 300_000 : took / handled;
  }
}
