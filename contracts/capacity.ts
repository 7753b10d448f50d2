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

/** More than anybody can follow. */
export const MOST_AT_ONCE = 20;
