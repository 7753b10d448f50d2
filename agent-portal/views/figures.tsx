import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import type { Figure } from '../../contracts/agent.ts';
import { duration } from '../model/format.ts';
import { useTools } from './context.ts';

function valueOf(figure: Figure, elapsed: number): string {
  if (figure.value === undefined) return '–';
  switch (figure.unit) {
    case 'count':
      return String(figure.value);
    case 'share':
      return `${Math.round(figure.value * 100)} %`;
    case 'ms':
      return duration(figure.value + (figure.id === 'longest-waiting' ? elapsed : 0));
  }
}

/** One number with its name; what exactly it counts appears on hover and on focus, and Escape hides it. */
function FigureTile({ figure, asOf }: { readonly figure: Figure; readonly asOf: number }): JSX.Element {
  const { portal } = useTools();
  const [isHidden, setHidden] = useState(false);
  const id = `figure-${figure.id}`;
  const ticks = figure.id === 'longest-waiting' && figure.value !== undefined;
  const value = valueOf(figure, ticks ? Math.max(0, portal.clock.now.value - asOf) : 0);
  return (
    <div class="tile" onPointerLeave={() => setHidden(false)}>
      <button
        type="button"
        aria-describedby={id}
        data-figure={figure.id}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setHidden(true);
        }}
        onBlur={() => setHidden(false)}
      >
        <span class="tile-name">{figure.label}</span>
        <span class="tile-value figure">{value}</span>
        {figure.value === undefined && <span class="unseen">nothing in the window yet</span>}
      </button>
      <span id={id} role="tooltip" class="tip" hidden={isHidden}>
        {figure.definition}
      </span>
    </div>
  );
}

/** The figures of the board, in the order the server gives. */
export function Figures(props: { readonly figures: readonly Figure[]; readonly asOf: number }): JSX.Element {
  return (
    <section class="figures" aria-label="Figures">
      {props.figures.map((it) => (
        <FigureTile key={it.id} figure={it} asOf={props.asOf} />
      ))}
    </section>
  );
}
