import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';

import type { WrapUp } from '../model/wrap-up.ts';
import { useTools } from './context.ts';
import { Icon } from './icons.tsx';

/** What was typed about a contact that has left the desk and is not saved: to be copied, and then dismissed. */
function Left({ wrapUp }: { readonly wrapUp: WrapUp }): JSX.Element | null {
  const { portal } = useTools();
  const field = useRef<HTMLTextAreaElement>(null);
  const [isCopied, setCopied] = useState(false);
  const { notes, who } = wrapUp;
  // while it is sent for the first time there is nothing to say yet
  if (notes.problem.value === '') return null;
  const isFinal = notes.state.value === 'refused' || notes.state.value === 'conflict';
  const copy = (button: HTMLButtonElement): void => {
    field.current?.select();
    // the newer way is missing on plain HTTP
    setCopied(document.execCommand('copy')); // eslint-disable-line @typescript-eslint/no-deprecated
    button.focus();
  };
  return (
    <div class="banner trouble left-notes" role="alert" data-banner="left-notes">
      <Icon name="warning" />
      <p>
        <b>Your last notes are not saved: {who}.</b> {notes.problem.value}.{' '}
        {isFinal ? 'Copy what you need, then dismiss it.' : 'It is tried again.'}
      </p>
      <textarea
        ref={field}
        readOnly
        rows={3}
        aria-label={`Notes that are not saved: ${who}`}
        value={notes.text}
      />
      <div class="buttons">
        <button type="button" class="button" onClick={(event) => copy(event.currentTarget)}>
          {isCopied ? 'Copied' : 'Copy'}
        </button>
        <button type="button" class="button" onClick={() => portal.wrapUps.dismiss(wrapUp)}>
          Dismiss
        </button>
      </div>
    </div>
  );
}

/** All notes that are not saved, of contacts that have left the desk. */
export function LeftNotes(): JSX.Element {
  const { portal } = useTools();
  return (
    <>
      {portal.wrapUps.left.value.map((it) => (
        <Left key={it.id} wrapUp={it} />
      ))}
    </>
  );
}
