import assert from 'node:assert/strict';
import type { AgentId, CallId } from '../../contracts/ids.ts';
import type { AttemptOutcome } from '../../contracts/states.ts';
import type {
  AgentLegPlan,
  CallFact,
  CustomerLegPlan,
  Leg,
  Telephony,
} from '../../contact-server/ports/telephony.ts';
import { Mailbox } from '../support/mailbox.ts';

/** One party of a call, worked by the test: a person with a phone. */
export interface Party {
  /** Resolves when the phone rings. */
  rings(): Promise<void>;
  answers(): Promise<void>;
  /** Refuses while it rings; the network's word for it is `busy` or `rejected`. */
  refuses(as: 'busy' | 'rejected'): Promise<void>;
  hangsUp(): Promise<void>;
  holds(): Promise<void>;
  retrieves(): Promise<void>;
  /** Resolves when the other party is heard. */
  hears(): Promise<void>;
  hearsNothing(): Promise<void>;
  /** Resolves when the phone is quiet again, with nothing ringing and nobody on the line. */
  isFree(): Promise<void>;
  /** How often the phone has been rung. */
  readonly timesRung: number;
}

/** A telephony under test, an agent and a customer. */
export interface TelephonyRig {
  readonly telephony: Telephony;
  readonly agent: Party;
  readonly customer: Party;
  /** The extension of a phone that is not there. */
  readonly missingExtension: string;
  readonly extension: string;
  readonly number: string;
  readonly trunkId: string;
  readonly callerId: string;
  close(): Promise<void>;
}

const LONG_MS = 20_000;
const SHORT_MS = 150;

/** What a call needs to know of a rig to be made; its parties only where the test goes through them. */
type CallRig = Omit<TelephonyRig, 'agent' | 'customer' | 'close' | 'missingExtension'> &
  Partial<Pick<TelephonyRig, 'agent' | 'customer'>>;

/** One call as the test sees it. */
export class WatchedCall {
  readonly id: CallId;
  readonly facts: CallFact[] = [];
  readonly #rig: CallRig;
  readonly #box = new Mailbox<CallFact>();

  constructor(rig: CallRig, id: string = crypto.randomUUID()) {
    this.#rig = rig;
    this.id = id as CallId;
  }

  readonly tell = (fact: CallFact): void => {
    this.facts.push(fact);
    this.#box.put(fact);
  };

  ringAgent(more: Partial<AgentLegPlan> = {}): void {
    const { extension } = this.#rig;
    const plan = { agentId: 'ana' as AgentId, extension, display: 'Callback for Maria', ringMs: LONG_MS };
    this.#rig.telephony.ringAgent(this.id, { ...plan, ...more }, this.tell);
  }

  dialCustomer(more: Partial<CustomerLegPlan> = {}): void {
    const { number, trunkId, callerId } = this.#rig;
    const plan = { number, trunkId, callerId, ringMs: LONG_MS, maxTalkMs: 60_000 };
    this.#rig.telephony.dialCustomer(this.id, { ...plan, ...more });
  }

  /** The next fact, which must be of this type (and leg). */
  async next(words: string): Promise<CallFact> {
    const fact = await this.#box.next();
    assert.equal(wordsOf(fact), words);
    return fact;
  }

