import type { AgentClient } from '../../test/support/agent-client.ts';

const LOOK_MS = 150;
const COMMAND_MS = 3_000;

/**
 * Works at this desk as an agent does, until it is over: takes what is offered or sends it back, talks for a moment, hangs
 * up, writes up, presses Ready, and now and then takes a break. What a dead server does not answer is tried again at the next look.
 */
export async function worksAt(agent: AgentClient, random: () => number, over: AbortSignal): Promise<void> {
  const talked = new Map<string, number>();
  while (!over.aborted) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const desk = await agent.desk().catch(() => undefined);
    if (!desk) continue;
    const { me, offers, contacts } = desk;
    const acts: Promise<unknown>[] = [];
    if (me.state === 'not-ready') acts.push(agent.ready());
    else if (random() < 0.02)
      acts.push(agent.send('PUT', '/me/state', { state: 'not-ready', reason: 'break' }));
    for (const offer of offers) {
      const lot = random();
      if (lot < 0.6) acts.push(agent.accept(offer, COMMAND_MS));
      else if (lot < 0.65) acts.push(agent.send('POST', `/reservations/${offer.reservationId}/reject`, {}));
    }
    for (const { callbackId, state, call } of contacts) {
      if (state === 'wrap-up') acts.push(agent.complete(callbackId));
      if (state !== 'connected' || !call) continue;
      const until = talked.get(call.id) ?? Date.now() + 200 + random() * 1_500;
      talked.set(call.id, until);
      if (until <= Date.now()) acts.push(agent.command(`/calls/${call.id}/drop`, {}, COMMAND_MS));
    }
    await Promise.allSettled(acts);
  }
}
