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

/** What the rule of its service makes of a contact; a service nobody knows (any more) has no rule of its own. */
export function entryOf(contact: Contact, service: Service | undefined): KnownEntry {
  assertChannel(contact.requirement);
  const first = canonicalRequirement(contact.requirement);
  const requirements = new Map([[classId(first), first]]);
  const rings = (service === undefined ? [] : widened(contact.requirement, service)).map((ring) => {
    const id = classId(ring);
    requirements.set(id, canonicalRequirement(ring));
    return { at: Math.floor(contact.startedAt + ring.afterMs), class: id };
  });
  const waitMs = service?.preferredWaitMs ?? 0;
  return {
    contact,
    class: classId(first),
    offerMs: service?.offerMs ?? USUAL_OFFER_MS,
    precedence: precedence(contact.priority, contact.startedAt, service?.ageMsPerPriority),
    rings,
    waitUntil: contact.preferred === undefined || waitMs === 0 ? 0 : Math.floor(contact.startedAt + waitMs),
    requirements,
  };
}
