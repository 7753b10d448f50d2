import type { Logger } from 'pino';
import type { ChannelDetails } from '../../contracts/agent.ts';
import type { SessionId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';
import type { Registration } from '../domain/page-session.ts';
import { legId, type LegWish } from '../domain/session.ts';
import type { PageRoom } from './page-room.ts';
import { Serial } from './serial.ts';
import type { SessionDesk } from './session-desk.ts';

const AGAIN_MS = 1_000;
const MOST_TRIES = 30;

/**
 * The leg controller of the page channel [SE-17]: says to the session who is joined, lost and gone, behind the conversation and in order.
 * Mere readers of pages are no contact and have no legs.
 */
export class PageLegs {
  readonly #sessions: SessionDesk;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #serial = new Serial();
  /** What was said last of each session that is open here. */
  readonly #said = new WeakMap<PageRoom, string>();

  constructor(sessions: SessionDesk, clock: Clock, log: Logger) {
    this.#sessions = sessions;
    this.#clock = clock;
    this.#log = log;
  }

  /** Brings the legs in line with who is connected now. */
  follow(room: PageRoom): void {
    const { isContact, registrations, id } = room.session;
    if (!isContact) return;
    const wishes = [visitorLeg(room), ...registrations.map((it) => viewerLeg(room, it))];
    const said = JSON.stringify(wishes);
    if (this.#said.get(room) === said) return;
    this.#said.set(room, said);
    this.#apply(id, () => wishes);
  }

  /** These viewers are gone. */
  left(room: PageRoom, registrations: readonly Registration[]): void {
    this.#said.delete(room);
    this.#apply(room.session.id, () => registrations.map(gone));
  }

  /** The sharing is over, and with it the session unless somebody still talks. */
  ended(room: PageRoom, registrations: readonly Registration[]): void {
    const { id } = room.session;
    this.#said.delete(room);
    const visitor: LegWish = { do: 'set', id: legId('visitor', 'visitor', 'pages'), state: 'left' };
    this.#run(id, async () => {
      await this.#sessions.apply(id, [visitor, ...registrations.map(gone)]);
      await this.#sessions.endUnlessTalking(id);
    });
  }

  /** How each channel of this session is opened [SE-14, SE-15]. */
  async channels(id: SessionId): Promise<readonly ChannelDetails[]> {
    const session = await this.#sessions.find(id).catch(() => undefined);
    const voice = session?.legs.filter((it) => it.channel === 'voice' && it.state !== 'left') ?? [];
    return [
      { channel: 'data', method: 'GET', path: '/api/v1/events', as: 'event-stream' },
      { channel: 'pages', method: 'POST', path: `/api/v1/pages/${id}/viewer`, as: 'one-time-url' },
      ...voice.map((it) => ({ channel: 'voice' as const, leg: it.id, as: 'server-held-leg' as const })),
    ];
  }

  #apply(id: SessionId, wishes: () => readonly LegWish[]): void {
    this.#run(id, async () => {
      await this.#sessions.apply(id, wishes());
    });
  }

  #run(id: SessionId, work: () => Promise<void>): void {
    void this.#serial.run(id, () => this.#tried(id, work, 1));
  }

  async #tried(id: SessionId, work: () => Promise<void>, tries: number): Promise<void> {
    try {
      await work();
    } catch (err) {
      this.#log.warn({ err, sessionId: id, tries }, 'legs of a session not told');
      if (tries >= MOST_TRIES) return;
      await new Promise<void>((resolve) => this.#clock.after(AGAIN_MS, resolve));
      await this.#tried(id, work, tries + 1);
    }
  }
}

function visitorLeg(room: PageRoom): LegWish {
  const [role, who, channel] = ['visitor', 'visitor', 'pages'] as const;
  return room.online
    ? { do: 'add', role, who, name: 'Visitor', channel, state: 'joined' }
    : { do: 'set', id: legId(role, who, channel), state: 'lost' };
}

function viewerLeg(room: PageRoom, { id, role, agentId: who, name }: Registration): LegWish {
  return room.framesOf(id).length > 0
    ? { do: 'add', role, who, name, channel: 'pages', state: 'joined' }
    : { do: 'set', id: legId(role, who, 'pages'), state: 'lost' };
}

function gone({ role, agentId }: Registration): LegWish {
  return { do: 'set', id: legId(role, agentId, 'pages'), state: 'left' };
}
