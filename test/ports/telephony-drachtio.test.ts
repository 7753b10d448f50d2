import type { Handset } from '../../embedded/demo/phones/handset.ts';
import {
  AGENT_HZ,
  CALLER_ID,
  CUSTOMER_HZ,
  EXTENSION,
  isQuiet,
  TelephoneExchange,
  TRUNK,
} from '../support/telephone-exchange.ts';
import { keepsTheTelephonyPromises } from './telephony.ts';
import type { Party, TelephonyRig } from './telephony.ts';

const NUMBER = '+442079460399'; // rings until it is worked by hand

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

async function openRig(): Promise<TelephonyRig> {
  const exchange = await TelephoneExchange.start();
  const phone = await exchange.registeredPhone();
  const line = exchange.network.line(NUMBER);
  return {
    telephony: exchange.telephony,
    agent: party(phone, CUSTOMER_HZ, () => phone.counters.invites),
    customer: party(line, AGENT_HZ, () => exchange.network.counters.invites),
    extension: EXTENSION,
    missingExtension: '9999',
    number: NUMBER,
    trunkId: TRUNK,
    callerId: CALLER_ID,
    close: () => exchange.close(),
  };
}

keepsTheTelephonyPromises('drachtio', openRig);
