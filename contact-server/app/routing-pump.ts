import type { Logger } from 'pino';
import type { CallbackId } from '../../contracts/ids.ts';
import { CursorTooOld, type Reservation, type Routing, type RoutingEvent } from '../../routing/index.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { claimOf, isOver } from '../domain/callback.ts';
import type { AgentStreams, Hints } from '../ports/hints.ts';
import type { AuditStore, CursorStore } from '../ports/stores.ts';
import type { CallbackDesk } from './callback-desk.ts';
import type { DecisionLog } from './decision-log.ts';
import { LatestCursor } from './latest-cursor.ts';
import { claimFrom, followReservation, newCallId } from './order-taker.ts';
import { isOutage, OutageLog } from './outage.ts';

interface Parts {
  readonly routing: Routing;
  readonly callbacks: CallbackDesk;
  readonly cursors: CursorStore;
  readonly decisions: DecisionLog;
  readonly streams: AgentStreams;
  readonly hints: Hints;
  readonly audit: AuditStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Something was offered: somebody may want to accept it for the agent. */
  readonly offered: (reservation: Reservation) => Promise<void>;
  /** The time a callback was booked for has come. */
  readonly due: (id: CallbackId, at: number) => Promise<void>;
  /** The gap could not be served, or routing was lost: compare what waits here and there. */
  readonly reconcile: () => Promise<void>;
  /** Agents' wishes are remembered beside routing. */
  readonly heard: (status: Extract<RoutingEvent, { type: 'agent.state' }>['status']) => Promise<void>;
}

/** Where the pump is: the name of its cursor. */
export const CURSOR = 'routing-events';
const RETRY_MS = 500;
/** What is in line is stored by then, or never. */
const STORED_WITHIN_MS = 5_000;
const AGAIN_MS = 50;

