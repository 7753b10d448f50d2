import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

import { useTools } from './context.ts';

const CONTROLS = 'input, select, button';

/**
 * What became of the last save, and what is wrong that no field shows. The button that asked for it may stand far below:
 * the focus goes to what is to be put right, or here.
 */
export function SaidOfSave(): JSX.Element {
  const { portal } = useTools();
  const said = portal.rules.said.value;
  const faults = portal.rules.otherFaults();
  const here = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!said) return;
    // When all that hears of it is drawn.
    queueMicrotask(() => {
      const wrong = document.querySelector<HTMLElement>('.rule-editor [aria-invalid=true]');
      const control = wrong?.matches(CONTROLS) ? wrong : wrong?.querySelector<HTMLElement>(CONTROLS);
      if (control) control.focus();
      else if (portal.rules.otherFaults().length > 0) here.current?.focus();
      else here.current?.scrollIntoView({ block: 'nearest' });
    });
  }, [said]);
  return (
    <div
      ref={here}
      class={said?.isTrouble === true ? 'problem rule-said' : 'rule-said'}
      role="status"
      tabIndex={-1}
    >
      <p>{said?.text}</p>
      {said?.confirm !== undefined && (
        <button type="button" class="button danger" onClick={said.confirm.go}>
          {said.confirm.words}
        </button>
      )}
      {faults.length > 0 && (
        <ul>
          {faults.map((it) => (
            <li key={it}>{it}</li>
          ))}
        </ul>
      )}
      {said?.theirs !== undefined && (
        <>
          <ul>
            {said.theirs.map(({ version, who, what }) => (
              <li key={version}>
                {who}: {what.join('. ')}.
              </li>
            ))}
          </ul>
          <p>Look at what holds now; saving again puts yours in its place.</p>
        </>
      )}
    </div>
  );
}
