import type { Logger } from 'pino';
import type { CallCommand, CallEventName } from '../../contracts/agent.ts';
import type { AgentId, CallbackId, CallId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { allowedNow, type Call, type CallNews, hear, newCall } from '../domain/call.ts';
import type { Fact } from '../domain/callback.ts';
import type { AgentStreams, Hints } from '../ports/hints.ts';
import type { CallStore } from '../ports/stores.ts';
import type { AgentLegPlan, CallFact, CustomerLegPlan, Telephony } from '../ports/telephony.ts';
import { isOutage } from './outage.ts';
import { Serial } from './serial.ts';

interface Parts {
  readonly calls: CallStore;
  readonly telephony: Telephony;
  readonly streams: AgentStreams;
  readonly hints: Hints;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Where facts about a call go when they mean something for its callback. */
export type TellCallback = (id: CallbackId, fact: Fact) => Promise<unknown>;

/** Keeps the calls: what the phones say is stored, shown to the agent, and told to the callback, in that order. */
export class CallDesk {
  readonly #parts: Parts;
  readonly #serial = new Serial();
  #stopped = false;
  #tell: TellCallback = () => Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  use(tell: TellCallback): void {
    this.#tell = tell;
  }

  /** Rings the agent's phone; the caller has passed the fenced step. */
  async ringAgent(
    callId: CallId,
    callbackId: CallbackId,
    plan: AgentLegPlan,
    callerId: string,
  ): Promise<void> {
    const { calls, telephony, clock } = this.#parts;
    await calls.put({ ...newCall(callId, callbackId, plan.agentId, clock.now()), callerId });
    telephony.ringAgent(callId, plan, (fact) => this.#hear(callId, fact));
  }

  dialCustomer(callId: CallId, plan: CustomerLegPlan): void {
    this.#parts.telephony.dialCustomer(callId, plan);
  }

  hangUp(callId: CallId, cause: string): void {
    this.#parts.telephony.hangUp(callId, cause);
  }

  /** A command of the agent whose call it is. Throws `not-found`, `not-now`. */
  async command(agentId: AgentId, callId: CallId, command: CallCommand): Promise<void> {
    const call = await this.#parts.calls.find(callId);
    if (call?.agentId !== agentId) throw new ProblemError('not-found');
    if (!allowedNow(call).includes(command)) {
      throw new ProblemError('not-now', { detail: `The call cannot be ${wordFor[command]} now.` });
    }
    const { telephony } = this.#parts;
    if (command === 'hold') await telephony.hold(callId);
    else if (command === 'retrieve') await telephony.retrieve(callId);
    else telephony.hangUp(callId, 'from the desk', 'agent');
  }

  /** After a restart: the call goes on if both phones still hold it; else it is ended. True when it goes on. */
  async adopt(call: Call): Promise<boolean> {
    const { calls, telephony } = this.#parts;
    const legs = await calls.legs(call.id);
    const alive = await telephony.adopt(call.id, legs, (fact) => this.#hear(call.id, fact));
    if (!alive) {
      const at = this.#parts.clock.now();
      const lost = { type: 'cleared', by: 'server', cause: 'lost in a restart', at } as const;
      this.#hear(call.id, lost).catch(() => {});
    }
    return alive;
  }

  find(callId: CallId): Promise<Call | undefined> {
    return this.#parts.calls.find(callId);
  }

  /** What is not stored by now will be found out by the next process. */
  idle(): Promise<void> {
    this.#stopped = true;
    return this.#serial.idle();
  }

  /** Resolves once it is stored, whoever is told of it after that; rejects where it cannot be, which is logged here. */
  #hear(callId: CallId, fact: CallFact): Promise<void> {
    let stored = (): void => {};
    const isStored = new Promise<void>((resolve) => (stored = resolve));
    const taken = this.#serial.run(callId, () => this.#untilTaken(callId, fact, stored));
    taken.catch((err: unknown) => this.#parts.log.error({ err, callId, fact: fact.type }, 'call fact lost'));
    return Promise.race([isStored, taken]);
  }

  /** No phone says a thing twice: while a store is away, what was said waits, in its order. */
  async #untilTaken(callId: CallId, fact: CallFact, stored: () => void): Promise<void> {
    const { clock, log } = this.#parts;
    for (let wait = 100; ; wait = Math.min(wait * 2, 2_000)) {
      try {
        await this.#take(callId, fact, stored);
        return;
      } catch (err) {
        if (!isOutage(err) || this.#stopped) throw err;
        if (wait === 100) log.warn({ callId, fact: fact.type }, 'call fact waits for a store');
      }
      await new Promise<void>((resolve) => clock.after(wait, resolve));
    }
  }

  async #take(callId: CallId, fact: CallFact, stored: () => void): Promise<void> {
    const { calls, streams, hints, log } = this.#parts;
    const before = await calls.find(callId);
    // Of a call that has ended only its end is told again: whoever told it may have died before the callback knew.
    if (!before || (before.ended && fact.type !== 'cleared')) return;
    const now = hear(before, newsOf(fact));
    await calls.put(now, 'stored' in fact ? fact.stored : undefined);
    stored();
    log.debug({ callId, fact: fact.type }, 'call moved');
    const name = eventFor(fact);
    if (name) {
      const { agentId, callbackId } = now;
      await streams.add(agentId, 'call.event', { name, callId, callbackId, at: fact.at, ...details(fact) });
    }
    hints.give({ about: 'callback', id: now.callbackId });
    const told = factFor(callId, fact);
    if (told) await this.#tell(now.callbackId, told);
  }
}

const wordFor: Readonly<Record<CallCommand, string>> = {
  hold: 'held',
  retrieve: 'retrieved',
  drop: 'dropped',
};

function newsOf(fact: CallFact): CallNews {
  return fact.type === 'failed' ? { type: 'failed', leg: fact.leg, at: fact.at, detail: fact.detail } : fact;
}

function details(fact: CallFact): Record<string, unknown> {
  switch (fact.type) {
    case 'originated':
    case 'delivered':
    case 'established':
      return { leg: fact.leg };
    case 'failed':
      return { leg: fact.leg, cause: lostBySip(fact.detail) ? 'sip-link-lost' : fact.outcome };
    case 'held':
    case 'retrieved':
      return { leg: fact.by, by: fact.by };
    case 'cleared':
      return { by: fact.by, cause: fact.cause };
    case 'joined':
      return {};
  }
}

/** The SIP server went away with it: a phone that was in it has not been told, and is in it still. */
function lostBySip(detail: string): boolean {
  return detail.includes('sip-link-lost');
}

/** The field's name for it (CSTA); the agent's own leg and the joining are one `established`. */
function eventFor(fact: CallFact): CallEventName | undefined {
  switch (fact.type) {
    case 'originated':
      return 'call.originated';
    case 'delivered':
      return 'call.delivered';
    case 'established':
      return 'call.established';
    case 'joined':
      return undefined;
    case 'held':
      return 'call.held';
    case 'retrieved':
      return 'call.retrieved';
    case 'failed':
      return 'call.failed';
    case 'cleared':
      return 'call.cleared';
  }
}

/** What the call's news means for the callback. */
function factFor(callId: CallId, fact: CallFact): Fact | undefined {
  const { at } = fact;
  switch (fact.type) {
    case 'delivered':
      return fact.leg === 'customer' ? { type: 'customer-ringing', at, callId } : undefined;
    case 'established':
      return fact.leg === 'agent' ? { type: 'agent-answered', at, callId } : undefined;
    case 'joined':
      return { type: 'customer-joined', at, callId };
    case 'failed':
      if (fact.leg === 'agent' || fact.outcome === 'agent-lost') {
        const isOurs = lostBySip(fact.detail) || fact.detail === 'SIP server is down';
        const ours = isOurs && { ours: true as const };
        return { type: 'agent-failed', at, callId, detail: `${fact.outcome} ${fact.detail}`, ...ours };
      }
      return { type: 'customer-failed', at, callId, outcome: fact.outcome, detail: fact.detail };
    case 'cleared':
      return { type: 'call-cleared', at, callId, by: fact.by, cause: fact.cause };
    case 'originated':
    case 'held':
    case 'retrieved':
      return undefined;
  }
}
