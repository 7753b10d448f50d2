import type { JSX } from 'preact';

import { inFull } from '../model/format.ts';
import { useTools } from './context.ts';

/** Every version with who made it and what it changed; an earlier one can hold again. */
export function RulesHistory(): JSX.Element | null {
  const { portal } = useTools();
  const book = portal.rules;
  const view = book.view.value;
  if (view === undefined) return null;
  return (
    <section aria-labelledby="history-title">
      <h2 id="history-title">Who changed what</h2>
      <ol class="rule-history">
        {view.history.map(({ version, at, who, what }) => (
          <li key={version}>
            <p>
              <strong>Version {version}</strong> · {who} ·{' '}
              <time dateTime={new Date(at).toISOString()}>{inFull(at)}</time>
            </p>
            <ul>
              {what.map((it) => (
                <li key={it}>{it}</li>
              ))}
            </ul>
            {version === view.version ? (
              <p class="hint">In force</p>
            ) : (
              <button
                type="button"
                class="button"
                aria-label={`Restore version ${version}`}
                aria-busy={book.isBusy.value}
                onClick={() => void book.restore(version)}
              >
                Restore
              </button>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
