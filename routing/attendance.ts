import type { AgentId } from '../contracts/ids.ts';
import type { AgentStatus, RoutingEvent } from './routing.ts';

/**
 * Who is logged in and what they do, as far as this process has heard. Nothing is decided by it, since what it knows may
 * be old: it is for words only, and costs Redis nothing.
 */
export class Attendance {
  readonly #look: () => Promise<readonly AgentStatus[]>;
  readonly #known = new Map<AgentId, AgentStatus>();

  /** `look` reads everybody once, when somebody begins to listen. */
  constructor(look: () => Promise<readonly AgentStatus[]>) {
    this.#look = look;
  }

  /** Everybody as they were at that moment. Who has moved since is not among them: what they did then is not known any more. */
  at(moment: number): readonly AgentStatus[] {
    return [...this.#known.values()].filter((it) => it.since <= moment);
  }

  /** The same events, listened to on their way. */
  async *hearing(events: AsyncIterable<RoutingEvent>): AsyncGenerator<RoutingEvent> {
    const heard = new Set<AgentId>();
    // Whoever is not heard of meanwhile is as they were read; without Redis there is nobody to explain anything of either.
    this.#look().then(
      (all) => {
        const present = new Set(all.map((it) => it.agentId));
        for (const id of this.#known.keys()) if (!present.has(id) && !heard.has(id)) this.#known.delete(id);
        for (const it of all) if (!heard.has(it.agentId)) this.#note(it);
      },
      () => {},
    );
    for await (const event of events) {
      if (event.type === 'agent.state') {
        heard.add(event.status.agentId);
        this.#note(event.status);
      }
      yield event;
    }
  }

  #note(status: AgentStatus): void {
    if (status.state === 'logged-off') this.#known.delete(status.agentId);
    else this.#known.set(status.agentId, status);
  }
}
