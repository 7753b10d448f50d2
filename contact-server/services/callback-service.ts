import type { CallbackState } from '../../contracts/states.ts';
import { type Callback, claimOf } from '../domain/callback.ts';
import { legId, type LegWish } from '../domain/session.ts';
import type { People, ServiceInstance } from './service-instance.ts';

const VISITOR = 'visitor';

/**
 * Calling back, now or at a picked time: the agent's phone joins first, then the visitor's; both leave with the call.
 * A phone has no browser and yet appears as a party: its leg is held by us.
 */
export function callbackService(options: { id: string; pagesAfterCallMs: number }): ServiceInstance {
  return {
    id: options.id,
    pagesAfterCallMs: options.pagesAfterCallMs,
    moved: (before, now, people) => [
      ...agentVoice(before, now, people),
      ...visitorVoice(before, now, people),
    ],
  };
}

function agentVoice(before: Callback, now: Callback, people: People): readonly LegWish[] {
  const was = claimOf(before)?.agentId;
  const is = claimOf(now)?.agentId;
  const wishes: LegWish[] = [];
  if (was !== undefined && was !== is)
    wishes.push({ do: 'set', id: legId('agent', was, 'voice'), state: 'left' });
  if (is === undefined || !people.agent) return wishes;
  const state = agentLegState(now.phase.state);
  if (state === 'left') wishes.push({ do: 'set', id: legId('agent', is, 'voice'), state });
  else if (state)
    wishes.push({ do: 'add', role: 'agent', who: is, name: people.agent.name, channel: 'voice', state });
  return wishes;
}

function visitorVoice(before: Callback, now: Callback, people: People): readonly LegWish[] {
  const id = legId('visitor', VISITOR, 'voice');
  switch (now.phase.state) {
    case 'dialing-customer':
      return [
        {
          do: 'add',
          role: 'visitor',
          who: VISITOR,
          name: people.visitor,
          channel: 'voice',
          state: 'invited',
        },
      ];
    case 'connected':
      return [{ do: 'set', id, state: 'joined' }];
    default:
      return before.phase.state === 'dialing-customer' || before.phase.state === 'connected'
        ? [{ do: 'set', id, state: 'left' }]
        : [];
  }
}

function agentLegState(state: CallbackState): 'invited' | 'joined' | 'left' | undefined {
  if (state === 'dialing-agent') return 'invited';
  if (state === 'dialing-customer' || state === 'connected') return 'joined';
  return state === 'wrap-up' ? 'left' : undefined;
}
