import type { Logger } from 'pino';
import type { Clock } from '../../../server-kit/clock.ts';
import type { CallId } from '../../../contracts/ids.ts';
import type { CallFact, Leg, StoredLeg, TellCall } from '../../ports/telephony.ts';
import type { Failure } from './outcome.ts';
import type { Sdp } from './sdp.ts';
import { silentSdp } from './sdp.ts';
import { endStored, SipLeg } from './sip-leg.ts';
import type { LegTarget } from './sip-leg.ts';
import type { SipLink } from './sip-link.ts';
import { TalkPath } from './talk-path.ts';

export interface CallSurroundings {
  readonly link: SipLink;
  readonly clock: Clock;
  readonly log: Logger;
  /** How often both phones of a talking call are asked whether they still are. */
  readonly guardMs: number;
  /** The same for a call whose SIP server may not tell us of a hang-up, because another connection set it up. */
  readonly adoptedGuardMs: number;
}

export interface CustomerDial {
  readonly target: LegTarget;
  readonly maxTalkMs: number;
  /** Called once when the customer's leg is over, however it ended. */
  readonly release: () => void;
}

type Untimed<F> = F extends CallFact ? Omit<F, 'at'> : never;

/**
 * One call: the agent's leg first, then the customer's, joined when both have answered.
 * Tells facts in order, and one `cleared` when nothing is left; whatever comes later changes nothing.
 */
export class Call {
  readonly id: CallId;
  readonly #around: CallSurroundings;
  readonly #tellOut: TellCall;
  readonly #onCleared: () => void;
  #agent: SipLeg | undefined;
  #customer: SipLeg | undefined;
  #path: TalkPath | undefined;
  #release = (): void => {};
  readonly #holding = new Set<string>();
  #ending: { by: Leg | 'server'; cause: string } | undefined;
  #cleared = false;
  #stopTalk = (): void => {};
  #stopGuard = (): void => {};
  #guardMs: number;
  /** Until the legs that begin have begun, or never will. */
  #beginning: Promise<void> = Promise.resolve();

  constructor(around: CallSurroundings, id: CallId, tell: TellCall, onCleared: () => void) {
    this.#around = around;
    this.#guardMs = around.guardMs;
    this.id = id;
    this.#tellOut = tell;
    this.#onCleared = onCleared;
  }

  get isEnding(): boolean {
    return this.#ending !== undefined;
  }

  get hasCustomer(): boolean {
    return this.#customer !== undefined;
  }

  /** A leg that could not even be tried. */
  cannot(leg: Leg, failure: Failure): void {
    this.#tell({ type: 'failed', leg, ...failure });
    if (leg === 'agent') this.#finish('server', failure.outcome);
  }

