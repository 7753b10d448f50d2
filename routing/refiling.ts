import type { Service } from './directory/directory.ts';
import type { RosterWatch } from './lifecycle/roster-watch.ts';
import type { Contact } from './routing.ts';

interface Parts {
  readonly watch: Pick<RosterWatch, 'page'>;
  /** All who wait, in the order of service. */
  readonly waiting: () => Promise<readonly Contact[]>;
  /** Lets a contact wait by the rule of its service as it is now; nothing where it does already. */
  readonly anew: (contact: Contact) => Promise<void>;
  /** By which rules, by service, those who wait were last seen to wait; kept where they wait. */
  readonly seen: {
    read(): Promise<Record<string, string>>;
    write(rules: Record<string, string>): Promise<unknown>;
  };
}

/** So many are on their way to Redis at once. */
const TOGETHER = 500;

/**
 * After the rule of a service was changed, those who wait for it wait by the new one, at their old place. Every process
 * does so when it has the rules, and when it begins if nobody has done it to the end: whoever dies in between is made up for.
 */
export class Refiling {
  readonly #parts: Parts;
  #done: ReadonlyMap<string, string> | undefined;
  #isOver = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async look(): Promise<void> {
    const { watch, waiting, seen } = this.#parts;
    const done = this.#done ?? new Map(Object.entries(await seen.read()));
    const rules = new Map([...watch.page.services].map(([id, it]) => [id, written(it)]));
    const isChanged = ({ service }: Contact): boolean => rules.get(service) !== done.get(service);
    this.#done = done;
    if ([...rules].every(([id, rule]) => done.get(id) === rule)) return;
    await this.#inOrder((await waiting()).filter(isChanged));
    if (this.#isOver) return;
    await seen.write(Object.fromEntries(rules));
    this.#done = rules;
  }

  /**
   * Whoever comes first gets the agent who is able now. The first of a kind goes alone: what it asks for may have to be
   * made known before, and nobody behind it may pass meanwhile.
   */
  async #inOrder(waiting: readonly Contact[]): Promise<void> {
    const kinds = new Set<string>();
    const together: Promise<void>[] = [];
    for (const contact of waiting) {
      const kind = JSON.stringify([contact.service, contact.requirement]);
      const isFirst = !kinds.has(kind);
      if (isFirst || together.length === TOGETHER) {
        await Promise.all(together.splice(0));
        if (this.#isOver) return;
      }
      together.push(this.#parts.anew(contact));
      if (isFirst) await Promise.all(together.splice(0));
      kinds.add(kind);
    }
    await Promise.all(together);
  }

  /** What is not done by then is done by whoever begins next, or has the rules too. */
  close(): void {
    this.#isOver = true;
  }
}

/** What of a rule concerns those who wait already. */
function written({ requirement, rings, preferredWaitMs, offerMs }: Service): string {
  return JSON.stringify([requirement, rings, preferredWaitMs, offerMs]);
}
