import type { JSX } from 'preact';

import type { Command, CommandGroup } from '../model/command-list.ts';
import { useTools } from './context.ts';

const groups: readonly CommandGroup[] = ['Offer', 'Call', 'Page', 'Contact', 'You', 'Board'];

/** Every command with its key; those that can be done now stand out. */
export function KeysPanel(): JSX.Element {
  const { keyboard } = useTools();
  const all: readonly Command[] = Object.values(keyboard.commands);
  return (
    <>
      <p class="hint">
        In a text field hold <kbd>Alt</kbd> with the key, or leave the field with <kbd>Esc</kbd>. <kbd>1</kbd>{' '}
        to <kbd>9</kbd> choose a contact.
      </p>
      <label class="choice">
        <input
          type="checkbox"
          checked={keyboard.lettersAreOn}
          onChange={(event) => keyboard.switchLetters(event.currentTarget.checked)}
        />
        <span>
          Single keys work without Alt
          <span class="hint">Switch off if you speak to your computer or hit keys by accident.</span>
        </span>
      </label>
      {groups.map((group) => (
        <section key={group}>
          <h3>{group}</h3>
          <ul class="key-list">
            {all
              .filter((it) => it.group === group)
              .map((it) => (
                <li key={it.label} class={it.isAllowed() ? '' : 'hint'}>
                  <span>{it.label}</span>
                  <kbd>{it.shown}</kbd>
                </li>
              ))}
          </ul>
        </section>
      ))}
    </>
  );
}
