import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

import { useTools } from './context.ts';

/**
 * What became of the last save. The button that asked for it may stand far below: it is brought into sight, or what is to
 * be put right is.
 */
export function SaidOfSave(): JSX.Element {
  const { portal } = useTools();
  const said = portal.rules.said.value;
  const here = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!said) return;
    // When all that hears of it is drawn.
    queueMicrotask(() => {
      const wrong = document.querySelector<HTMLElement>('.rule-editor [aria-invalid=true]');
      if (wrong) wrong.focus();
      else here.current?.scrollIntoView({ block: 'nearest' });
    });
  }, [said]);
  return (
    <div ref={here} class={said?.isTrouble === true ? 'problem rule-said' : 'rule-said'} role="status">
      <p>{said?.text}</p>
      {said?.confirm !== undefined && (
        <button type="button" class="button danger" onClick={said.confirm}>
          Save anyway
        </button>
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
