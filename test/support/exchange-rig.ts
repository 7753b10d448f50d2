import type { Handset } from '../../embedded/demo/phones/handset.ts';
import type { SoftPhone } from '../../embedded/demo/phones/soft-phone.ts';
import type { Party, TelephonyRig } from '../ports/telephony.ts';
import { WatchedCall } from '../ports/telephony.ts';
import { AGENT_HZ, CALLER_ID, CUSTOMER_HZ, EXTENSION, isQuiet, TRUNK } from './telephone-exchange.ts';
import type { TelephoneExchange } from './telephone-exchange.ts';

/** Of the fiction range: rings until it is worked by hand. */
export const BY_HAND = '+442079460399';

function party(phone: Handset, otherHz: number, timesRung: () => number): Party {
  const busy = { busy: 486, rejected: 603 };
  const waiting: Promise<unknown>[] = [];
  const listen = (): void => {
    const rings = new Promise<void>((resolve) => phone.once('ringing', () => resolve()));
    waiting.push(rings);
    void rings.then(listen);
  };
  listen();
  return {
    rings: async () => {
      await waiting.shift();
    },
    answers: () => phone.answer(),
    refuses: async (as) => phone.reject(busy[as]),
    hangsUp: () => phone.hangUp(),
    holds: () => phone.hold(),
    retrieves: () => phone.retrieve(),
    hears: () => phone.hears(otherHz),
    hearsNothing: () => phone.hearsNothing(),
    isFree: () => isQuiet(phone),
    get timesRung() {
      return timesRung();
    },
  };
}

/** An agent at `phone` and a customer at `number`, worked by the test. */
export function rigOf(exchange: TelephoneExchange, phone: SoftPhone, number = BY_HAND): TelephonyRig {
  return {
    get telephony() {
      return exchange.telephony;
    },
    agent: party(phone, CUSTOMER_HZ, () => phone.counters.invites),
    customer: party(exchange.network.line(number), AGENT_HZ, () => exchange.network.counters.invites),
    extension: EXTENSION,
    missingExtension: '9999',
    number,
    trunkId: TRUNK,
    callerId: CALLER_ID,
    close: () => exchange.close(),
  };
}

/** A call that both parties are talking in. */
export async function talkingCall(rig: TelephonyRig): Promise<WatchedCall> {
  const call = new WatchedCall(rig);
  await call.toTalking();
  await Promise.all([rig.agent.hears(), rig.customer.hears()]);
  return call;
}
