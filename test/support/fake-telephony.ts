import type { CallId } from '../../contracts/ids.ts';
import type {
  AgentLegPlan,
  CallFact,
  CustomerLegPlan,
  Leg,
  LegFailure,
  StoredLeg,
  Telephony,
} from '../../contact-server/ports/telephony.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { systemClock } from '../../server-kit/clock.ts';
import { Mailbox } from './mailbox.ts';

type Untimed<F> = F extends CallFact ? Omit<F, 'at'> : never;
type Phase = 'idle' | 'ringing' | 'up' | 'over';

/** One call of the fake, worked by the test; the facts follow each word at once. */
export class FakeCall {
  readonly id: CallId;
  readonly agentPlan: AgentLegPlan | undefined;
  /** Of the customer that was dialled last. */
  customerPlan: CustomerLegPlan | undefined;
  readonly #clock: Clock;
  readonly #tellOut: (fact: CallFact) => void;
  readonly #phases: Record<Leg, Phase> = { agent: 'idle', customer: 'idle' };
  readonly #timers: Partial<Record<Leg | 'talk', () => void>> = {};
  readonly #held = new Set<Leg | 'desk'>();
  #cleared = false;
  #dials = 0;

  constructor(clock: Clock, id: CallId, tell: (fact: CallFact) => void, agentPlan?: AgentLegPlan) {
    this.#clock = clock;
    this.#tellOut = tell;
    this.id = id;
    this.agentPlan = agentPlan;
  }

  get isCleared(): boolean {
    return this.#cleared;
  }

  /** Both are on the line and nobody holds. */
  get isHeard(): boolean {
    return this.isTalking && this.#held.size === 0;
  }

  get isTalking(): boolean {
    return this.#phases.agent === 'up' && this.#phases.customer === 'up';
  }

  phase(leg: Leg): Phase {
    return this.#phases[leg];
  }

  agentRings(): void {
    this.#rings('agent');
  }

