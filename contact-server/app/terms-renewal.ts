import type { CallbackId } from '../../contracts/ids.ts';
import { canonicalRequirement, withLanguage } from '../../routing/index.ts';
import type { Requirement, Routing, RoutingSnapshot } from '../../routing/index.ts';
import type { Clock } from '../../server-kit/clock.ts';
import type { Callback, Terms } from '../domain/callback.ts';
import type { CallbackRecord, CallbackStore } from '../ports/stores.ts';
import type { CallbackDesk } from './callback-desk.ts';
import { contactOf } from './order-taker.ts';

interface Parts {
  readonly callbacks: Pick<CallbackDesk, 'note'>;
  readonly store: Pick<CallbackStore, 'find'>;
  readonly routing: Pick<Routing, 'services' | 'followDirectory' | 'anew'>;
  readonly clock: Clock;
}

type Rules = ReadonlyMap<string, Requirement>;
type Needs = Pick<Terms, 'must' | 'prefer'>;

/** So many are on their way to MongoDB at once. */
const AT_ONCE = 100;

/**
 * After what a service asks for was changed, those who wait for it are asked for by the new rule: stored first, then
 * filed anew at the old place. Who is offered to somebody keeps what was asked until that offer is over.
 */
export class TermsRenewal {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The open callbacks as they stand once those who wait have the terms of the rules that hold now. */
  async renewed(open: readonly CallbackRecord[]): Promise<readonly CallbackRecord[]> {
    const { callbacks, routing, clock } = this.#parts;
    const known = await this.#rules();
    if (!open.some(({ callback }) => renewedNeeds(callback, known))) return open;
    // Another process may have renewed them by newer rules than this one had.
    await routing.followDirectory();
    const rules = await this.#rules();
    const now: CallbackRecord[] = [];
    for (let i = 0; i < open.length; i += AT_ONCE) {
      const some = open.slice(i, i + AT_ONCE).map(async (record) => {
        const needs = renewedNeeds(record.callback, rules);
        const { id } = record.callback;
        return needs ? callbacks.note(id, { type: 'terms-renewed', at: clock.now(), ...needs }) : record;
      });
      now.push(...(await Promise.all(some)));
    }
    return now;
  }

  /** In the order of service, whoever stands in line for something else than is stored is filed anew. */
  async file(open: readonly CallbackRecord[], { waiting }: Pick<RoutingSnapshot, 'waiting'>): Promise<void> {
    const { store, routing } = this.#parts;
    const stored = new Map<CallbackId, string>(
      open.flatMap(({ callback: { id, phase, terms } }) =>
        phase.state === 'queued' && terms ? [[id, written(terms)] as const] : [],
      ),
    );
    for (const { contact } of waiting) {
      const terms = stored.get(contact.id);
      if (terms === undefined || terms === written(contact.requirement)) continue;
      // What was read before the line may have been renewed since.
      const record = await store.find(contact.id);
      if (record?.callback.phase.state === 'queued') await routing.anew(contactOf(record.callback));
    }
  }

  async #rules(): Promise<Rules> {
    const services = await this.#parts.routing.services();
    return new Map(services.map(({ id, requirement }) => [id, requirement]));
  }
}

/** What the rule asks for this callback now; undefined where it is asked for already, or does not wait. */
function renewedNeeds({ phase, terms, wish }: Callback, rules: Rules): Needs | undefined {
  const rule = rules.get(wish.service);
  if (!rule || !terms || (phase.state !== 'queued' && phase.state !== 'scheduled')) return undefined;
  const { must, prefer } = withLanguage(rule, wish.language ?? terms.language);
  return isSame(must, terms.must) && isSame(prefer, terms.prefer) ? undefined : { must, prefer };
}

function isSame(some: Needs['must'], others: Needs['must']): boolean {
  return (
    some.length === others.length &&
    some.every(({ name, level }, i) => others[i]?.name === name && others[i].level === level)
  );
}

function written({ must, prefer }: Needs): string {
  const needs = canonicalRequirement({ must, prefer });
  return JSON.stringify([needs.must, needs.prefer].map((all) => all.map((it) => [it.name, it.level])));
}
