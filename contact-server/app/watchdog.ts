import type { Logger } from 'pino';
import type { CallbackId, CallId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';
import type { Call } from '../domain/call.ts';
import type { Routing } from '../../routing/index.ts';
import { type Callback, callOf, type Fact } from '../domain/callback.ts';
import type { AuditStore, CallbackRecord, CallbackStore, CallStore } from '../ports/stores.ts';
import type { Telephony } from '../ports/telephony.ts';
import type { CallDesk } from './call-desk.ts';
import { type CallTimes, LOOK_AHEAD_MS } from './call-times.ts';
import type { CallbackDesk } from './callback-desk.ts';
import { isOutage, OutageLog } from './outage.ts';

interface Parts {
  readonly callbacks: CallbackDesk;
  readonly calls: CallDesk;
  readonly callStore: CallStore;
  readonly store: CallbackStore;
  readonly telephony: Telephony;
  readonly routing: Pick<Routing, 'opening'>;
  readonly times: Pick<CallTimes, 'postponed'>;
  readonly audit: AuditStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Compares MongoDB with routing and the telephones. */
  readonly reconcile: () => Promise<void>;
  /** Between two looks at the deadlines. */
  readonly everyMs: number;
  /** Between two comparisons. */
  readonly reconcileMs: number;
}

/** Start goes on without calls that are not adopted yet, when the telephone system is away. */
const ADOPT_MS = 3_000;
const DAY_MS = 24 * 3_600_000;

/**
 * Nothing stays past its deadline: looks for states that did, tells the machine, and says in the audit what it did.
 * Calls that an earlier process left are adopted or ended.
 */
export class Watchdog {
  readonly #parts: Parts;
  readonly #deadlineLog: OutageLog;
  readonly #reconcileLog: OutageLog;
  #isStarted = false;
  #stopped = false;
  #cancel: (() => void)[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#deadlineLog = new OutageLog(parts.log, 'deadlines');
    this.#reconcileLog = new OutageLog(parts.log, 'comparison with routing');
  }

  /** At start, before visitors and agents are let in: calls adopted or ended, lines filled. */
  async recover(): Promise<void> {
    const { clock, log } = this.#parts;
    const adopted = this.#adoptCalls().catch((err: unknown) => log.error({ err }, 'calls not adopted'));
    await new Promise<void>((resolve) => {
      const cancel = clock.after(ADOPT_MS, resolve);
      void adopted.then(() => {
        cancel();
        resolve();
      });
    });
    await this.look();
  }

  /** Something was changed that the comparison looks at: there is no need to wait for the next. */
  hint(): void {
    if (this.#isStarted) void this.look();
  }

  start(): void {
    this.#isStarted = true;
    const { everyMs, reconcileMs, telephony } = this.#parts;
    this.#every(everyMs, () => this.#deadlines());
    this.#every(reconcileMs, () => this.look());
    // Up: who waits may be offered again. Down: nobody may be.
    this.#cancel.push(telephony.onStatus(() => void this.look()));
  }

  stop(): void {
    this.#isStarted = false;
    this.#stopped = true;
    for (const cancel of this.#cancel) cancel();
  }

  /** One comparison; an outage is told once and made up for at the next. */
  async look(): Promise<void> {
    try {
      await this.#parts.reconcile();
      this.#reconcileLog.worked();
    } catch (err) {
      this.#reconcileLog.failed(err);
    }
  }

  #every(ms: number, work: () => Promise<void>): void {
    const { clock } = this.#parts;
    const again = (): void => {
      if (this.#stopped) return;
      const cancel = clock.after(ms, () => {
        this.#cancel = this.#cancel.filter((it) => it !== cancel);
        void work().finally(again);
      });
      this.#cancel.push(cancel);
    };
    again();
  }

  async #deadlines(): Promise<void> {
    const { store, clock } = this.#parts;
    try {
      for (const id of await store.overdue(clock.now(), 100)) {
        const record = await store.find(id);
        if (record) await this.#overdue(record).catch((err: unknown) => this.#notRepaired(id, err));
      }
      this.#deadlineLog.worked();
    } catch (err) {
      this.#deadlineLog.failed(err);
    }
  }

  /** One that nothing helps keeps nobody else waiting; while a store is away nothing helps anybody. */
  #notRepaired(callbackId: CallbackId, err: unknown): void {
    if (isOutage(err)) throw err;
    this.#parts.log.error({ err, callbackId }, 'state past its deadline, and not repaired');
  }

  async #overdue({ callback }: CallbackRecord): Promise<void> {
    const { callbacks, times, audit, clock, log } = this.#parts;
    const { id } = callback;
    const at = clock.now();
    const postponed = await times.postponed(callback);
    if (postponed) {
      await callbacks.note(id, postponed);
      return;
    }
    const keepUntil = callback.phase.state === 'queued' ? await this.#keepUntil(callback, at) : undefined;
    const fact: Fact = { type: 'deadline-passed', at, ...(keepUntil !== undefined && { keepUntil }) };
    const now = await callbacks.note(id, fact);
    const [from, to] = [callback.phase.state, now.callback.phase.state];
    if (now.callback.patience?.isKept && !callback.patience?.isKept) {
      const detail = 'waits for the next opening, since nobody came before closing time';
      await audit.add({ at, who: 'watchdog', what: 'kept', about: id, detail });
    }
    if (from === to) return;
    log.warn({ callbackId: id, from, to }, 'state past its deadline');
    const detail = `${from} was overdue, now ${to}`;
    await audit.add({ at, who: 'watchdog', what: 'deadline', about: id, detail });
  }

  /** Who waits while it is closed has the whole first day of the next opening; nobody is dropped over a weekend. */
  async #keepUntil({ wish }: Callback, at: number): Promise<number | undefined> {
    const { openNow, opensAt } = await this.#parts.routing.opening(wish.service, at);
    if (openNow || opensAt === undefined || opensAt > at + LOOK_AHEAD_MS) return undefined;
    return opensAt + DAY_MS;
  }

  async #adoptCalls(): Promise<void> {
    const { callStore, store } = this.#parts;
    // Looked at before anything new can begin: what is under way here was begun by an earlier process.
    const [live, open] = await Promise.all([callStore.live(), store.open()]);
    const known = new Set<CallId>(live.map((it) => it.id));
    const holders = new Map(open.map((it) => [callOf(it.callback), it]));
    await Promise.all([
      ...live.map((call) => this.#adopt(call, holders.get(call.id))),
      ...open.map((record) => this.#withoutCall(record, known)),
    ]);
  }

  async #adopt(call: Call, holder: CallbackRecord | undefined): Promise<void> {
    const { calls, callbacks, clock } = this.#parts;
    const alive = await calls.adopt(call);
    const phase = holder?.callback.phase;
    const talks = call.talkingSince !== undefined;
    if (alive && holder && talks && phase?.state === 'dialing-customer') {
      // They talk already, and whoever should have said so died.
      await callbacks.note(holder.callback.id, { type: 'customer-joined', at: clock.now(), callId: call.id });
    } else if (alive && phase?.state !== 'connected') {
      // Both phones are up for something that is over, or were never joined: neither side may be left in silence.
      calls.hangUp(call.id, 'lost in a restart');
      await this.#told(call.callbackId, 'call ended: it was not joined before a restart');
      return;
    }
    await this.#told(
      call.callbackId,
      alive ? 'call goes on after a restart' : 'call ended: its phones no longer held it',
    );
  }

  /** It was to ring a phone, or its call had ended, and the process died before that was told. */
  async #withoutCall({ callback }: CallbackRecord, live: ReadonlySet<CallId>): Promise<void> {
    const { callbacks, callStore, clock } = this.#parts;
    const callId = callOf(callback);
    if (callId === undefined || live.has(callId) || callback.phase.state === 'wrap-up') return;
    const ended = (await callStore.find(callId))?.ended;
    const { by, cause } = ended ?? { by: 'server' as const, cause: 'lost in a restart' };
    await callbacks.note(callback.id, { type: 'call-cleared', at: clock.now(), callId, by, cause });
    await this.#told(callback.id, `${callback.phase.state} without a call after a restart`);
  }

  async #told(about: CallbackRecord['callback']['id'], detail: string): Promise<void> {
    const { audit, clock } = this.#parts;
    await audit.add({ at: clock.now(), who: 'watchdog', what: 'repaired', about, detail });
  }
}