  agentAnswers(): void {
    if (!this.#answers('agent')) return;
    this.#tell({ type: 'established', leg: 'agent' });
  }

  agentFails(outcome: LegFailure, detail = 'fake'): void {
    this.#fails('agent', outcome, detail);
  }

  agentHangsUp(): void {
    if (this.#phases.agent === 'up') this.clear('agent', 'hung up');
  }

  customerRings(): void {
    this.#rings('customer');
  }

  /** The customer answers, and both are joined. */
  customerAnswers(): void {
    if (!this.#answers('customer')) return;
    this.#tell({ type: 'established', leg: 'customer' });
    this.#timers.talk = this.#clock.after(this.customerPlan?.maxTalkMs ?? 0, () =>
      this.clear('server', 'max-talk'),
    );
    this.#tell({ type: 'joined' });
  }

  customerFails(outcome: LegFailure, detail = 'fake'): void {
    this.#fails('customer', outcome, detail);
  }

  customerHangsUp(): void {
    if (this.#phases.customer === 'up') this.clear('customer', 'hung up');
  }

  /** Somebody holds or retrieves on the phone itself. */
  partyHolds(leg: Leg, on: boolean): void {
    if (this.isTalking && this.#held.has(leg) !== on) this.#hold(leg, leg, on);
  }

  /** What `originated` says of a leg. */
  stored(leg: Leg): StoredLeg {
    const name = leg === 'agent' ? `${this.id}-agent` : `${this.id}-customer-${this.#dials}`;
    return { leg, sipCallId: name, dialogId: `${name};from-tag=fake`, server: 'fake' };
  }

  start(leg: Leg, ringMs: number): void {
    if (leg === 'customer') this.#dials += 1;
    this.#phases[leg] = 'ringing';
    this.#timers[leg] = this.#clock.after(ringMs, () => this.#fails(leg, 'no-answer', 'ring timer'));
    this.#tell({ type: 'originated', leg, stored: this.stored(leg) });
  }

  /** As if an earlier process had left it talking. */
  takeOver(): void {
    this.#phases.agent = 'up';
    this.#phases.customer = 'up';
  }

  deskHolds(on: boolean): void {
    if (this.isTalking && this.#held.has('desk') !== on) this.#hold('desk', 'agent', on);
  }

  /** A leg that cannot be tried. */
  refuse(leg: Leg, outcome: LegFailure, detail: string): void {
    this.#tell({ type: 'failed', leg, outcome, detail });
    if (leg === 'agent') this.clear('server', outcome);
  }

  clear(by: Leg | 'server', cause: string): void {
    if (this.#cleared) return;
    for (const leg of ['customer', 'agent'] as const) {
      if (this.#phases[leg] !== 'ringing') continue;
      this.#stop(leg);
      this.#tell({
        type: 'failed',
        leg,
        outcome: by === 'agent' ? 'agent-lost' : 'cancelled',
        detail: cause,
      });
    }
    this.forget();
    this.#tell({ type: 'cleared', by, cause });
    this.#cleared = true;
  }

  /** Tells nothing any more. */
  forget(): void {
    this.#stop('agent');
    this.#stop('customer');
    this.#timers.talk?.();
  }

  #hold(who: Leg | 'desk', by: Leg, on: boolean): void {
    const holds = (): boolean => this.#held.has(by) || (by === 'agent' && this.#held.has('desk'));
    const before = holds();
    if (on) this.#held.add(who);
    else this.#held.delete(who);
    if (holds() !== before) this.#tell({ type: on ? 'held' : 'retrieved', by });
  }

  #rings(leg: Leg): void {
    if (this.#phases[leg] === 'ringing') this.#tell({ type: 'delivered', leg });
  }

  #answers(leg: Leg): boolean {
    if (this.#phases[leg] !== 'ringing') return false;
    this.#timers[leg]?.();
    this.#phases[leg] = 'up';
    return true;
  }

  #fails(leg: Leg, outcome: LegFailure, detail: string): void {
    if (this.#phases[leg] !== 'ringing') return;
    this.#stop(leg);
    this.#tell({ type: 'failed', leg, outcome, detail });
    if (leg === 'customer') this.#phases.customer = 'idle';
    else this.clear(outcome === 'busy' || outcome === 'rejected' ? 'agent' : 'server', outcome);
  }

  #stop(leg: Leg): void {
    this.#timers[leg]?.();
    this.#phases[leg] = 'over';
  }

  #tell(fact: Untimed<CallFact>): void {
    if (!this.#cleared) this.#tellOut({ ...fact, at: this.#clock.now() });
  }
}

/** A telephone system without telephones: it keeps the port's promises, and the test works every call by hand. */
export class FakeTelephony implements Telephony {
  /** Every call of `ringAgent`, in order. */
  readonly rung = new Mailbox<FakeCall>();
  /** Every dial of a customer, in order. */
  readonly dialled = new Mailbox<FakeCall>();
  readonly calls = new Map<CallId, FakeCall>();
  /** Extensions without a phone. */
  readonly missing = new Set<string>();
  /** Calls whose parties are still talking after a restart. */
  readonly survivors = new Set<CallId>();
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #up = true;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  ringAgent(callId: CallId, plan: AgentLegPlan, tell: (fact: CallFact) => void): void {
    if (this.calls.has(callId)) return;
    const call = this.#open(callId, tell, plan);
    if (!this.#up) call.refuse('agent', 'agent-lost', 'SIP server is down');
    else if (this.missing.has(plan.extension)) call.refuse('agent', 'agent-lost', 'phone is not registered');
    else {
      call.start('agent', plan.ringMs);
      this.rung.put(call);
    }
  }

  dialCustomer(callId: CallId, plan: CustomerLegPlan): void {
    const call = this.#live(callId);
    if (call?.phase('customer') !== 'idle') return;
    call.customerPlan = plan;
    if (call.phase('agent') !== 'up') {
      call.refuse('customer', 'agent-lost', 'the agent is not connected');
      return;
    }
    call.start('customer', plan.ringMs);
    this.dialled.put(call);
  }

  hold(callId: CallId): Promise<void> {
    this.#live(callId)?.deskHolds(true);
    return Promise.resolve();
  }

  retrieve(callId: CallId): Promise<void> {
    this.#live(callId)?.deskHolds(false);
    return Promise.resolve();
  }

  hangUp(callId: CallId, cause: string, by: 'agent' | 'server' = 'server'): void {
    this.#live(callId)?.clear(by, cause);
  }

  adopt(callId: CallId, legs: readonly StoredLeg[], tell: (fact: CallFact) => void): Promise<boolean> {
    if (!this.survivors.has(callId) || legs.length < 2) return Promise.resolve(false);
    this.#open(callId, tell).takeOver();
    return Promise.resolve(true);
  }

  status(): { readonly up: boolean; readonly detail?: string } {
    return this.#up ? { up: true } : { up: false, detail: 'the test took it down' };
  }

  onStatus(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The SIP server dies: calls in progress are told lost when it is back, as they are then found gone. */
  goesDown(): void {
    this.#up = false;
    for (const listener of [...this.#listeners]) listener();
  }

  comesBack(): void {
    this.#up = true;
    for (const call of this.calls.values()) call.clear('server', 'sip-link-lost');
    for (const listener of [...this.#listeners]) listener();
  }

  /** Ends all timers. */
  close(): void {
    for (const call of this.calls.values()) call.forget();
  }

  #live(callId: CallId): FakeCall | undefined {
    const call = this.calls.get(callId);
    if (call?.isCleared) return undefined;
    return call;
  }

  #open(callId: CallId, tell: (fact: CallFact) => void, plan?: AgentLegPlan): FakeCall {
    const call = new FakeCall(this.#clock, callId, tell, plan);
    this.calls.set(callId, call);
    return call;
  }
}
