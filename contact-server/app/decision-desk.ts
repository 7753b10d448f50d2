import type { DecisionsView, KeptDecisionView } from '../../contracts/decisions.ts';
import type { CallbackId } from '../../contracts/ids.ts';
import { type DecisionRecord, replayDecision } from '../../routing/index.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { claimOf } from '../domain/callback.ts';
import type { Account, AccountStore } from '../ports/accounts.ts';
import type { DecisionStore } from '../ports/decisions.ts';
import type { CallbackStore } from '../ports/stores.ts';
import type { DecisionLog } from './decision-log.ts';

interface Parts {
  readonly decisions: DecisionStore;
  readonly log: DecisionLog;
  readonly store: CallbackStore;
  readonly accounts: AccountStore;
}

const MOST = 100;

/** Why each agent, from what was kept of it, and whether the rule decides the same from that today. */
export class DecisionDesk {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** All decisions about a callback. `holder`: only while this one has it. */
  async about(id: CallbackId, holder?: Account): Promise<DecisionsView> {
    const { decisions, log, store, accounts } = this.#parts;
    const record = await store.find(id);
    if (!record || (holder && claimOf(record.callback)?.agentId !== holder.id)) {
      throw new ProblemError('not-found');
    }
    await log.written();
    const [kept, people] = await Promise.all([decisions.about(id, MOST), accounts.all()]);
    const names = new Map<string, string>(people.map((it) => [it.id, it.name]));
    return {
      callbackId: id,
      decisions: kept.map((it) => view(it, (agentId) => names.get(agentId) ?? agentId)),
    };
  }
}

type Kept = Awaited<ReturnType<DecisionStore['about']>>[number];

function view(kept: Kept, nameOf: (agentId: string) => string): KeptDecisionView {
  const { reservationId, at, agentId, fence, state, since, why, basis } = kept;
  const again = replayDecision(JSON.parse(basis) as DecisionRecord);
  return {
    reservationId,
    at,
    agentId,
    agent: nameOf(agentId),
    fence,
    state,
    since,
    why,
    replayed: {
      same: again === agentId,
      ...(again !== undefined && { agentId: again, agent: nameOf(again) }),
    },
  };
}
