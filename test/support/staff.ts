import type { DeskSnapshot } from '../../contracts/agent.ts';
import type { Company } from '../../contracts/company.schema.ts';
import type { AgentClient } from './agent-client.ts';
import type { TestCentre } from './centre.ts';
import { eventually } from './eventually.ts';

/** Who works in a story: a name, and what the person holds, e.g. `service:sales 3, lang:es 2`. */
export type Staff = Readonly<Record<string, string>>;

const FIRST_EXTENSION = 201;

/** Puts these people in the place of the demo's agents; its manager stays. */
export function employ(company: Company, staff: Staff): void {
  const managers = company.agents.filter((it) => it.roles.includes('manager'));
  const agents = Object.entries(staff).map(([id, skills], index) => ({
    id,
    name: `${id.slice(0, 1).toUpperCase()}${id.slice(1)} Story`,
    username: id,
    password: `${id}-story-2026`,
    roles: ['agent' as const],
    extension: String(FIRST_EXTENSION + index),
    devicePassword: `desk-${id}-story`,
    robot: false,
    qualifications: skills.split(',').map((skill) => {
      const [name = '', level = '1'] = skill.trim().split(' ');
      return { name, level: Number(level) };
    }),
  }));
  company.agents = [...agents, ...managers];
}

/** The extension `employ` gave to this person. */
export function extensionOf(staff: Staff, id: string): string {
  return String(FIRST_EXTENSION + Object.keys(staff).indexOf(id));
}

/** The manager, with the board on the stream. */
export async function managerOf(centre: TestCentre): Promise<AgentClient> {
  const mina = await centre.agent('mina');
  mina.drop();
  mina.listen(true);
  return mina;
}

/** Ends whatever a story has left, but for what others still work on: calls, wrap-ups, waiting callbacks; everybody rests. */
export async function tidy(
  manager: AgentClient,
  agents: readonly AgentClient[],
  others: (callbackId: string) => boolean = () => false,
): Promise<void> {
  for (const agent of agents) {
    // A server whose Redis has just come back may not answer at once.
    const { contacts } = await eventually('a desk', async () => {
      const desk: Partial<DeskSnapshot> = await agent.desk();
      return desk.contacts && { contacts: desk.contacts };
    });
    await agent.send('PUT', '/me/state', { state: 'not-ready', reason: 'break' });
    for (const { callbackId, call } of contacts) {
      if (call && !call.ended) await agent.send('POST', `/calls/${call.id}/drop`, {});
      await agent.contactIn('wrap-up', callbackId).catch(() => undefined);
      const done = { disposition: 'resolved', next: 'not-ready' };
      await agent.send('POST', `/contacts/${callbackId}/complete`, done);
    }
  }
  // What was asked for by a story that failed may still be on its way in.
  for (;;) {
    const from = manager.told.items.length;
    const board = await manager.board();
    const left = [...board.line, ...board.reservations, ...board.live].map((it) => it.callbackId);
    const ours = new Set(left.filter((it) => !others(it)));
    if (ours.size === 0) return;
    for (const id of ours) await manager.send('POST', `/callbacks/${id}/cancel`, {});
    await manager.event('board.changed', () => true, from);
  }
}

/** From the offer to the end of a contact: accepts, talks, hangs up, writes up, and is ready again. */
export async function serve(agent: AgentClient, callbackId: string): Promise<void> {
  await agent.accept(await agent.offer((it) => it.callbackId === callbackId));
  const { call } = await agent.contactIn('connected', callbackId);
  await agent.command(`/calls/${call?.id ?? ''}/drop`);
  await agent.contactIn('wrap-up', callbackId);
  await agent.complete(callbackId);
}
