import type { BoardView } from '../../contracts/agent.ts';
import type { Clock } from '../../server-kit/clock.ts';

const LOOK_MS = 1_000;

type ServiceName = keyof BoardView['services'];

/** Something we stand on did not answer, and does again. */
export interface Outage {
  readonly service: ServiceName;
  readonly from: number;
  readonly to: number;
}

interface Parts {
  readonly services: () => Promise<BoardView['services']>;
  readonly clock: Clock;
  /** Something says by itself that it went away or came back, which may be over by the next look. */
  readonly onNews: (listener: () => void) => () => void;
  /** Something went away or came back. */
  readonly onChange: () => void;
  /** Redis is away: what desks show may be old from here on. */
  readonly onStale: () => void;
  /** To be told for good; where that fails, it is told again. */
  readonly onOver: (outage: Outage) => Promise<void>;
}

/** Looks every second at what the server stands on, because not everything would say that it is gone. Gives the end of it. */
export function watchServices({ services, clock, onNews, onChange, onStale, onOver }: Parts): () => void {
  let before = new Map<ServiceName, boolean>();
  const downSince = new Map<ServiceName, number>();
  const untold: Outage[] = [];
  let cancel = (): void => {};
  let isOver = false;
  const look = async (): Promise<void> => {
    const from = clock.now();
    const now = new Map(
      Object.entries(await services()).map(([name, { up }]) => [name as ServiceName, up] as const),
    );
    for (const [service, up] of now) {
      const since = downSince.get(service);
      // What was never seen up is not away: it has not come yet.
      if (!up && before.get(service) === true) downSince.set(service, from);
      if (!up || since === undefined) continue;
      downSince.delete(service);
      untold.push({ service, from: since, to: clock.now() });
    }
    if (before.size > 0 && [...now].some(([name, up]) => before.get(name) !== up)) onChange();
    if (now.get('redis') === false && before.get('redis') !== false) onStale();
    before = now;
    for (let next = untold[0]; next; next = untold[0]) {
      await onOver(next);
      untold.shift();
    }
  };
  let looking = Promise.resolve();
  const lookInTurn = (): Promise<void> =>
    (looking = looking.then(() => (isOver ? undefined : look())).catch(() => {}));
  const again = (): void => {
    if (isOver) return;
    cancel = clock.after(LOOK_MS, () => void lookInTurn().then(again));
  };
  again();
  const hearNoMore = onNews(() => void lookInTurn());
  return () => {
    isOver = true;
    cancel();
    hearNoMore();
  };
}
