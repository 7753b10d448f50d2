import type { BoardView } from '../../contracts/agent.ts';
import type { Clock } from '../../server-kit/clock.ts';

const LOOK_MS = 1_000;

interface Parts {
  readonly services: () => Promise<BoardView['services']>;
  readonly clock: Clock;
  /** Something went away or came back. */
  readonly onChange: () => void;
  /** Redis is away: what desks show may be old from here on. */
  readonly onStale: () => void;
}

/** Looks every second at what the server stands on, because nobody else would say that it is gone. Gives the end of it. */
export function watchServices({ services, clock, onChange, onStale }: Parts): () => void {
  let before = '';
  let hadRedis = true;
  let cancel = (): void => {};
  let isOver = false;
  const look = async (): Promise<void> => {
    const now = await services();
    const ups = Object.values(now).map((it) => it.up);
    const told = ups.join();
    if (before !== '' && told !== before) onChange();
    if (hadRedis && !now.redis.up) onStale();
    before = told;
    hadRedis = now.redis.up;
  };
  const again = (): void => {
    if (isOver) return;
    cancel = clock.after(LOOK_MS, () => void look().then(again, again));
  };
  again();
  return () => {
    isOver = true;
    cancel();
  };
}
