import type { RoutedChannel } from '../channels.ts';
import { CHANNELS, roomFor } from '../channels.ts';
import type { ClassId, ProfileId } from '../match.ts';
import { capacityOf, channelOf } from '../match.ts';

/** A place for one contact at a time: `profile` for a call, `profile/chat` for a chat. */
export type Seat = string;

export interface InHand {
  readonly class: ClassId;
  /** Epoch ms. */
  readonly since: number;
}

/**
 * An agent as so many seats as they may have contacts of these channels at once. Of a channel that is blocked one seat
 * is played, taken as long as the contact that blocks it: when that is over is what the first in line waits for. Once
 * free, each seat takes one contact after the other whatever the others do: not quite so where one agent mixes channels,
 * and put right by calibration.
 */
export function seatsOf(
  profile: ProfileId,
  inHand: readonly InHand[],
  channels: ReadonlySet<RoutedChannel>,
): { readonly busy: readonly (InHand & { readonly profile: Seat })[]; readonly idle: readonly Seat[] } {
  const busy: (InHand & { readonly profile: Seat })[] = [];
  const idle: Seat[] = [];
  const capacity = capacityOf(profile);
  const hand = inHand.map((it) => channelOf(it.class));
  for (const channel of CHANNELS.filter((it) => channels.has(it))) {
    const full = roomFor(channel, capacity, hand);
    const blocking = full?.why === 'blocked' ? inHand.filter((_, i) => hand[i] === full.by) : undefined;
    const taken = blocking?.slice(0, 1) ?? inHand.filter((_, i) => hand[i] === channel);
    busy.push(...taken.map((it) => ({ ...it, profile: seat(profile, channel) })));
    const free = blocking ? 0 : capacity[channel].most - taken.length;
    idle.push(...Array.from({ length: Math.max(0, free) }, () => seat(profile, channel)));
  }
  return { busy, idle };
}

export function profileOf(it: Seat): ProfileId {
  return it.split('/')[0] ?? it;
}

/** Whether contacts of a class may be had on a seat, given whom its profile serves. */
export function seatServes(serves: (profile: ProfileId, id: ClassId) => boolean) {
  return (it: Seat, id: ClassId): boolean =>
    it === seat(profileOf(it), channelOf(id)) && serves(profileOf(it), id);
}

function seat(profile: ProfileId, channel: RoutedChannel): Seat {
  return channel === 'voice' ? profile : `${profile}/${channel}`;
}
