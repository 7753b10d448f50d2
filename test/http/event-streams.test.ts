import assert from 'node:assert/strict';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import Koa from 'koa';
import { pino } from 'pino';
import type { Known, Presence } from '../../contact-server/app/log-in-desk.ts';
import { EventStreams } from '../../contact-server/http/event-streams.ts';
import type { ComingEntry, Hint, StreamEntry, ToldEntry } from '../../contact-server/ports/hints.ts';
import type { AgentMessage, LineView } from '../../contracts/agent.ts';
import type { AgentId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { answerProblems, ProblemError } from '../../server-kit/problem.ts';
import { History } from '../support/history.ts';
import { readEvents } from '../support/sse.ts';

type Parts = ConstructorParameters<typeof EventStreams>[0];

/** A clock that stands until the test moves it. */
class HandClock implements Clock {
  #now = 1_000_000;
  #timers: { at: number; then: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, then: () => void): () => void {
    const timer = { at: this.#now + ms, then };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((it) => it !== timer);
    };
  }

  /** Moves on step by step, so that what is set up meanwhile comes due too. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    while (this.#now < end) {
      this.#now = Math.min(end, this.#now + 50);
      const due = this.#timers.filter((it) => it.at <= this.#now);
      this.#timers = this.#timers.filter((it) => !due.includes(it));
      for (const it of due) it.then();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

describe('The event streams', () => {
  const agentId = 'maya' as AgentId;
  let clock: HandClock;
  let streams: EventStreams;
  let server: Server;
  let url: string;
  let entries: StreamEntry[];
  let tellEntry: (agentId: AgentId, told?: ToldEntry) => void;
  let foretell: (agentId: AgentId, coming: ComingEntry) => void;
  let reads: number;
  let hint: (hint: Hint) => void;
  let look: (present: Presence) => void;
  let line: LineView;
  let boardFails: boolean;
  let redisIsAway: boolean;

  const add = (name: string, data: Record<string, unknown>): void => {
    entries.push({ cursor: `${String(entries.length + 1)}-0`, name, data });
    tellEntry(agentId);
  };
  const listen = async (from = ''): Promise<History<AgentMessage>> => {
    const told = new History<AgentMessage>();
    const response = await fetch(url + from);
    void (async () => {
      try {
        for await (const it of readEvents(response)) told.add(JSON.parse(it.data) as AgentMessage);
      } catch {
        // The test is over.
      }
    })();
    await told.until('the beginning', (it) => it.type === 'line.changed');
    return told;
  };

  beforeEach(async () => {
    clock = new HandClock();
    entries = [];
    line = { waiting: 0 };
    reads = 0;
    boardFails = false;
    redisIsAway = false;
    const account = { id: agentId, roles: ['agent', 'manager'], extension: '101' };
    const parts = {
      streams: {
        end: () =>
          redisIsAway
            ? Promise.reject(new ProblemError('unavailable'))
            : Promise.resolve(`${String(entries.length)}-0`),
        after: (_: AgentId, cursor: string) => {
          reads += 1;
          return Promise.resolve(entries.slice(Number(cursor.split('-')[0])));
        },
        onEntry(listener: typeof tellEntry) {
          tellEntry = listener;
          return () => {};
        },
        onForetold(listener: typeof foretell) {
          foretell = listener;
          return () => {};
        },
      },
      hints: {
        onHint(listener: typeof hint) {
          hint = listener;
          return () => {};
        },
      },
      views: {
        me: () => Promise.resolve({ id: agentId }),
        contactsOf: () => Promise.resolve([]),
        find: (_: unknown, callbackId: string) =>
          Promise.resolve({ offer: { callbackId, reservationId: `of ${callbackId}` } }),
      },
      agentLine: {
        inShort: () =>
          boardFails ? Promise.reject(new Error('away')) : Promise.resolve(() => Promise.resolve(line)),
      },
      board: {
        look: () => Promise.resolve({ serverNow: clock.now() }),
      },
      logIns: {
        onLook(listener: typeof look) {
          look = listener;
          return () => {};
        },
      },
      phones: { onChange: () => () => {} },
      clock,
      log: pino({ level: 'silent' }),
    } as unknown as Parts;
    streams = new EventStreams(parts);
    streams.start();
    const logIn = { id: 'one', agentId, until: clock.now() + 60_000, rotatedAt: 0 };
    const app = new Koa();
    app.silent = true;
    app.use(answerProblems(pino({ level: 'silent' })));
    app.use((ctx) => streams.open(ctx, { account, logIn } as unknown as Known, ctx.query['board'] === '1'));
    server = createServer((request, response) => void app.callback()(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/?board=1`;
  });
  afterEach(() => {
    streams.stop();
    server.closeAllConnections();
    server.close();
  });

  it('say every quarter of a minute that they are still there, so that no proxy closes them', async () => {
    const response = await new Promise<IncomingMessage>((resolve) => get(url, resolve));
    let text = '';
    response.on('data', (chunk: Buffer) => (text += chunk.toString()));
    while (!text.includes('line.changed')) await once(response, 'data');
    assert.ok(!text.includes(': still here'));
    await clock.pass(15_000);
    while (!text.includes(': still here')) await once(response, 'data');
    response.destroy();
  });

  it('cut off a reader who reads nothing, instead of keeping everything for it', async () => {
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const response = await new Promise<IncomingMessage>((resolve) => get(url, resolve));
    response.pause();
    response.on('error', () => {});
    const [socket] = await connected;
    const most = 20_000;
    const much = 'x'.repeat(16 * 1024);
    while (!socket.destroyed && entries.length < most) {
      add('call.event', { much });
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(entries.length < most, 'long before everything was sent');
    response.destroy();
  });

  it('end with the last of the board when what they tell may be old, and begin again when it is new [AD8]', async () => {
    const told = await listen();
    await told.until('the board', (it) => it.type === 'board.changed');
    redisIsAway = true;
    await streams.breakOff();
    await told.until(
      'the last of the board',
      (it) => told.items.indexOf(it) > 1 && it.type === 'board.changed',
    );
    const refused = await fetch(url);
    assert.equal(refused.status, 503);
    assert.equal(((await refused.json()) as { type: string }).type, 'unavailable');
    redisIsAway = false;
    await listen();
  });

  it('end when the log-in behind them has run out, and say so', async () => {
    const told = await listen();
    await clock.pass(61_000);
    look({ asOf: clock.now(), logIns: new Set(), agents: new Set() });
    const end = await told.until('the end', (it) => it.type === 'session.ended');
    assert.deepEqual(end.data, { reason: 'expired' });
  });

  it('do not end for a look that is older than they are', async () => {
    const told = await listen();
    look({ asOf: clock.now(), logIns: new Set(), agents: new Set() });
    add('command.completed', { requestId: 'a' });
    await told.until('what came later', (it) => it.type === 'command.completed');
    assert.ok(!told.items.some((it) => it.type === 'session.ended'));
  });

  it('tell of the line when it changed, and only then', async () => {
    const told = await listen();
    const lines = (): number => told.items.filter((it) => it.type === 'line.changed').length;
    const boards = (): number => told.items.filter((it) => it.type === 'board.changed').length;
    await told.until('the board', (it) => it.type === 'board.changed');
    hint({ about: 'board' });
    await clock.pass(300);
    await told.until('the board again', () => boards() === 2);
    assert.equal(lines(), 1);
    line = { waiting: 2, longestSince: 5 };
    hint({ about: 'board' });
    await clock.pass(300);
    await told.until('the line', () => lines() === 2);
  });

  it('tell of the board in the next round when it could not be drawn in this one', async () => {
    const told = await listen();
    boardFails = true;
    hint({ about: 'board' });
    await clock.pass(600);
    boardFails = false;
    line = { waiting: 7 };
    await clock.pass(300);
    await told.until('the line', (it) => it.type === 'line.changed' && it.data.waiting === 7);
  });

  it('tell each entry in its order, and one that is not understood breaks none after it [AD-4]', async () => {
    const told = await listen();
    add('command.completed', { requestId: 'a' });
    add('something.of.a.later.version', { x: 1 });
    add('command.completed', { requestId: 'b' });
    await told.until('the last', (it) => it.type === 'command.completed' && it.data.requestId === 'b');
    const names = told.items.map((it) => it.type as string).filter((it) => !it.endsWith('changed'));
    assert.deepEqual(names, ['command.completed', 'something.of.a.later.version', 'command.completed']);
  });

  it('tell an entry that follows the last one as they are told it, and read what lies between where one does not [AD-4]', async () => {
    const told = await listen();
    const readsBefore = reads;
    const one = { cursor: '1-0', name: 'command.completed', data: { requestId: 'a' } };
    const isTold = (requestId: string) =>
      told.until(requestId, (it) => it.type === 'command.completed' && it.data.requestId === requestId);
    entries.push(one);
    tellEntry(agentId, { ...one, after: '0-0' });
    await isTold('a');
    assert.equal(reads, readsBefore);

    entries.push({ cursor: '2-0', name: 'command.completed', data: { requestId: 'b' } });
    const three = { cursor: '3-0', name: 'command.completed', data: { requestId: 'c' } };
    entries.push(three);
    tellEntry(agentId, { ...three, after: '2-0' });
    tellEntry(agentId, { ...three, after: '2-0' });
    await isTold('c');
    const ids = told.items.flatMap((it) => (it.type === 'command.completed' ? it.data.requestId : []));
    assert.deepEqual(ids, ['a', 'b', 'c']);
    assert.ok(reads > readsBefore);
  });

  it('begin with how the reader is by now: a phone may have registered since they looked', async () => {
    const told = await listen();
    assert.equal(told.items[0]?.type, 'me.changed');
  });

  it('tell an offer before its entry has a place, and not once more when it has; who comes back is told it again', async () => {
    const told = await listen();
    const data = { callbackId: 'c1', reservationId: 'of c1' };
    const offers = (of: History<AgentMessage>) => of.items.filter((it) => it.type === 'offer.made').length;
    foretell(agentId, { name: 'offer.made', data });
    await told.until('the offer', (it) => it.type === 'offer.made');
    add('offer.made', data);
    add('command.completed', { requestId: 'a' });
    await told.until('what came after', (it) => it.type === 'command.completed');
    assert.equal(offers(told), 1);

    const again = await listen('&cursor=0-0');
    await again.until('what came after', (it) => it.type === 'command.completed');
    assert.equal(offers(again), 1);
  });
});