/** Reads routing's decisions in order and tells them to callbacks and agents; goes on where it stopped, also after a crash. */
export class RoutingPump {
  readonly #parts: Parts;
  readonly #outage: OutageLog;
  readonly #cursor: LatestCursor;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#outage = new OutageLog(parts.log, 'routing events');
    this.#cursor = new LatestCursor(parts.clock, async (cursor) => {
      await parts.decisions.written();
      await parts.cursors.write(CURSOR, cursor);
    });
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#cursor.idle();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const { log } = this.#parts;
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (err) {
        if (err instanceof CursorTooOld) {
          log.warn({ reason: err.message }, 'routing events missed: everything is compared');
          await this.#startOver().catch((cause: unknown) => this.#outage.failed(cause));
        } else {
          this.#outage.failed(err);
        }
        await this.#pause();
      }
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#parts.clock.after(RETRY_MS, resolve));
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { routing, cursors } = this.#parts;
    await this.#cursor.idle();
    for await (const event of routing.events(await cursors.read(CURSOR), signal)) {
      while (!(await this.#taken(event))) {
        if (signal.aborted) return;
        await this.#pause();
      }
      this.#keep(event);
      this.#cursor.write(event.cursor);
      this.#outage.worked();
    }
  }

  /** False while a store is away: the event waits, since nobody will tell it again. */
  async #taken(event: RoutingEvent): Promise<boolean> {
    try {
      await this.#take(event);
    } catch (err) {
      if (isOutage(err)) {
        this.#outage.failed(err);
        return false;
      }
      // A callback that is gone has nothing to hear; anything else is left to the state's deadline.
      const { log } = this.#parts;
      if (!(err instanceof ProblemError)) log.error({ err, event: event.type }, 'routing event not taken');
    }
    return true;
  }

  async #startOver(): Promise<void> {
    const { routing, cursors, decisions, reconcile } = this.#parts;
    const { cursor, at, reservations } = await routing.snapshot();
    for (const it of reservations) {
      decisions.made(it);
      if (it.state !== 'pending') decisions.became(it, at);
    }
    // An older one still on its way would come after this one, and what happens until then would be skipped too.
    await this.#cursor.idle();
    await cursors.write(CURSOR, cursor);
    await reconcile();
  }

  /** Why this agent, and what became of it. */
  #keep(event: RoutingEvent): void {
    if (!('reservation' in event)) return;
    const { reservation, type, at } = event;
    const { decisions } = this.#parts;
    if (type === 'reservation.created' || isClaimed(reservation)) decisions.made(reservation);
    if (type !== 'reservation.created') decisions.became(reservation, at);
  }

  async #take(event: RoutingEvent): Promise<void> {
    const { callbacks, streams, hints, audit, reconcile, heard } = this.#parts;
    hints.give({ about: 'board' });
    switch (event.type) {
      case 'reservation.created': {
        await this.#offer(event.reservation, this.#parts.clock.now());
        return;
      }
      case 'reservation.accepted': {
        const { reservation } = event;
        await this.#withdrawn(event, 'accepted');
        // Told already by the process that accepted; said again for the case that it died in between.
        await callbacks.note(
          reservation.contactId,
          { type: 'offer-accepted', at: event.at, claim: claimFrom(reservation), callId: newCallId() },
          reservation.decision,
        );
        return;
      }
      case 'reservation.rejected':
      case 'reservation.timeout':
      case 'reservation.canceled':
      case 'reservation.rescinded': {
        const why = event.type.slice('reservation.'.length) as
          'rejected' | 'timeout' | 'canceled' | 'rescinded';
        await this.#withdrawn(event, why);
        const { contactId, id } = event.reservation;
        await callbacks.note(contactId, { type: 'offer-ended', at: event.at, reservationId: id, why });
        return;
      }
      case 'agent.state':
        await heard(event.status);
        await streams.add(event.status.agentId, 'me.changed', {});
        return;
      case 'contact.due':
        await this.#parts.due(event.contactId, event.at);
        return;
      case 'contact.queued':
      case 'contact.left':
        hints.give({ about: 'callback', id: event.contactId });
        return;
      case 'repaired':
        await audit.add({
          at: event.at,
          who: 'watchdog',
          what: 'repaired',
          detail: `${event.what}: ${event.why}`,
        });
        await reconcile();
        return;
      case 'rules.changed':
      case 'reservation.wrapup':
      case 'reservation.completed':
        return;
    }
  }

  async #offer(reservation: Reservation, since: number): Promise<void> {
    const { callbacks, routing, streams, offered } = this.#parts;
    const { agentId, contactId, id } = reservation;
    const { fact, decision } = followReservation(reservation);
    const callback = await callbacks.note(contactId, fact, decision).then(
      (record) => record.callback,
      (err: unknown) => {
        if (isUnknown(err)) return undefined;
        throw err;
      },
    );
    if (!callback && this.#isYoung(since)) {
      // Another process is storing it this moment.
      this.#later(() => this.#offer(reservation, since));
      return;
    }
    if (!callback || isOver(callback)) {
      // It ended while routing could not be told, or was never stored: nobody is to be offered it.
      await routing.leave(contactId);
      return;
    }
    if (claimOf(callback)?.reservationId !== id) {
      // It is not in line any more, or not by this entry: nobody is shown this, nor is to miss it.
      await routing.complete(id, { state: 'as-wished' });
      return;
    }
    await streams.add(agentId, 'offer.made', { callbackId: contactId, reservationId: id });
    await offered(reservation);
  }

  #isYoung(since: number): boolean {
    return this.#parts.clock.now() - since < STORED_WITHIN_MS;
  }

  /** Once more in a while, without holding up what is told meanwhile. */
  #later(work: () => Promise<void>): void {
    this.#parts.clock.after(AGAIN_MS, () => {
      if (this.#stop.signal.aborted) return;
      work().catch((err: unknown) => {
        if (isOutage(err)) this.#later(work);
        else this.#parts.log.error({ err }, 'offer not told');
      });
    });
  }

  async #withdrawn(
    event: Extract<RoutingEvent, { type: `reservation.${string}` }>,
    reason: 'accepted' | 'rejected' | 'timeout' | 'canceled' | 'rescinded',
  ): Promise<void> {
    const { agentId, contactId, id } = event.reservation;
    await this.#parts.streams.add(agentId, 'offer.withdrawn', {
      reservationId: id,
      callbackId: contactId,
      reason,
    });
  }
}

/** Taken by hand: accepted as it is made, with no offer before. */
function isClaimed({ basis, state }: Reservation): boolean {
  return basis.inputs.how === 'claimed' && state === 'accepted';
}

function isUnknown(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.type === 'not-found';
}
