import type { Company } from '../../contracts/company.schema.ts';
import type { AgentClient } from './agent-client.ts';
import type { TestCentre } from './centre.ts';

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

/** Ends whatever a story has left: calls, wrap-ups and waiting callbacks; everybody rests. */
export async function tidy(manager: AgentClient, agents: readonly AgentClient[]): Promise<void> {
  for (const agent of agents) {
    await agent.send('PUT', '/me/state', { state: 'not-ready', reason: 'break' });
  }
  const { line, reservations } = await manager.board();
  const waiting = [...line, ...reservations].map((it) => it.callbackId);
  for (const id of new Set(waiting)) await manager.send('POST', `/callbacks/${id}/cancel`, {});
  for (const agent of agents) {
    for (const { callbackId, call } of (await agent.desk()).contacts) {
      if (call && !call.ended) await agent.send('POST', `/calls/${call.id}/drop`, {});
      await agent.contactIn('wrap-up', callbackId).catch(() => undefined);
      await agent.send('POST', `/contacts/${callbackId}/complete`, {
        disposition: 'resolved',
        next: 'not-ready',
      });
    }
  }
  const from = manager.told.items.length;
  const clear = (it: { line: unknown; reservations: unknown; live: unknown }): boolean =>
    [it.line, it.reservations, it.live].every((list) => (list as unknown[]).length === 0);
  if (!clear(await manager.board())) await manager.event('board.changed', clear, from);
}
