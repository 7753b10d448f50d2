import type { JSX } from 'preact';

import type { DecisionView, KeptDecisionView } from '../../contracts/agent.ts';
import { Why } from './why.tsx';
import { replayInWords, reservationWords } from './words.ts';

interface DecisionsProps {
  readonly decisions: readonly KeptDecisionView[];
  /** Why the present agent; kept with the others a moment later. */
  readonly latest: DecisionView | undefined;
}

/** Why each agent it was offered to, or who took it, was chosen; the last one is open. */
export function Decisions({ decisions, latest }: DecisionsProps): JSX.Element | null {
  const isKept = latest === undefined || decisions.some((it) => it.why.at === latest.at);
  if (decisions.length === 0 && isKept) return null;
  return (
    <section class="stack" data-view="decisions">
      <h3>Why this agent</h3>
      {decisions.map((it, i) => (
        <details key={it.reservationId} open={isKept && i === decisions.length - 1}>
          <summary>
            {it.agent} <span class="hint">{reservationWords(it.state)}</span>
          </summary>
          <Why decision={it.why} />
          <p class={it.replayed.same ? 'hint' : 'problem'}>{replayInWords(it.replayed)}</p>
        </details>
      ))}
      {latest && !isKept && <Why decision={latest} />}
    </section>
  );
}
