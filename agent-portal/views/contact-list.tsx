import type { JSX } from 'preact';

import { nameOf } from '../model/desk.ts';
import { useTools } from './context.ts';
import { Badge, Key, Since } from './controls.tsx';
import { contactWords } from './words.ts';

/** The contacts on this desk; one fills the screen, the others wait here. */
export function ContactList(): JSX.Element {
  const { portal } = useTools();
  const contacts = portal.desk.contacts.value;
  const shown = portal.desk.contact.value;
  return (
    <div class="contact-list">
      <h2>Contacts</h2>
      {contacts.length === 0 ? (
        <p class="hint">None on your desk.</p>
      ) : (
        <ul>
          {contacts.map((contact, i) => {
            const { words, tone } = contactWords(contact);
            return (
              <li key={contact.callbackId}>
                <button
                  type="button"
                  class="row"
                  aria-current={contact.callbackId === shown?.callbackId}
                  aria-keyshortcuts={String(i + 1)}
                  onClick={() => (portal.desk.chosen.value = contact.callbackId)}
                >
                  <span class="row-name">{nameOf(contact.who)}</span>
                  <Since
                    at={
                      contact.call?.ended?.at ??
                      contact.call?.talkingSince ??
                      contact.call?.since ??
                      contact.requestedAt
                    }
                  />
                  <Badge tone={tone}>{words}</Badge>
                  {contacts.length > 1 && <Key of={String(i + 1)} />}
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}
