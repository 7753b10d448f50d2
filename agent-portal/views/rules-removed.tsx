import type { JSX } from 'preact';

import type { RuleItem } from '../model/rules.ts';
import { useTools } from './context.ts';

/** A service nobody can ask for any more: who is still to be called, and the way back. */
export function RemovedService({ item }: { readonly item: RuleItem<'services'> }): JSX.Element {
  const { portal } = useTools();
  const book = portal.rules;
  const left = book.view.value?.left[item.id] ?? 0;
  const people = left === 1 ? '1 person who asked before is' : `${String(left)} people who asked before are`;
  return (
    <section class="stack rule-editor" aria-labelledby="removed-title">
      <h2 id="removed-title">{item.name}</h2>
      <p>Not offered any more: nobody new can ask for it.</p>
      <p>{left === 0 ? 'Nobody is left to call for it.' : `${people} still to be called, by its rules.`}</p>
      <div class="buttons">
        <button
          type="button"
          class="button primary"
          aria-busy={book.isBusy.value}
          onClick={() => void book.offerAgain(item)}
        >
          Offer it again
        </button>
      </div>
    </section>
  );
}
