import type { ClassId, Hours, Planned, ProfileId, Situation, Waiting } from '../../routing/testing.ts';
import { lineScore } from '../../routing/testing.ts';
import { Agenda } from './agenda.ts';
import { plannedHours } from './planned-hours.ts';

/** One contact as the world brings it; times and durations in ms. */
export interface Arrival {
  readonly at: number;
  readonly class: ClassId;
  /** It counts as come so much earlier. */
  readonly headStartMs: number;
  readonly handleMs: number;
  readonly patienceMs: number;
  /** The first offer made for it lapses. */
  readonly firstOfferLapses: boolean;
}

export interface SimulatedAgent {
  readonly profile: ProfileId;
  readonly shifts: readonly { readonly from: number; readonly to: number }[];
}

/** What is given: who comes, who works when, and who may serve whom. */
export interface World {
  readonly classes: readonly ClassId[];
  readonly arrivals: readonly Arrival[];
  readonly agents: readonly SimulatedAgent[];
  readonly serves: (profile: ProfileId, id: ClassId) => boolean;
  /** The profiles that serve a class, best first, those in one tier equally good. */
  readonly tiers: (id: ClassId) => readonly (readonly ProfileId[])[];
  readonly offerMs: number;
  /** How long an agent who let an offer lapse stays away after it. */
  readonly awayMs: number;
}

/** A contact in the centre. */
export interface Contact extends Arrival, Waiting {
  readonly number: number;
}

/** Hears what happens, as it happens. */
export interface Watcher {
  /** Nobody was idle: it waits. Called when it stands in line. */
  queued(contact: Contact): void;
  arrived(contact: Contact): void;
  started(contact: Contact, waitedMs: number): void;
  /** After so long with an agent. */
  finished(contact: Contact, by: ProfileId, tookMs: number): void;
  lapsed(contact: Contact): void;
  returned(awayMs: number): void;
  cancelled(contact: Contact, waitedMs: number): void;
}

type AgentState =
  | { readonly is: 'off' }
  | { readonly is: 'idle'; readonly since: number }
  | { readonly is: 'away' }
  | { readonly is: 'busy'; readonly contact: Contact; readonly since: number };

interface Agent extends SimulatedAgent {
  readonly number: number;
  readonly hours: Hours;
  state: AgentState;
  /** While on shift: its end. */
  until: number | undefined;
}

/**
 * A contact centre played event by event, by the rule of our matchmaker: a contact goes to the longest idle agent of
 * the best tier, an agent to the first in line of all they can serve, a lapsed offer to the next with the start kept.
 */
export class SimulatedCentre {
  readonly agenda = new Agenda();
  readonly #world: World;
  readonly #watcher: Watcher;
  readonly #agents: Agent[];
  readonly #lines: Map<ClassId, Contact[]>;
  readonly #lapsed = new Set<number>();

