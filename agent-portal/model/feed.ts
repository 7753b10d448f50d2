import { effect, signal, untracked } from '@preact/signals';

import type { AgentEvents, AgentMessage, Handlers } from '../../contracts/agent.ts';
import { failureWords, nameOf, nameOnDesk } from './desk.ts';
import { timeAhead } from './format.ts';
import { EventStream, type StreamState } from './event-stream.ts';
import { leadByLease, leadByLock, type Leads } from './leadership.ts';
import type { Portal } from './portal.ts';
import { TabChannel, type TabMessage } from './tab-channel.ts';

const remembered = 256;
/** Whole views, which share the cursor of what came before them when they are drawn anew: taking one twice does no harm. */
const repeatable: ReadonlySet<keyof AgentEvents> = new Set([
  'contact.changed',
  'me.changed',
  'line.changed',
  'board.changed',
  'stream.reset',
  'session.ended',
  'command.completed',
  'command.failed',
]);
const quietMs = 60_000;

const withdrawals = {
  accepted: undefined,
  rejected: undefined,
  timeout: undefined,
  canceled: 'cancelled before you answered',
  rescinded: 'is no longer offered to you',
} as const;

interface Taped {
  readonly n: number;
  readonly message: AgentMessage;
}

/**
 * Where this tab hears what happens: from the server if it leads, from the leading tab otherwise. A tab that takes
 * over goes on from the last event it has heard, so that nothing is missed and nothing is taken twice.
 */
export class Feed {
  readonly leads: Leads;
  readonly stream = signal<StreamState>({ is: 'connecting' });
  readonly #portal: Portal;
  readonly #channel = new TabChannel();
  readonly #source: EventStream;
  readonly #recent = new Set<string>();
  #cursor: string | undefined;
  /** The last messages, numbered as they came. */
  #tape: readonly Taped[] = [];
  #count = 0;
  #board = false;
  #heardAt = Date.now();

