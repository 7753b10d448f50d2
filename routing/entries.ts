import type { Service } from './directory/directory.ts';
import { isChannel } from './domain/channels.ts';
import { canonicalRequirement, classId } from './domain/match.ts';
import type { ClassId } from './domain/match.ts';
import { precedence } from './domain/order.ts';
import { widened } from './domain/rings.ts';
import type { Entry } from './matchmaker/matchmaker.ts';
import type { Contact, Requirement } from './routing.ts';
import { UnknownName } from './unavailable.ts';

const USUAL_OFFER_MS = 20_000;

/** An entry with the meaning of every kind of contact it is or may become. */
export interface KnownEntry extends Entry {
  readonly requirements: ReadonlyMap<ClassId, Requirement>;
}

/** Who asks may be of another version, or read what somebody wrote by hand. */
export function assertChannel({ channel }: Requirement): void {
  if (channel !== undefined && !isChannel(channel)) throw new UnknownName(`channel ${String(channel)}`);
}

/** What a requirement is, and what it widens to. */
interface Kinds extends Pick<KnownEntry, 'class' | 'requirements'> {
  readonly rings: readonly { readonly afterMs: number; readonly class: ClassId }[];
}

const MOST_KINDS = 1_000;
const noRule = {};
const known = new WeakMap<object, Map<string, Kinds>>();

/** Worked out once for each requirement under a rule; a changed rule is another object. */
export function kindsOf(requirement: Requirement, service: Service | undefined): Kinds {
  const rule = service ?? noRule;
  let kinds = known.get(rule);
  if (kinds === undefined || kinds.size >= MOST_KINDS) known.set(rule, (kinds = new Map<string, Kinds>()));
  const key = JSON.stringify(requirement);
  let found = kinds.get(key);
  if (found === undefined) kinds.set(key, (found = workedOut(requirement, service)));
  return found;
}

function workedOut(requirement: Requirement, service: Service | undefined): Kinds {
  assertChannel(requirement);
  const first = canonicalRequirement(requirement);
  const id = classId(first);
  const requirements = new Map([[id, first]]);
  const rings = (service === undefined ? [] : widened(requirement, service)).map((ring) => {
    const kind = classId(ring);
    requirements.set(kind, canonicalRequirement(ring));
    return { afterMs: ring.afterMs, class: kind };
  });
  return { class: id, rings, requirements };
}

/** What the rule of its service makes of a contact; a service nobody knows (any more) has no rule of its own. */
export function entryOf(contact: Contact, service: Service | undefined): KnownEntry {
  const { class: first, rings, requirements } = kindsOf(contact.requirement, service);
  const waitMs = service?.preferredWaitMs ?? 0;
  return {
    contact,
    class: first,
    offerMs: service?.offerMs ?? USUAL_OFFER_MS,
    precedence: precedence(contact.priority, contact.startedAt, service?.ageMsPerPriority),
    rings: rings.map(({ afterMs, class: id }) => ({
      at: Math.floor(contact.startedAt + afterMs),
      class: id,
    })),
    waitUntil: contact.preferred === undefined || waitMs === 0 ? 0 : Math.floor(contact.startedAt + waitMs),
    requirements,
  };
}
