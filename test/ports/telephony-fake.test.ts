import assert from 'node:assert/strict';
import type { Leg } from '../../contact-server/ports/telephony.ts';
import { FakeTelephony } from '../support/fake-telephony.ts';
import type { FakeCall } from '../support/fake-telephony.ts';
import { keepsTheTelephonyPromises } from './telephony.ts';
import type { Party, TelephonyRig } from './telephony.ts';

function party(telephony: FakeTelephony, leg: Leg): Party {
  let rung = 0;
  let current: FakeCall | undefined;
  const box = leg === 'agent' ? telephony.rung : telephony.dialled;
  const ringing: Promise<void>[] = [];
  const listen = (): void => {
    ringing.push(
      box.next().then((call) => {
        rung += 1;
        current = call;
        if (leg === 'agent') call.agentRings();
        else call.customerRings();
        listen();
      }),
    );
  };
  listen();
  const call = (): FakeCall => {
    assert(current, `the ${leg} has no call`);
    return current;
  };
  const done = Promise.resolve();
  return {
    rings: () => ringing.shift() ?? done,
    answers: async () => (leg === 'agent' ? call().agentAnswers() : call().customerAnswers()),
    refuses: async (as) => (leg === 'agent' ? call().agentFails(as) : call().customerFails(as)),
    hangsUp: async () => (leg === 'agent' ? call().agentHangsUp() : call().customerHangsUp()),
    holds: async () => call().partyHolds(leg, true),
    retrieves: async () => call().partyHolds(leg, false),
    hears: async () => assert(call().isHeard),
    hearsNothing: async () => assert(!call().isHeard),
    isFree: async () => assert(!['ringing', 'up'].includes(current?.phase(leg) ?? 'idle')),
    get timesRung() {
      return rung;
    },
  };
}

async function openRig(): Promise<TelephonyRig> {
  const telephony = new FakeTelephony();
  telephony.missing.add('9999');
  return {
    telephony,
    agent: party(telephony, 'agent'),
    customer: party(telephony, 'customer'),
    extension: '1001',
    missingExtension: '9999',
    number: '+442079460101',
    trunkId: 'fiction',
    callerId: '+442079460000',
    close: async () => telephony.close(),
  };
}

keepsTheTelephonyPromises('the fake', openRig);