  constructor(portal: Portal) {
    this.#portal = portal;
    this.#source = new EventStream({
      message: (cursor, message) => {
        this.#channel.tell({ kind: 'event', cursor, message });
        this.#receive(cursor, message);
      },
      unreadable: () => {
        this.#channel.tell({ kind: 'state-in-doubt' });
        void this.#portal.refresh();
      },
      state: (now) => this.#streamIs(now),
    });
    this.#channel.listen((message) => this.#fromTab(message));
    // `navigator.locks` is missing on plain HTTP, whatever the type says
    const locks = navigator.locks as LockManager | undefined;
    this.leads = locks ? leadByLock(locks) : leadByLease(this.#channel);
    effect(() => {
      const leads = this.leads.value;
      untracked(() => {
        if (!leads) this.#source.close();
        else if (this.#cursor !== undefined) this.#follow(this.#cursor);
      });
    });
    this.#channel.tell({ kind: 'hello' });
    effect(() => {
      document.documentElement.dataset['stream'] = this.stream.value.is;
    });
    setInterval(() => this.#lookAfterQuiet(), quietMs / 4);
  }

  tell(message: TabMessage): void {
    this.#channel.tell(message);
  }

  /** A snapshot is asked for now: to be handed back with it. */
  mark(): number {
    return this.#count;
  }

  /**
   * The snapshot is on the desk. What came while it was on its way is played once more, because the snapshot may be
   * older than that; then the stream is followed, at the first time from where the snapshot stands.
   */
  loaded(cursor: string, mark: number): void {
    this.#heardAt = Date.now();
    const meanwhile = this.#tape.filter((it) => it.n > mark);
    const isFirst = this.#cursor === undefined;
    this.#cursor ??= cursor;
    for (const { message } of meanwhile) if (message.type !== 'stream.reset') this.#apply(message);
    if (isFirst && this.leads.peek()) this.#follow(cursor);
  }

  stop(): void {
    this.#source.close();
    this.#cursor = undefined;
    this.#tape = [];
    this.#recent.clear();
    this.stream.value = { is: 'connecting' };
  }

  /** This tab shows the board: the one stream has to bring it. */
  wantBoard(): void {
    if (this.leads.peek()) this.#bringBoard();
    else this.#channel.tell({ kind: 'want-board' });
  }

  /** False before the first snapshot, and again while it is asked for anew. */
  get #isFollowing(): boolean {
    return this.#cursor !== undefined;
  }

  #bringBoard(): void {
    if (this.#board) return;
    this.#board = true;
    if (this.#cursor !== undefined) this.#follow(this.#cursor);
  }

  #follow(cursor: string): void {
    const isBoardHere = this.#portal.screen.peek() === 'board' && this.#portal.isManager.peek();
    this.#board ||= isBoardHere;
    this.#source.open(cursor, this.#board);
    this.#channel.tell({ kind: 'new-stream' });
  }

  #streamIs(now: StreamState): void {
    const wasBroken = this.stream.peek().is === 'broken';
    this.stream.value = now;
    this.#heardAt = Date.now();
    this.#channel.tell({ kind: 'stream', state: now });
    // the server may be another one now: its version is looked at
    if (wasBroken && now.is === 'live') void this.#portal.refresh();
  }

  #fromTab(message: TabMessage): void {
    const isIn = this.#portal.phase.peek().is === 'in';
    if (message.kind === 'event') this.#receive(message.cursor, message.message);
    else if (message.kind === 'stream') this.stream.value = message.state;
    else if (message.kind === 'state-in-doubt') void this.#portal.refresh();
    else if (message.kind === 'want-board' && this.leads.peek()) this.#bringBoard();
    else if (message.kind === 'hello' && this.leads.peek())
      this.#channel.tell({ kind: 'stream', state: this.stream.peek() });
    else if (message.kind === 'new-stream' && this.#portal.screen.peek() === 'board' && isIn)
      this.#channel.tell({ kind: 'want-board' });
    else if (message.kind === 'logged-in' && !isIn) void this.#portal.start();
    else if (message.kind === 'logged-out' && isIn) this.#portal.ended('logged-out');
  }

  #receive(cursor: string, message: AgentMessage): void {
    const key = `${cursor} ${message.type}`;
    if (this.#recent.has(key) && !repeatable.has(message.type)) return;
    this.#recent.add(key);
    for (const old of [...this.#recent].slice(0, -remembered)) this.#recent.delete(old);
    this.#count += 1;
    this.#tape = [...this.#tape.slice(-remembered), { n: this.#count, message }];
    if (!this.#isFollowing) return; // the snapshot is on its way
    this.#cursor = cursor;
    this.#heardAt = Date.now();
    this.#apply(message);
  }

  #apply(message: AgentMessage): void {
    (this.#handlers[message.type] as (data: unknown) => void)(message.data);
  }

  readonly #handlers: Handlers<AgentEvents> = {
    'me.changed': (me) => {
      this.#portal.desk.me.value = me;
      this.#portal.waiting.changed();
    },
    'offer.made': (offer) => this.#portal.desk.putOffer(offer),
    'offer.withdrawn': ({ reservationId, reason }) => {
      const offer = this.#portal.desk.dropOffer(reservationId);
      if (offer === undefined) return;
      const words = withdrawals[reason];
      if (words) this.#portal.notices.say(`${nameOf(offer.who)} ${words}.`);
      if (reason === 'timeout') this.#portal.desk.missed.value = { what: 'offer', who: nameOf(offer.who) };
    },
    'contact.changed': (contact) => this.#portal.desk.putContact(contact),
    'contact.closed': ({ callbackId, why, callableFrom }) => {
      const { desk, notices, clock } = this.#portal;
      if (why !== undefined) {
        const until =
          callableFrom === undefined ? '' : ` Now booked for ${timeAhead(callableFrom, clock.now.peek())}.`;
        notices.say(
          `${nameOnDesk(desk, callbackId) ?? 'The visitor'} was not rung: ${why}${until}`,
          'trouble',
        );
      }
      desk.dropContact(callbackId);
    },
    'call.event': (event) => {
      const { desk } = this.#portal;
      const who = nameOnDesk(desk, event.callbackId);
      if (event.name === 'call.failed' && event.leg === 'agent') desk.missed.value = { what: 'call', who };
      const words = failureWords(event, who);
      // A visitor who was not reached is tried again by itself: to be known, not to be dealt with.
      const isTheirs = event.leg === 'agent' || event.cause === 'sip-link-lost';
      if (words) this.#portal.notices.say(words, isTheirs ? 'trouble' : 'plain');
    },
    'line.changed': (line) => {
      this.#portal.desk.line.value = line;
      this.#portal.waiting.changed();
    },
    'board.changed': (view) => this.#portal.board.load(view),
    'command.completed': ({ requestId }) => this.#portal.commands.ended(requestId),
    'command.failed': ({ requestId, ...refused }) => this.#portal.commands.ended(requestId, refused),
    'stream.reset': () => void this.#startAnew(),
    'session.ended': ({ reason }) => this.#portal.ended(reason),
  };

  /** The gap cannot be served: the snapshot is taken anew, and the stream from where it stands. */
  async #startAnew(): Promise<void> {
    this.#source.close();
    this.#cursor = undefined;
    await this.#portal.refresh();
    if (!this.#isFollowing && this.#portal.isIn.peek()) setTimeout(() => void this.#startAnew(), 1000);
  }

  /** A connection can die without a sign. After a quiet minute the snapshot is asked; a stream that is behind is renewed. */
  #lookAfterQuiet(): void {
    if (!this.leads.peek() || this.stream.peek().is !== 'live') return;
    if (Date.now() - this.#heardAt < quietMs) return;
    this.#heardAt = Date.now();
    void this.#portal.refresh().then(() => {
      if (this.#cursor !== undefined) this.#follow(this.#cursor);
    });
  }
}
