import {
  type Capacity,
  CHANNELS,
  MOST_AT_ONCE,
  type RoutedChannel,
  USUAL_CAPACITY,
  withOneTelephone,
} from '../../contracts/capacity.ts';

export * from '../../contracts/capacity.ts';

/** The same in one short text, the usual one too: `voice:1:chat,chat:3:`. */
export function writtenCapacity(capacity: Capacity): string {
  return CHANNELS.map((channel) => {
    const { most, blocks } = capacity[channel];
    return `${channel}:${most}:${CHANNELS.filter((it) => blocks.includes(it)).join('+')}`;
  }).join(',');
}

export const USUAL_WRITTEN = writtenCapacity(USUAL_CAPACITY);

/** What is stored of a capacity: nothing where it is the usual. */
export function unusual(capacity: Capacity): Capacity | undefined {
  return writtenCapacity(capacity) === USUAL_WRITTEN ? undefined : capacity;
}

/** Reads what `writtenCapacity` wrote. */
export function readCapacity(text: string): Capacity {
  const rooms = text.split(',').map((it) => {
    const [channel = '', most = '0', blocks = ''] = it.split(':');
    return [channel, { most: Number(most), blocks: blocks.split('+').filter(isChannel) }] as const;
  });
  return { ...USUAL_CAPACITY, ...Object.fromEntries(rooms) };
}

export function isChannel(name: string): name is RoutedChannel {
  return (CHANNELS as readonly string[]).includes(name);
}

/** What is wrong with a capacity as somebody wrote it, in a sentence each. */
export function capacityFaults(
  capacity: Readonly<Record<string, { readonly most: number; readonly blocks: readonly string[] }>>,
): readonly string[] {
  return Object.entries(capacity).flatMap(([channel, { most, blocks }]) => [
    ...[channel, ...blocks].filter((it) => !isChannel(it)).map((it) => `${it}: there is no such channel.`),
    ...(isChannel(channel) && !(Number.isInteger(most) && most >= 0 && most <= MOST_AT_ONCE[channel])
      ? [`${channel}: a capacity is 0 to ${MOST_AT_ONCE[channel]}, not ${most}.`]
      : []),
    ...(blocks.includes(channel) ? [`${channel}: a channel does not block itself; its capacity does.`] : []),
  ]);
}

/**
 * An agent's capacity as it was stored; of more calls than one, which could be stored once, one is left. What makes no
 * sense was written past us, and the usual one holds.
 */
export function soundCapacity(stored: Capacity | undefined): Capacity {
  if (stored === undefined) return USUAL_CAPACITY;
  const held = withOneTelephone(stored);
  return capacityFaults(held).length > 0 ? USUAL_CAPACITY : readCapacity(writtenCapacity(held));
}

/** Whether there is room for one more of this channel beside what is in hand, and if not, why. */
export function roomFor(
  channel: RoutedChannel,
  capacity: Capacity,
  inHand: readonly RoutedChannel[],
): { readonly why: 'blocked'; readonly by: RoutedChannel } | { readonly why: 'capacity' } | undefined {
  const by = inHand.find((it) => capacity[it].blocks.includes(channel));
  if (by !== undefined) return { why: 'blocked', by };
  const count = inHand.filter((it) => it === channel).length;
  return count >= capacity[channel].most ? { why: 'capacity' } : undefined;
}

/** Above every moment in µs until 2096. */
const IN_HAND = 4e15;
const SPAN_MS = 2 ** 43;
/** After everybody else who has nothing in hand. */
export const JUST_IDLE = IN_HAND - 1;

/**
 * Where an agent stands among the idle: who has nothing in hand by the moment since when (µs); after them all others,
 * fewer in hand first, then by that moment in ms. Exact in a double.
 */
export function idleScore(inHand: number, sinceMicros: number): number {
  return inHand === 0 ? sinceMicros : IN_HAND + inHand * SPAN_MS + Math.floor(sinceMicros / 1000);
}

/** How many in hand, and idle since when in ms, out of such a score. */
export function readIdleScore(score: number): { readonly inHand: number; readonly since: number } {
  if (score < IN_HAND) return { inHand: 0, since: Math.floor(score / 1000) };
  return { inHand: Math.floor((score - IN_HAND) / SPAN_MS), since: (score - IN_HAND) % SPAN_MS };
}
