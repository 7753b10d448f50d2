import type { Clock } from '../../../server-kit/clock.ts';
import type { Leg } from '../../ports/telephony.ts';
import { OneAtATime } from './one-at-a-time.ts';
import type { Direction, Sdp } from './sdp.ts';
import { hasMoved, holds } from './sdp.ts';
import type { FarOffer, SipLeg } from './sip-leg.ts';

/** A phone would not take the media it was offered. */
export class MediaRefused extends Error {
  override readonly name = 'MediaRefused';
  readonly side: Leg;
  readonly status: number;

  constructor(side: Leg, status: number) {
    super(`the ${side} leg answered ${status}`);
    this.side = side;
    this.status = status;
  }
}

const GLARE_TRIES = 3;

/**
 * The audio between two phones: each is told of the other by re-INVITE, and sends straight to it.
 * One exchange runs at a time on both legs together; a phone whose own re-INVITE comes meanwhile gets 491 and tries
 * again, as we do when it says so (RFC 3261 section 14.1). Every offer is made from what holds at that moment, so a
 * repeated one is never stale.
 */
export class TalkPath {
  readonly #clock: Clock;
  readonly #agent: SipLeg;
  readonly #customer: SipLeg;
  readonly #tellHold: (by: Leg, held: boolean) => void;
  readonly #exchange = new OneAtATime();
  readonly #commands = new OneAtATime();
  #held = false;

  constructor(clock: Clock, agent: SipLeg, customer: SipLeg, tellHold: (by: Leg, held: boolean) => void) {
    this.#clock = clock;
    this.#agent = agent;
    this.#customer = customer;
    this.#tellHold = tellHold;
  }

  /** The customer has answered our offer of the agent's audio: offers the agent theirs. */
  join(): Promise<void> {
    return this.#commands.run(() => this.#offer(this.#agent, this.#customer));
  }

  /** Tells the customer's phone once more if the agent's moved in its last answer; never a second time. */
  settle(): Promise<void> {
    return this.#commands.run(() => this.#settle());
  }

  /** On: neither phone sends or hears. Off: what their users chose themselves. Gives whether anything changed. */
  hold(on: boolean): Promise<boolean> {
    return this.#commands.run(async () => {
      if (this.#held === on) return false;
      this.#held = on;
      try {
        await this.#agree();
        return true;
      } catch (error) {
        this.#held = !on;
        await this.#agree().catch(() => {}); // the first phone may have agreed already
        throw error;
      }
    });
  }

  /** Passes a phone's own re-INVITE on to the other, and the other's answer back. */
  async relay(from: SipLeg, far: FarOffer): Promise<void> {
    if (this.#exchange.busy) {
      far.answer(491);
      return;
    }
    await this.#exchange.run(async () => {
      if (!far.sdp) await this.#relayRequest(from, far);
      else if (isRepeated(from, far.sdp)) far.answer(200, from.media.said);
      else await this.#relayOffer(from, far.sdp, far);
    });
  }

  async #relayOffer(from: SipLeg, offer: Sdp, far: FarOffer): Promise<void> {
    const to = this.#other(from);
    const heldBefore = holds(from.media.wants);
    const forget = from.media.take(offer);
    const status = await to.offer(offer, this.#directionOf(from)).catch(() => 480);
    const { remote } = to.media;
    if (status !== 200 || !remote) {
      forget();
      far.answer(status === 491 ? 491 : 488);
      return;
    }
    far.answer(200, from.media.say(remote, this.#held ? 'inactive' : remote.direction, offer.others));
    if (holds(offer.direction) !== heldBefore) this.#tellHold(from.side, !heldBefore);
  }

  /** A re-INVITE without an offer gets the full one of the other phone (RFC 3261 section 14.2). */
  async #relayRequest(from: SipLeg, far: FarOffer): Promise<void> {
    const to = this.#other(from);
    const { remote: sends, told } = to.media;
    if (!sends) {
      far.answer(488);
      return;
    }
    if (!(await from.answerWithOffer(far, sends, this.#directionOf(to)))) return;
    const { remote: now } = from.media;
    if (now && told && hasMoved(told, now, sends)) await to.offer(now, this.#directionOf(from));
  }

  async #agree(): Promise<void> {
    if (!this.#agent.media.remote || !this.#customer.media.remote) {
      await this.#exchange.run(() => this.#introduce());
      return;
    }
    await this.#offer(this.#customer, this.#agent);
    await this.#offer(this.#agent, this.#customer);
    await this.#settle();
  }

  /** After a restart nobody remembers the media: the agent's phone is asked, and the customer's answer goes in the ACK. */
  async #introduce(): Promise<void> {
    const acknowledge = await this.#agent.askOffer();
    if (typeof acknowledge === 'number') throw new MediaRefused('agent', acknowledge);
    const { remote } = this.#agent.media;
    if (!remote) return;
    const status = await this.#customer.offer(remote, this.#directionOf(this.#agent)).catch(() => 480);
    const answer = this.#customer.media.remote ?? { ...remote, port: 0 };
    acknowledge(answer, status === 200 && !this.#held ? answer.direction : 'inactive');
    if (status !== 200) throw new MediaRefused('customer', status);
  }

  async #settle(): Promise<void> {
    const { told, remote: sends } = this.#customer.media;
    const { remote: now, wants } = this.#agent.media;
    if (!told || !sends || !now) return;
    const muted = wants !== 'sendrecv' && !this.#held;
    if (hasMoved(told, now, sends) || muted) await this.#offer(this.#customer, this.#agent);
    if (muted && holds(wants)) this.#tellHold('agent', true);
  }

  async #offer(to: SipLeg, from: SipLeg): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const status = await this.#exchange.run(() => {
        if (!from.media.remote) throw new MediaRefused(from.side, 488);
        return to.offer(from.media.remote, this.#directionOf(from));
      });
      if (status === 200) return;
      if (status !== 491 || tries === GLARE_TRIES) throw new MediaRefused(to.side, status);
      // we made the dialog, so ours is the longer wait (RFC 3261 section 14.1)
      await this.#pause(2_100 + Math.random() * 1_900);
    }
  }

  #directionOf(from: SipLeg): Direction {
    return this.#held ? 'inactive' : from.media.wants;
  }

  #other(leg: SipLeg): SipLeg {
    return leg === this.#agent ? this.#customer : this.#agent;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(ms, resolve));
  }
}

/** Same session and version: a refresh, not a change (RFC 3264 section 8). */
function isRepeated(leg: SipLeg, offer: Sdp): boolean {
  const { remote } = leg.media;
  return remote?.session === offer.session && remote.version === offer.version;
}
