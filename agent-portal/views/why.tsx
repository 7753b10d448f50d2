import type { JSX } from 'preact';

import type { DecisionView } from '../../contracts/agent.ts';
import { At } from './controls.tsx';
import { moreInWords } from './words.ts';

/** Why this agent: what decided, and each candidate with the test that failed. */
export function Why({ decision }: { readonly decision: DecisionView }): JSX.Element {
  return (
    <div class="why" data-view="why">
      <p>
        Chosen because: {decision.because}. Decided <At at={decision.at} />, roster{' '}
        <span class="figure">{decision.rosterVersion}</span>.
      </p>
      <table>
        <caption class="unseen">Candidates, best first</caption>
        <thead class="unseen">
          <tr>
            <th scope="col">Agent</th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>
          {decision.candidates.map((it) => (
            <tr key={it.agentId} class={it.agentId === decision.chosen ? 'is-chosen' : ''}>
              <th scope="row">{it.name}</th>
              <td>{it.verdict}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {decision.more && <p class="hint">{moreInWords(decision.more)}</p>}
    </div>
  );
}