  /** The words of the next fact, whatever it is. */
  async nextWords(): Promise<string> {
    return wordsOf(await this.#box.next());
  }

  /** The next facts in this order. */
  async nextAll(...words: string[]): Promise<void> {
    for (const each of words) await this.next(each);
  }

  /** Everything told so far that the test has not read. */
  get unread(): string[] {
    return this.#box.unread.map(wordsOf);
  }

  /** As far as the agent's answer. */
  async toAgent(): Promise<void> {
    this.ringAgent();
    await this.#rig.agent?.rings();
    await this.nextAll('originated agent', 'delivered agent');
    await this.#rig.agent?.answers();
    await this.next('established agent');
  }

  /** As far as the ringing customer. */
  async toCustomer(more: Partial<CustomerLegPlan> = {}): Promise<void> {
    await this.toAgent();
    this.dialCustomer(more);
    await this.#rig.customer?.rings();
    await this.nextAll('originated customer', 'delivered customer');
  }

  /** As far as both talking. */
  async toTalking(more: Partial<CustomerLegPlan> = {}): Promise<void> {
    await this.toCustomer(more);
    await this.#rig.customer?.answers();
    await this.nextAll('established customer', 'joined');
  }
}

function wordsOf(fact: CallFact): string {
  switch (fact.type) {
    case 'originated':
    case 'delivered':
    case 'established':
      return `${fact.type} ${fact.leg}`;
    case 'failed':
      return `failed ${fact.leg} ${fact.outcome}`;
    case 'held':
    case 'retrieved':
      return `${fact.type} by ${fact.by}`;
    case 'cleared':
      return `cleared by ${fact.by}`;
    case 'joined':
      return 'joined';
  }
}

/** What every telephony promises: see the comments of the port. */
export function keepsTheTelephonyPromises(name: string, open: () => Promise<TelephonyRig>): void {
  describe(`Telephony, ${name}`, () => {
    let rig: TelephonyRig;
    let call: WatchedCall;

    beforeEach(async () => {
      rig = await open();
      call = new WatchedCall(rig);
    });

    afterEach(async () => {
      await rig.close();
    });

    const bothFree = (): Promise<unknown> => Promise.all([rig.agent.isFree(), rig.customer.isFree()]);
    const clearedOnce = (): void => {
      assert.deepEqual(call.unread, []);
      assert.equal(call.facts.filter((fact) => fact.type === 'cleared').length, 1);
    };

    it('rings the agent, then the customer, and they hear each other [TE1]', async () => {
      await call.toTalking();
      await Promise.all([rig.agent.hears(), rig.customer.hears()]);
      assert.deepEqual([rig.agent.timesRung, rig.customer.timesRung], [1, 1]);
      assert.deepEqual(rig.telephony.status(), { up: true });
    });

    it('tells where each leg can be found again before it rings', async () => {
      await call.toTalking();
      const legs = call.facts.filter((fact) => fact.type === 'originated').map(({ stored }) => stored);
      assert.deepEqual(
        legs.map(({ leg }) => leg),
        ['agent', 'customer'],
      );
      assert.equal(new Set(legs.map(({ dialogId }) => dialogId)).size, 2);
    });

    it('keeps the agent silent until the customer is there', async () => {
      await call.toCustomer();
      await rig.agent.hearsNothing();
    });

    it('stops the audio while the call is held, and brings it back [TE2]', async () => {
      await call.toTalking();
      await rig.telephony.hold(call.id);
      await call.next('held by agent');
      await Promise.all([rig.agent.hearsNothing(), rig.customer.hearsNothing()]);
      await rig.telephony.hold(call.id);
      await rig.telephony.retrieve(call.id);
      await call.next('retrieved by agent');
      await Promise.all([rig.agent.hears(), rig.customer.hears()]);
      assert.deepEqual(call.unread, []);
    });

    for (const [side, other] of [
      ['agent', 'customer'],
      ['customer', 'agent'],
    ] as const satisfies readonly (readonly [Leg, Leg])[]) {
      it(`follows the ${side} who holds on the phone itself [TE2]`, async () => {
        await call.toTalking();
        await rig[side].holds();
        await call.next(`held by ${side}`);
        await rig[other].hearsNothing();
        await rig[side].retrieves();
        await call.next(`retrieved by ${side}`);
        await Promise.all([rig.agent.hears(), rig.customer.hears()]);
      });

      it(`ends the call when the ${side} hangs up [TE4]`, async () => {
        await call.toTalking();
        await rig[side].hangsUp();
        await call.next(`cleared by ${side}`);
        await bothFree();
        clearedOnce();
      });
    }

    it('tells one hold of an agent who holds both in the portal and on the phone', async () => {
      await call.toTalking();
      await rig.telephony.hold(call.id);
      await rig.agent.holds();
      await call.next('held by agent');
      await rig.telephony.retrieve(call.id);
      await rig.customer.hearsNothing();
      assert.deepEqual(call.unread, []);
      await rig.agent.retrieves();
      await call.next('retrieved by agent');
      await Promise.all([rig.agent.hears(), rig.customer.hears()]);
    });

    it('hangs up both when told so, once, however often [TE4]', async () => {
      await call.toTalking();
      rig.telephony.hangUp(call.id, 'wrap-up');
      rig.telephony.hangUp(call.id, 'again');
      const cleared = await call.next('cleared by server');
      assert.equal(cleared.type === 'cleared' && cleared.cause, 'wrap-up');
      await bothFree();
      rig.telephony.hangUp(call.id, 'and again');
      clearedOnce();
    });

    it('hangs up for the agent: a customer who was being rung has lost them', async () => {
      await call.toCustomer();
      rig.telephony.hangUp(call.id, 'dropped', 'agent');
      await call.nextAll('failed customer agent-lost', 'cleared by agent');
      await bothFree();
      clearedOnce();
    });

    it('stops ringing the agent [TE5]', async () => {
      call.ringAgent();
      await rig.agent.rings();
      await call.nextAll('originated agent', 'delivered agent');
      rig.telephony.hangUp(call.id, 'cancelled');
      await call.nextAll('failed agent cancelled', 'cleared by server');
      await rig.agent.isFree();
      assert.equal(rig.agent.timesRung, 1);
      clearedOnce();
    });

    it('may be told to hang up before anything has rung', async () => {
      call.ringAgent();
      rig.telephony.hangUp(call.id, 'at once');
      await call.nextAll('originated agent', 'failed agent cancelled', 'cleared by server');
      await rig.agent.isFree();
      clearedOnce();
    });

    it('stops ringing the customer, and lets the agent go [TE5]', async () => {
      await call.toCustomer();
      rig.telephony.hangUp(call.id, 'visitor left');
      await call.nextAll('failed customer cancelled', 'cleared by server');
      await bothFree();
      assert.equal(rig.customer.timesRung, 1);
      clearedOnce();
    });

    it('stops ringing the customer when the agent hangs up', async () => {
      await call.toCustomer();
      await rig.agent.hangsUp();
      await call.nextAll('failed customer agent-lost', 'cleared by agent');
      await bothFree();
      clearedOnce();
    });

    it('gives up on an agent who does not answer', async () => {
      call.ringAgent({ ringMs: SHORT_MS });
      await call.nextAll(
        'originated agent',
        'delivered agent',
        'failed agent no-answer',
        'cleared by server',
      );
      await rig.agent.isFree();
      clearedOnce();
    });

    for (const outcome of ['busy', 'rejected'] as const satisfies readonly AttemptOutcome[]) {
      it(`tells that the agent is ${outcome}`, async () => {
        call.ringAgent();
        await rig.agent.rings();
        await rig.agent.refuses(outcome);
        await call.nextAll(
          'originated agent',
          'delivered agent',
          `failed agent ${outcome}`,
          'cleared by agent',
        );
        clearedOnce();
      });

      it(`keeps the agent when the customer is ${outcome}, and may dial again`, async () => {
        await call.toCustomer();
        await rig.customer.refuses(outcome);
        await call.next(`failed customer ${outcome}`);
        call.dialCustomer();
        await rig.customer.rings();
        await rig.customer.answers();
        await call.nextAll('originated customer', 'delivered customer', 'established customer', 'joined');
        await Promise.all([rig.agent.hears(), rig.customer.hears()]);
        assert.deepEqual([rig.agent.timesRung, rig.customer.timesRung], [1, 2]);
      });
    }

    it('keeps the agent when the customer does not answer', async () => {
      await call.toCustomer({ ringMs: SHORT_MS });
      await call.next('failed customer no-answer');
      await rig.customer.isFree();
      rig.telephony.hangUp(call.id, 'no answer');
      await call.next('cleared by server');
      await rig.agent.isFree();
    });

    it('tells that a phone is not there', async () => {
      call.ringAgent({ extension: rig.missingExtension });
      await call.nextAll('failed agent agent-lost', 'cleared by server');
      clearedOnce();
    });

    it('ends a call that has lasted as long as it may', async () => {
      await call.toTalking({ maxTalkMs: SHORT_MS });
      const cleared = await call.next('cleared by server');
      assert.equal(cleared.type === 'cleared' && cleared.cause, 'max-talk');
      await bothFree();
    });

    it('dials nobody twice and rings nobody twice for one call [CB10]', async () => {
      await call.toAgent();
      call.ringAgent();
      call.dialCustomer();
      call.dialCustomer();
      await rig.customer.rings();
      await rig.customer.answers();
      await call.nextAll('originated customer', 'delivered customer', 'established customer', 'joined');
      call.dialCustomer();
      await rig.agent.hears();
      assert.deepEqual([rig.agent.timesRung, rig.customer.timesRung], [1, 1]);
      assert.deepEqual(call.unread, []);
    });

    it('dials no customer without an agent on the line', async () => {
      call.ringAgent();
      await call.nextAll('originated agent', 'delivered agent');
      call.dialCustomer();
      await call.next('failed customer agent-lost');
      assert.equal(rig.customer.timesRung, 0);
    });

    it('does nothing for a call it does not know', async () => {
      rig.telephony.hangUp(call.id, 'nobody');
      call.dialCustomer();
      await rig.telephony.hold(call.id);
      await rig.telephony.retrieve(call.id);
      assert.deepEqual(call.facts, []);
    });

    it('adopts nothing that is not there', async () => {
      const stored = (leg: Leg) => ({
        leg,
        sipCallId: 'x',
        dialogId: `x-${leg};from-tag=1`,
        server: 'there',
      });
      const legs = [stored('agent'), stored('customer')];
      assert.equal(await rig.telephony.adopt(call.id, legs, call.tell), false);
      assert.deepEqual(call.facts, []);
    });
  });
}
