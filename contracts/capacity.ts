/** The kinds of contacts that are routed. */
export const CHANNELS = ['voice', 'chat'] as const;
export type RoutedChannel = (typeof CHANNELS)[number];

/** Of one channel: how many contacts an agent has in hand at most, and which channels get nothing while there is one. */
export interface Room {
  readonly most: number;
  readonly blocks: readonly RoutedChannel[];
}

/** What an agent may have in hand at once. */
export type Capacity = Readonly<Record<RoutedChannel, Room>>;

/** One call, and nothing beside it; or three chats, beside which a call may come. */
export const USUAL_CAPACITY: Capacity = {
  voice: { most: 1, blocks: ['chat'] },
  chat: { most: 3, blocks: [] },
};

/** Of calls one, since a person has one telephone; more chats nobody can follow. */
export const MOST_AT_ONCE: Readonly<Record<RoutedChannel, number>> = { voice: 1, chat: 20 };

/** What holds of a capacity from before calls were limited: one call where it says more. */
export function withOneTelephone(capacity: Capacity): Capacity {
  const { voice } = capacity;
  return voice.most > MOST_AT_ONCE.voice
    ? { ...capacity, voice: { ...voice, most: MOST_AT_ONCE.voice } }
    : capacity;
}
