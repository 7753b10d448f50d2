import assert from 'node:assert/strict';
import { pino } from 'pino';
import { RoutingPump } from '../../contact-server/app/routing-pump.ts';
import { CursorTooOld, type RoutingEvent } from '../../routing/index.ts';
import type { Hint } from '../../contact-server/ports/hints.ts';
import { systemClock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { eventually } from '../support/eventually.ts';

type Parts = ConstructorParameters<typeof RoutingPump>[0];

/** Hears what is to be kept of decisions, and keeps nothing. */
const noDecisions = { made: () => {}, became: () => {}, written: () => Promise.resolve() };

describe('The reader of routing’s events', () => {
  it('goes on from where all was compared, when its last place was still being written as events were lost', async () => {
    let stored: string | undefined;
    let writtenAt = (): void => {};
    const slow = new Promise<void>((resolve) => (writtenAt = resolve));
    const askedFrom: (string | undefined)[] = [];
    let readOn = (): void => {};
    const goesOn = new Promise<void>((resolve) => (readOn = resolve));

    async function* events(after: string | undefined): AsyncIterable<RoutingEvent> {
      askedFrom.push(after);
      if (askedFrom.length === 1) {
        yield { type: 'rules.changed', cursor: '1-8', at: 1 } as unknown as RoutingEvent;
        throw new CursorTooOld('events between 1-8 and 1-1000008 are no longer kept');
      }
      readOn();
    }
    const parts = {
      routing: { events, snapshot: () => Promise.resolve({ cursor: '1-1000010', reservations: [] }) },
      decisions: noDecisions,
      cursors: {
        read: () => Promise.resolve(stored),
        write: async (_name: string, cursor: string) => {
          if (cursor === '1-8') await slow;
          stored = cursor;
        },
      },
      reconcile: () => Promise.resolve(),
      hints: { give: () => undefined },
      clock: { ...systemClock, after: (_ms: number, then: () => void) => systemClock.after(0, then) },
      log: pino({ level: 'silent' }),
    } as unknown as Parts;

    const pump = new RoutingPump(parts);
    pump.start();
    setImmediate(writtenAt);
    await goesOn;
    await pump.stop();
    assert.deepEqual(askedFrom.slice(0, 2), [undefined, '1-1000010']);
  });

  it('keeps each decision and what became of it before it stores that it has read so far', async () => {
    const reservation = { id: 'r1-1', contactId: 'c1', agentId: 'maya', basis: { inputs: { how: 'idle' } } };
    const told = (type: string, n: number, more: object = {}): RoutingEvent =>
      ({ type, cursor: `1-${String(n)}`, at: n, reservation: { ...reservation, ...more } }) as never;
    const claimed = { id: 'r1-2', basis: { inputs: { how: 'claimed' } } };
    const happened: string[] = [];
    const note = (what: string): Promise<void> => Promise.resolve(void happened.push(what));
    let isAway = true;
    const parts = {
      routing: {
        async *events(_after: string | undefined, signal: AbortSignal) {
          yield told('reservation.created', 1, { state: 'pending' });
          yield told('reservation.rejected', 2, { state: 'rejected' });
          yield told('reservation.accepted', 3, { ...claimed, state: 'accepted' });
          yield told('reservation.wrapup', 4, { ...claimed, state: 'wrapping' });
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
        },
      },
      callbacks: { note: () => Promise.reject(new ProblemError('not-found')) },
      streams: { add: () => Promise.resolve() },
      decisions: {
        made: ({ id }: { id: string }) => note(`made ${id}`),
        became: ({ id, state }: { id: string; state: string }) => note(`${id} ${state}`),
        written: () => (isAway ? Promise.reject(new ProblemError('unavailable')) : note('kept')),
      },
      cursors: {
        read: () => Promise.resolve('1-0'),
        write: (_name: string, cursor: string) => note(`read ${cursor}`),
      },
      hints: { give: () => undefined },
      clock: systemClock,
      log: pino({ level: 'silent' }),
    } as unknown as Parts;
    const pump = new RoutingPump(parts);
    pump.start();
    await eventually('the last event', () => happened.includes('r1-2 wrapping') || undefined);
    await pump.stop();
    const made = ['made r1-1', 'r1-1 rejected', 'made r1-2', 'r1-2 accepted', 'r1-2 wrapping'];
    assert.deepEqual(happened, made, 'with decisions that are not kept it would go on after them');

    isAway = false;
    const next = new RoutingPump(parts);
    next.start();
    await eventually('the last event', () => happened.length === 2 * made.length || undefined);
    await next.stop();
    assert.deepEqual(happened, [...made, ...made, 'kept', 'read 1-4']);
  });

  it('gives back an agent who is held for somebody who does not wait: nobody is shown that offer, nor to miss it', async () => {
    const happened: string[] = [];
    const parts = {
      routing: {
        async *events(_after: string | undefined, signal: AbortSignal) {
          yield {
            type: 'reservation.created',
            cursor: '1-1',
            at: 1,
            reservation: { id: 'r1-1', contactId: 'c1', agentId: 'maya', entry: 1, decision: {}, basis: {} },
          } as unknown as RoutingEvent;
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
        },
        complete: (id: string, { state }: { state: string }) =>
          Promise.resolve(void happened.push(`${id} ${state}`)),
      },
      // Moved to another time while Redis could not be told to take it out of line.
      callbacks: { note: () => Promise.resolve({ callback: { phase: { state: 'scheduled' } } }) },
      streams: { add: (_agentId: string, name: string) => Promise.resolve(void happened.push(name)) },
      offered: () => Promise.resolve(void happened.push('offered')),
      cursors: { read: () => Promise.resolve('1-0'), write: () => Promise.resolve() },
      decisions: noDecisions,
      hints: { give: () => undefined },
      clock: systemClock,
      log: pino({ level: 'silent' }),
    } as unknown as Parts;
    const pump = new RoutingPump(parts);
    pump.start();
    await eventually('the agent given back', () => happened.includes('r1-1 as-wished') || undefined);
    await pump.stop();
    assert.deepEqual(happened, ['r1-1 as-wished']);
  });

  describe('of an offer for somebody who is not stored yet', () => {
    const offer = {
      type: 'reservation.created',
      cursor: '1-1',
      at: 1,
      reservation: {
        ...{ id: 'r1-1', contactId: 'c1', agentId: 'maya', entry: 0, decision: {} },
        basis: { inputs: { how: 'idle' } },
      },
    } as unknown as RoutingEvent;
    const next = { type: 'contact.queued', cursor: '1-2', at: 1, contactId: 'c2' } as unknown as RoutingEvent;
    const record = { callback: { phase: { state: 'reserved', claim: { reservationId: 'r1-1' } } } };
    let now: number;
    let happened: string[];
    let storedAt: number;
    let pump: RoutingPump;

    beforeEach(() => {
      now = 0;
      happened = [];
      const told = (what: string): Promise<void> => Promise.resolve(void happened.push(what));
      const parts = {
        routing: {
          async *events(_after: string | undefined, signal: AbortSignal) {
            yield* [offer, next];
            await new Promise((resolve) => signal.addEventListener('abort', resolve));
          },
          leave: (id: string) => told(`${id} leaves`),
        },
        callbacks: {
          note: () =>
            now < storedAt ? Promise.reject(new ProblemError('not-found')) : Promise.resolve(record),
        },
        streams: { add: (agentId: string, name: string) => told(`${name} to ${agentId}`) },
        offered: () => told('offered'),
        cursors: { read: () => Promise.resolve('1-0'), write: () => Promise.resolve() },
        decisions: noDecisions,
        hints: { give: (hint: Hint) => void (hint.about === 'callback' && told(`${hint.id} is looked at`)) },
        clock: {
          now: () => now,
          after: (ms: number, then: () => void) =>
            systemClock.after(0, () => {
              now += ms;
              then();
            }),
        },
        log: pino({ level: 'silent' }),
      } as unknown as Parts;
      pump = new RoutingPump(parts);
    });
    afterEach(() => pump.stop());
    const until = (what: string): Promise<true> =>
      eventually(what, () => happened.includes(what) || undefined);

    it('goes on with what comes next, and makes the offer when they are', async () => {
      storedAt = 100;
      pump.start();
      await until('offered');
      assert.deepEqual(happened.slice(0, 3), ['c2 is looked at', 'offer.made to maya', 'offered']);
    });

    it('lets the agent go when they never are', async () => {
      storedAt = Infinity;
      pump.start();
      await until('c1 leaves');
      assert.ok(now >= 5_000 && !happened.includes('offered'));
    });
  });
});
