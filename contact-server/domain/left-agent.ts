import type { AgentId } from '../../contracts/ids.ts';
import type { CallbackState } from '../../contracts/states.ts';
import type { Callback } from './callback.ts';

/** How long after a contact has left the desk its agent may still write its notes: what was typed as it closed is on its way. */
const LATELY_MS = 10 * 60_000;

const withAgent: ReadonlySet<CallbackState> = new Set([
  'dialing-agent',
  'dialing-customer',
  'connected',
  'wrap-up',
]);

/** Whether it has left the desk of this agent only a moment ago. `lastWith`: who has it, or had it last. */
export function hasLatelyLeft(
  { history }: Pick<Callback, 'history'>,
  lastWith: AgentId | undefined,
  agentId: AgentId,
  now: number,
): boolean {
  const accepted = history.findLastIndex((it) => it.state === 'dialing-agent');
  if (lastWith !== agentId || accepted < 0) return false;
  const left = history.slice(accepted).find((it) => !withAgent.has(it.state));
  return left !== undefined && now - left.at < LATELY_MS;
}
