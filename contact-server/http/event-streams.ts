import { PassThrough } from 'node:stream';
import type { Context } from 'koa';
import type { Logger } from 'pino';
import type { AgentMessage, LineView } from '../../contracts/agent.ts';
import type { AgentId, CallbackId, ReservationId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';
import type { AgentLine } from '../app/agent-line.ts';
import type { AgentViews } from '../app/agent-views.ts';
import type { Board } from '../app/board.ts';
import type { Known, LogInDesk, Presence } from '../app/log-in-desk.ts';
import { Serial } from '../app/serial.ts';
import type { Account } from '../ports/accounts.ts';
import type { AgentStreams, ComingEntry, Hints, ToldEntry } from '../ports/hints.ts';
import type { Phones } from '../ports/phones.ts';

interface Parts {
  readonly streams: AgentStreams;
  readonly hints: Hints;
  readonly views: AgentViews;
  readonly agentLine: Pick<AgentLine, 'inShort'>;
  readonly board: Board;
  readonly logIns: LogInDesk;
  readonly phones: Phones;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Open {
  readonly key: string;
  readonly account: Account;
  readonly logIn: Known['logIn'];
  readonly since: number;
  readonly out: PassThrough;
  readonly board: boolean;
  cursor: string;
  /** Callbacks on this agent's screen, to be drawn again when something of them changes. */
  readonly shown: Set<CallbackId>;
  readonly offered: Set<ReservationId>;
  /** What was last told of the line, to say nothing when nothing changed. */
  line: string;
}

const HEARTBEAT_MS = 15_000;
const BOARD_MS = 250;
/** However much there is to show, the board takes no more than a fifth of the time. */
const REST_PER_LOOK = 4;
/** A reader this far behind is cut off; it comes back and resumes from its cursor. */
const MAX_UNREAD = 1024 * 1024;
/** Tabs share one stream; more than this many are not tabs, and the oldest gives way. */
const MAX_STREAMS = 10;

/**
 * The open-ended event streams of agents and managers. What is stored in a stream are names and ids; what is sent is
 * drawn from the stores at that moment, so that a late reader sees the truth, and erased data cannot come back.
 */
export class EventStreams {
  readonly #parts: Parts;
  readonly #open = new Set<Open>();
  readonly #serial = new Serial();
  #stop: (() => void)[] = [];
  #boardDirty = false;
  #count = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  start(): void {
    const { streams, hints, logIns, phones } = this.#parts;
    this.#stop.push(
      streams.onEntry((agentId, told) =>
        this.#each(
          (it) => it.account.id === agentId,
          (it) => this.#catchUp(it, told),
        ),
      ),
      streams.onForetold((agentId, coming) =>
        this.#each(
          (it) => it.account.id === agentId && it.cursor !== '',
          (it) => this.#tellAhead(it, coming),
        ),
      ),
      hints.onHint((hint) => {
        if (hint.about === 'board') this.#boardDirty = true;
        else if (hint.about === 'callback')
          this.#each(
            (it) => it.shown.has(hint.id),
            (it) => this.#redraw(it, hint.id),
          );
        else if (hint.about === 'session')
          this.#each(
            (it) => it.shown.size > 0,
            (it) => this.#redrawAll(it),
          );
        else
          this.#each(
            (it) => it.account.id === hint.id,
            (it) => this.#tellMe(it),
          );
      }),
      logIns.onLook((present) => this.#endAbsent(present)),
      phones.onChange((extension) => {
        this.#boardDirty = true;
        this.#each(
          (it) => it.account.extension === extension,
          (it) => this.#tellMe(it),
        );
      }),
    );
    this.#repeat(HEARTBEAT_MS, () => {
      for (const it of this.#open) this.#write(it, ': still here\n\n');
    });
    this.#repeat(BOARD_MS, () => this.#tellBoard());
  }

  stop(): void {
    for (const stop of this.#stop) stop();
    for (const it of this.#open) it.out.end();
  }

  /** Begins a stream; `board` adds what managers see. Throws `unavailable` while nothing could be told on it. */
  async open(ctx: Context, { account, logIn }: Known, board: boolean): Promise<void> {
    await this.#parts.streams.end(account.id);
    const out = new PassThrough();
    const from =
      ctx.get('Last-Event-ID') || (typeof ctx.query['cursor'] === 'string' ? ctx.query['cursor'] : '');
    const it: Open = {
      key: `stream:${String(++this.#count)}`,
      account,
      logIn,
      since: this.#parts.clock.now(),
      out,
      board,
      cursor: /^\d{1,15}-\d{1,15}$/.test(from) ? from : '',
      shown: new Set(),
      offered: new Set(),
      line: '',
    };
    ctx.req.socket.setTimeout(0);
    ctx.req.socket.setNoDelay(true);
    ctx.status = 200;
    ctx.type = 'text/event-stream';
    ctx.set('Cache-Control', 'no-store');
    ctx.set('X-Accel-Buffering', 'no');
    if (ctx.method === 'HEAD') return;
    ctx.body = out;
    out.write('retry: 1000\n\n');
    this.#makeRoom(account.id);
    this.#open.add(it);
    ctx.req.on('close', () => this.#open.delete(it));
    out.on('close', () => this.#open.delete(it));
    this.#run(it, () => this.#begin(it));
  }

  /** What is shown may be old from here on: all are told the last of the board, and come back until it is new again. */
  async breakOff(): Promise<void> {
    const data = await this.#parts.board.look().catch(() => undefined);
    for (const it of this.#open) {
      if (it.board && data) this.#send(it, { type: 'board.changed', data });
      it.out.end();
    }
  }

  async #begin(it: Open): Promise<void> {
    const { streams, agentLine, board } = this.#parts;
    if (it.cursor === '') it.cursor = await streams.end(it.account.id);
    await this.#remember(it);
    await this.#catchUp(it);
    // What changed without an entry since the reader looked (a phone that registered, a page) was told to nobody.
    await this.#tellMe(it);
    await this.#redrawAll(it);
    const lineFor = await agentLine.inShort();
    this.#tellLine(it, await lineFor(it.account));
    if (it.board) this.#send(it, { type: 'board.changed', data: await board.look() });
  }

  /** What is on the screen of one who resumes. */
  async #remember(it: Open): Promise<void> {
    for (const contact of await this.#parts.views.contactsOf(it.account)) it.shown.add(contact.callbackId);
  }

  async #catchUp(it: Open, told?: ToldEntry): Promise<void> {
    const { streams } = this.#parts;
    const entries = told?.after === it.cursor ? [told] : await streams.after(it.account.id, it.cursor);
    if (entries === 'gap') {
      it.cursor = await streams.end(it.account.id);
      this.#send(it, { type: 'stream.reset', data: {} });
      return;
    }
    for (const entry of entries) {
      if (!this.#open.has(it)) return;
      it.cursor = entry.cursor;
      const message = await this.#drawn(it, entry);
      if (message) this.#send(it, message);
    }
  }

  /** Under no place of its own: who comes back from before it is told it again. */
  async #tellAhead(it: Open, coming: ComingEntry): Promise<void> {
    const message = await this.#drawn(it, coming);
    if (message) this.#write(it, `data: ${JSON.stringify(message)}\n\n`);
  }

  async #drawn(it: Open, entry: ComingEntry): Promise<AgentMessage | undefined> {
    const { views } = this.#parts;
    const callbackId = entry.data['callbackId'] as CallbackId | undefined;
    switch (entry.name) {
      case 'me.changed':
        return { type: 'me.changed', data: await views.me(it.account) };
      case 'offer.made':
      case 'contact.changed': {
        if (callbackId === undefined) return undefined;
        // Told by whoever reserved and by whoever read that event: the first is enough.
        if (it.offered.has(entry.data['reservationId'] as ReservationId)) return undefined;
        const { offer, contact } = await views.find(it.account, callbackId);
        if (offer) {
          // Each offer is told by the entry of its own, once.
          if (entry.name !== 'offer.made' || it.offered.has(offer.reservationId)) return undefined;
          it.offered.add(offer.reservationId);
          return { type: 'offer.made', data: offer };
        }
        if (contact) {
          it.shown.add(callbackId);
          return { type: 'contact.changed', data: contact };
        }
        if (!it.shown.delete(callbackId)) return undefined;
        return { type: 'contact.closed', data: { callbackId } };
      }
      case 'contact.closed':
        if (callbackId !== undefined) it.shown.delete(callbackId);
        return { type: 'contact.closed', data: entry.data } as AgentMessage;
      default:
        // Small events that are whole as they were stored.
        return { type: entry.name, data: entry.data } as unknown as AgentMessage;
    }
  }

  async #redraw(it: Open, id: CallbackId): Promise<void> {
    const { contact } = await this.#parts.views.find(it.account, id);
    if (contact) this.#send(it, { type: 'contact.changed', data: contact });
  }

  async #redrawAll(it: Open): Promise<void> {
    for (const id of it.shown) await this.#redraw(it, id);
  }

  async #tellMe(it: Open): Promise<void> {
    this.#send(it, { type: 'me.changed', data: await this.#parts.views.me(it.account) });
  }

  async #tellBoard(): Promise<void> {
    if (!this.#boardDirty || this.#open.size === 0) return;
    this.#boardDirty = false;
    try {
      const { agentLine, board } = this.#parts;
      const lineFor = await agentLine.inShort();
      for (const it of this.#open) this.#tellLine(it, await lineFor(it.account));
      const watchers = [...this.#open].filter((it) => it.board);
      if (watchers.length === 0) return;
      const view = await board.look();
      for (const it of watchers) this.#send(it, { type: 'board.changed', data: view });
    } catch (error) {
      // Told in the next round.
      this.#boardDirty = true;
      throw error;
    }
  }

  #tellLine(it: Open, line: LineView): void {
    const text = JSON.stringify(line);
    if (it.line === text) return;
    it.line = text;
    this.#send(it, { type: 'line.changed', data: line });
  }

  #send(it: Open, message: AgentMessage): void {
    this.#write(it, `id: ${it.cursor}\ndata: ${JSON.stringify(message)}\n\n`);
  }

  #write(it: Open, text: string): void {
    if (it.out.destroyed || it.out.writableEnded) return;
    if (it.out.writableLength > MAX_UNREAD) {
      this.#parts.log.warn({ agentId: it.account.id }, 'event stream read too slowly');
      it.out.destroy();
      return;
    }
    it.out.write(text);
  }

  /** Whoever is not logged in any more hears nothing from here on. */
  #endAbsent({ asOf, logIns }: Presence): void {
    for (const it of this.#open) {
      if (logIns.has(it.logIn.id) || it.since >= asOf) continue;
      this.#end(it, it.logIn.until <= asOf ? 'expired' : 'logged-out');
    }
  }

  #makeRoom(agentId: AgentId): void {
    const theirs = [...this.#open].filter((it) => it.account.id === agentId);
    for (const it of theirs.slice(0, Math.max(0, theirs.length - MAX_STREAMS + 1))) this.#end(it, 'replaced');
  }

  #end(it: Open, reason: 'logged-out' | 'expired' | 'replaced'): void {
    this.#send(it, { type: 'session.ended', data: { reason } });
    it.out.end();
    this.#open.delete(it);
  }

  #each(which: (it: Open) => boolean, work: (it: Open) => Promise<void>): void {
    for (const it of this.#open) if (which(it)) this.#run(it, () => work(it));
  }

  #run(it: Open, work: () => Promise<void>): void {
    this.#serial.run(it.key, work).catch((err: unknown) => {
      // The reader comes back and resumes from its cursor: better than a stream that has silently missed something.
      this.#parts.log.warn({ err, agentId: it.account.id }, 'event stream broken off');
      it.out.destroy();
    });
  }

  #repeat(ms: number, work: () => void | Promise<void>): void {
    const { clock, log } = this.#parts;
    let cancel = (): void => {};
    const again = (inMs: number): void => {
      cancel = clock.after(inMs, () => {
        const from = clock.now();
        void Promise.resolve()
          .then(work)
          .catch((err: unknown) => log.warn({ err }, 'stream round failed'))
          .finally(() => again(Math.max(ms, REST_PER_LOOK * (clock.now() - from))));
      });
    };
    again(ms);
    this.#stop.push(() => cancel());
  }
}