  ringAgent(target: LegTarget): void {
    const leg = this.#makeLeg('agent', {
      answered: () => this.#tell({ type: 'established', leg: 'agent' }),
      failed: (failure) => {
        this.#tell({ type: 'failed', leg: 'agent', ...failure });
        const byAgent = failure.outcome === 'busy' || failure.outcome === 'rejected';
        this.#finish(byAgent ? 'agent' : 'server', failure.outcome);
      },
    });
    this.#agent = leg;
    this.#begin(leg, target, silentSdp(this.#around.link.localAddress));
  }

  dialCustomer({ target, maxTalkMs, release }: CustomerDial): void {
    const offer = this.#agent?.media.remote;
    if (!offer) {
      release();
      this.cannot('customer', { outcome: 'agent-lost', detail: 'the agent is not connected' });
      return;
    }
    this.#release = once(release);
    const leg = this.#makeLeg('customer', {
      answered: () => {
        this.#tell({ type: 'established', leg: 'customer' });
        this.#stopTalk = this.#around.clock.after(maxTalkMs, () => this.#finish('server', 'max-talk'));
        void this.#join();
      },
      failed: (failure) => {
        this.#customer = undefined;
        this.#release();
        this.#tell({ type: 'failed', leg: 'customer', ...failure });
      },
    });
    this.#customer = leg;
    this.#begin(leg, target, { ...offer, direction: 'sendrecv' });
  }

  #begin(leg: SipLeg, target: LegTarget, offer: Sdp): void {
    const begun = this.#start(leg, target, offer);
    this.#beginning = this.#beginning.then(() => begun);
  }

  /** What rings and is written down nowhere would ring on when this process dies: it rings only once that is done. */
  async #start(leg: SipLeg, target: LegTarget, offer: Sdp): Promise<void> {
    const { clock } = this.#around;
    const begun = clock.now();
    const isKept = await this.#told({ type: 'originated', leg: leg.side, stored: leg.stored });
    if (this.#cleared) return;
    // whoever was told of the leg hung up at once
    if (leg.isOver) this.#tell({ type: 'failed', leg: leg.side, outcome: 'cancelled', detail: 'not sent' });
    else if (!isKept || clock.now() - begun > target.ringMs) leg.fail('not sent');
    else leg.invite(target, offer);
  }

  /** Holds or retrieves for the agent. Throws if a phone will not. */
  async hold(on: boolean): Promise<void> {
    if (!this.#path || this.#ending) return;
    try {
      if (await this.#path.hold(on)) this.#tellHold('agent', 'desk', on);
    } catch (error) {
      if (!this.isEnding) throw error; // it ended meanwhile: there is nothing to hold
    }
  }

  hangUp(cause: string, by: 'agent' | 'server'): void {
    this.#finish(by, cause);
  }

  /** The process leaves: nothing is told any more, and parties who talk go on talking. */
  abandon(): void {
    this.#cleared = true;
    this.#ending ??= { by: 'server', cause: 'abandoned' };
    this.#stopTalk();
    this.#stopGuard();
    this.#agent?.abandon();
    this.#customer?.abandon();
  }

  /** Takes over what an earlier process left, if both parties are still there; else ends what is left. */
  async adopt(stored: readonly StoredLeg[], maxTalkMs: number): Promise<boolean> {
    const { link, clock } = this.#around;
    const legs = stored.map((one) => this.#makeLeg(one.leg, {}, one));
    const states = await this.#probe(legs);
    const [agent, customer] = [
      legs.find((it) => it.side === 'agent'),
      legs.find((it) => it.side === 'customer'),
    ];
    const alive = states.every((state) => state === 'alive') && legs.every((leg) => leg.isUp);
    if (!alive || !agent || !customer || legs.length !== 2) {
      for (const leg of legs) leg.bury();
      // Only then is it over: if we die before, the next process does it.
      await Promise.all(stored.map((one) => endStored(link, one)));
      return false;
    }
    this.#agent = agent;
    this.#customer = customer;
    this.#path = this.#makePath(agent, customer);
    this.#guardMs = this.#around.adoptedGuardMs;
    this.#stopTalk = clock.after(maxTalkMs, () => this.#finish('server', 'max-talk'));
    this.#guard();
    return true;
  }

  /** The SIP server is back: is the call? It may have been another server's, or a restarted one that knows nothing. */
  async checkAfterLinkLoss(): Promise<void> {
    this.#guardMs = this.#around.adoptedGuardMs;
    if (await this.#isDead()) this.#finish('server', 'sip-link-lost');
    else if (this.#path) this.#guard();
  }

  #makeLeg(
    side: Leg,
    on: { answered?(): void; failed?(failure: Failure): void },
    stored?: StoredLeg,
  ): SipLeg {
    const leg: SipLeg = new SipLeg(
      this.#around.link,
      this.#around.clock,
      side,
      {
        ringing: (one) => this.#tell({ type: 'delivered', leg: side, stored: one }),
        answered: () => on.answered?.(),
        failed: (failure) => on.failed?.(failure),
        gone: (cause) => this.#finish(side, cause),
        offered: (far) => {
          if (this.#path) void this.#relay(this.#path, leg, far);
          else if (far.sdp) far.answer(200, leg.media.saySilence(far.sdp));
          else far.answer(488);
        },
      },
      stored,
    );
    return leg;
  }

  #makePath(agent: SipLeg, customer: SipLeg): TalkPath {
    return new TalkPath(this.#around.clock, agent, customer, (by, held) => {
      this.#tellHold(by, 'phone', held);
    });
  }

  /** A side holds while its phone or, for the agent, its desk does: what counts is the first and the last of them. */
  #tellHold(by: Leg, where: 'desk' | 'phone', on: boolean): void {
    const before = this.#holds(by);
    if (on) this.#holding.add(`${by} ${where}`);
    else this.#holding.delete(`${by} ${where}`);
    if (this.#holds(by) !== before) this.#tell({ type: on ? 'held' : 'retrieved', by });
  }

  #holds(by: Leg): boolean {
    return this.#holding.has(`${by} desk`) || this.#holding.has(`${by} phone`);
  }

  async #relay(path: TalkPath, leg: SipLeg, far: Parameters<TalkPath['relay']>[1]): Promise<void> {
    try {
      await path.relay(leg, far);
    } catch (err) {
      this.#around.log.warn({ err, callId: this.id }, 'a phone could not change its media');
    }
  }

  async #join(): Promise<void> {
    if (!this.#agent || !this.#customer) return;
    const path = this.#makePath(this.#agent, this.#customer);
    this.#path = path;
    try {
      await path.join();
    } catch (err) {
      if (!this.#ending) this.#around.log.warn({ err, callId: this.id }, 'the parties could not be joined');
      this.#finish('server', 'not-joined');
    }
    if (this.#ending) return;
    this.#tell({ type: 'joined' });
    this.#guard();
    await path.settle().catch((err: unknown) => {
      // the customer's phone keeps to what it was told before, which most phones still take
      this.#around.log.warn({ err, callId: this.id }, 'the customer’s phone did not take a change');
    });
  }

  #guard(): void {
    this.#stopGuard();
    this.#stopGuard = this.#around.clock.after(this.#guardMs, () => {
      void this.#isDead().then((dead) => {
        if (dead) this.#finish('server', 'leg-lost');
        else if (!this.#ending) this.#guard();
      });
    });
  }

  /** Asks until the link to the SIP server lets the answers through. */
  async #probe(legs: readonly SipLeg[]): Promise<readonly ('alive' | 'dead')[]> {
    for (;;) {
      await new Promise<void>((resolve) => void this.#around.link.whenUp(resolve));
      const states = await Promise.all(legs.map((leg) => leg.probe()));
      const known = states.filter((state) => state !== 'unknown');
      if (known.length === states.length) return known;
    }
  }

  /** Buries the legs that are dead, and says whether there was one. */
  async #isDead(): Promise<boolean> {
    const legs = [this.#agent, this.#customer].filter((leg) => leg?.isUp) as SipLeg[];
    const states = await Promise.all(legs.map((leg) => leg.probe()));
    for (const [index, state] of states.entries()) if (state === 'dead') legs[index]?.bury();
    return states.includes('dead');
  }

  #finish(by: Leg | 'server', cause: string): void {
    if (this.#ending) return;
    this.#ending = { by, cause };
    this.#stopTalk();
    this.#stopGuard();
    const lost = by === 'agent' ? 'agent-lost' : 'cancelled';
    const why: Failure = { outcome: lost, detail: cause };
    const legs = [this.#customer, this.#agent].filter((leg) => leg !== undefined);
    void Promise.all([...legs.map((leg) => leg.end(why)), this.#beginning]).then(() => {
      this.#release();
      this.#tell({ type: 'cleared', by, cause });
      this.#cleared = true;
      this.#onCleared();
    });
  }

  #tell(fact: Untimed<CallFact>): void {
    void this.#told(fact);
  }

  /** Tells a fact, and resolves to whether it was taken. */
  async #told(fact: Untimed<CallFact>): Promise<boolean> {
    if (this.#cleared) return false;
    try {
      await this.#tellOut({ ...fact, at: this.#around.clock.now() });
      return true;
    } catch (err) {
      this.#around.log.error({ err, callId: this.id, fact: fact.type }, 'nobody took a fact');
      return false;
    }
  }
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (!done) run();
    done = true;
  };
}
