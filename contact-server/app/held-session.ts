import type { AgentId, SessionId } from '../../contracts/ids.ts';
import { claimOf } from '../domain/callback.ts';
import type { CallbackStore } from '../ports/stores.ts';

/** The session behind a reservation that this agent has accepted; none behind a mere offer, or another's. */
export async function heldSession(
  store: Pick<CallbackStore, 'ofAgent'>,
  agentId: AgentId,
  reservationId: string,
): Promise<SessionId | undefined> {
  const mine = (await store.ofAgent(agentId)).find(
    ({ callback }) =>
      claimOf(callback)?.reservationId === reservationId && callback.phase.state !== 'reserved',
  );
  return mine?.callback.wish.sessionId;
}
