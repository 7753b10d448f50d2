import assert from 'node:assert/strict';
import { pino } from 'pino';
import { CallDesk } from '../../contact-server/app/call-desk.ts';
import type { Call } from '../../contact-server/domain/call.ts';
import type { AgentLegPlan, StoredLeg, TellCall } from '../../contact-server/ports/telephony.ts';
import type { AgentId, CallbackId, CallId } from '../../contracts/ids.ts';
import { ProblemError } from '../../server-kit/problem.ts';

type Parts = ConstructorParameters<typeof CallDesk>[0];

const id = 'call1' as CallId;
const agent: StoredLeg = { leg: 'agent', sipCallId: 'a', dialogId: 'a;from-tag=1', server: 'one' };
const plan: AgentLegPlan = { agentId: 'ana' as AgentId, extension: '201', display: 'Sales', ringMs: 20_000 };

/** A desk over stores that work unless they are away, and the teller of the call it has just made. */
async function desk(away: { mongodb?: boolean; streams?: boolean }): Promise<{
  tell: TellCall;
  legs: StoredLeg[];
  comeBack: () => void;
}> {
  const known = new Map<CallId, Call>();
  const legs: StoredLeg[] = [];
  let tell: TellCall | undefined;
  let comeBack = (): void => {};
  const calls = new CallDesk({
    calls: {
      find: (one: CallId) => Promise.resolve(known.get(one)),
      put: (call: Call, begun?: StoredLeg) => {
        if (begun && away.mongodb) return Promise.reject(new ProblemError('unavailable'));
        known.set(call.id, call);
        if (begun) legs.push(begun);
        return Promise.resolve();
      },
    },
    telephony: { ringAgent: (_id: CallId, _plan: AgentLegPlan, to: TellCall) => (tell = to) },
    streams: { add: () => (away.streams ? new Promise(() => {}) : Promise.resolve()) },
    hints: { give: () => {} },
    clock: { now: () => 1, after: (_ms: number, then: () => void) => (comeBack = then) },
    log: pino({ level: 'silent' }),
  } as unknown as Parts);
  await calls.ringAgent(id, 'c1' as CallbackId, plan, '+442079460010');
  assert.ok(tell);
  return { tell, legs, comeBack: () => comeBack() };
}

describe('A call desk that is told that a phone is about to ring', () => {
  const originated = { type: 'originated', leg: 'agent', at: 1, stored: agent } as const;

  it('says yes once the leg is stored, though nobody can be told of it yet', async () => {
    const { tell, legs } = await desk({ streams: true });
    await tell(originated);
    assert.deepEqual(legs, [agent]);
  });

  it('says nothing while it cannot be stored, and yes when it is', async () => {
    const away = { mongodb: true };
    const { tell, legs, comeBack } = await desk(away);
    let isTaken = false;
    const taken = Promise.resolve(tell(originated)).then(() => (isTaken = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isTaken, false);
    away.mongodb = false;
    comeBack();
    await taken;
    assert.deepEqual(legs, [agent]);
  });
});