  constructor(world: World, watcher: Watcher) {
    this.#world = world;
    this.#watcher = watcher;
    this.#agents = world.agents.map((it, number) => ({
      ...it,
      number,
      hours: plannedHours(it.shifts),
      state: { is: 'off' },
      until: undefined,
    }));
    this.#lines = new Map(world.classes.map((id) => [id, []]));
  }

  run(): void {
    const { arrivals } = this.#world;
    for (const agent of this.#agents) {
      for (const { from, to } of agent.shifts) {
        this.agenda.note(from, () => this.#begins(agent, to));
        this.agenda.note(to, () => this.#ends(agent));
      }
    }
    const next = (number: number): void => {
      const arrival = arrivals[number];
      if (arrival === undefined) return;
      this.agenda.note(arrival.at, () => {
        this.#arrives({ ...arrival, number, score: lineScore(0, arrival.at - arrival.headStartMs) });
        next(number + 1);
      });
    };
    next(0);
    this.agenda.run();
  }

  /** All there is to see of this moment. */
  situation(): Situation {
    const busy: Situation['busy'][number][] = [];
    const idle: Situation['idle'][number][] = [];
    for (const { state, profile } of this.#agents) {
      if (state.is === 'busy') busy.push({ profile, class: state.contact.class, since: state.since });
      else if (state.is === 'idle') idle.push({ profile });
    }
    const line = [...this.#lines.values()].flat().sort((a, b) => a.score - b.score);
    return { at: this.agenda.now, busy, idle, coming: [], line, more: false, oneIn: 1 };
  }

  /** Everybody's plan, with what they do at this moment. */
  plan(): readonly Planned[] {
    return this.#agents.map(({ profile, hours, state: { is } }) => ({
      profile,
      hours,
      doing: is === 'idle' || is === 'busy' ? is : 'neither',
    }));
  }

  line(id: ClassId): readonly Contact[] {
    return this.#lines.get(id) ?? [];
  }

  /** Agents with a shift now who are not away, by profile. */
  atWork(): ReadonlyMap<ProfileId, number> {
    const count = new Map<ProfileId, number>();
    for (const { state, profile } of this.#agents) {
      if (state.is === 'busy' || state.is === 'idle') count.set(profile, (count.get(profile) ?? 0) + 1);
    }
    return count;
  }

  #arrives(contact: Contact): void {
    this.#watcher.arrived(contact);
    this.#place(contact, true);
  }

  #place(contact: Contact, isNew: boolean): void {
    const agent = this.#bestFor(contact.class);
    if (agent !== undefined) {
      this.#offer(agent, contact);
      return;
    }
    const line = this.#lines.get(contact.class) ?? [];
    const behind = line.findIndex((it) => it.score > contact.score);
    if (behind < 0) line.push(contact);
    else line.splice(behind, 0, contact);
    if (!isNew) return;
    this.#watcher.queued(contact);
    this.agenda.note(contact.at + contact.patienceMs, () => this.#cancels(contact));
  }

  #bestFor(id: ClassId): Agent | undefined {
    for (const tier of this.#world.tiers(id)) {
      let best: Agent | undefined;
      let since = Infinity;
      for (const agent of this.#agents) {
        if (agent.state.is !== 'idle' || agent.state.since >= since || !tier.includes(agent.profile))
          continue;
        best = agent;
        ({ since } = agent.state);
      }
      if (best !== undefined) return best;
    }
    return undefined;
  }

  #offer(agent: Agent, contact: Contact): void {
    const { offerMs, awayMs } = this.#world;
    const { now } = this.agenda;
    agent.state = { is: 'busy', contact, since: now };
    if (contact.firstOfferLapses && !this.#lapsed.has(contact.number)) {
      this.#lapsed.add(contact.number);
      this.agenda.note(now + offerMs, () => {
        agent.state = { is: 'away' };
        this.#watcher.lapsed(contact);
        this.#place(contact, false);
        this.agenda.note(this.agenda.now + awayMs, () => {
          this.#watcher.returned(offerMs + awayMs);
          this.#free(agent);
        });
      });
      return;
    }
    this.#watcher.started(contact, now - contact.at);
    this.agenda.note(now + contact.handleMs, () => {
      this.#watcher.finished(contact, agent.profile, contact.handleMs);
      this.#free(agent);
    });
  }

  #cancels(contact: Contact): void {
    const line = this.#lines.get(contact.class) ?? [];
    const place = line.indexOf(contact);
    if (place < 0) return;
    line.splice(place, 1);
    this.#watcher.cancelled(contact, this.agenda.now - contact.at);
  }

  #begins(agent: Agent, until: number): void {
    agent.until = until;
    // Still in a contact of the shift before, where shifts follow each other.
    if (agent.state.is === 'off') this.#free(agent);
  }

  #ends(agent: Agent): void {
    agent.until = undefined;
    if (agent.state.is === 'idle') agent.state = { is: 'off' };
  }

  #free(agent: Agent): void {
    if (agent.until === undefined) {
      agent.state = { is: 'off' };
      return;
    }
    agent.state = { is: 'idle', since: this.agenda.now };
    let first: Contact | undefined;
    for (const [id, line] of this.#lines) {
      const [head] = line;
      if (head === undefined || !this.#world.serves(agent.profile, id)) continue;
      if (first === undefined || head.score < first.score) first = head;
    }
    if (first === undefined) return;
    this.#lines.get(first.class)?.shift();
    this.#offer(agent, first);
  }
}
