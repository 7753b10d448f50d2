import type { JSX } from 'preact';

import type { ContactView } from '../../contracts/agent.ts';
import { timeToTheSecond } from '../model/format.ts';
import type { Notes } from '../model/notes.ts';
import type { WrapUp } from '../model/wrap-up.ts';
import { useTools } from './context.ts';
import { CommandButton } from './controls.tsx';
import { nextInWords } from './words.ts';

/** Whether what was typed is safe, in words. */
function Saved({ notes }: { readonly notes: Notes }): JSX.Element {
  const at = notes.savedAt.value;
  const words = {
    saved: at === undefined ? '' : `Saved ${timeToTheSecond(at)}`,
    unsaved: 'Not saved yet',
    saving: 'Saving',
    failed: `Not saved: ${notes.problem.value}. Trying again`,
    refused: `Not saved: ${notes.problem.value}`,
    conflict: 'Not saved: changed elsewhere',
  }[notes.state.value];
  const isBad = ['failed', 'refused', 'conflict'].includes(notes.state.value);
  return (
    <span class={`saved figure ${isBad ? 'problem' : 'hint'}`} role="status" data-notes={notes.state.value}>
      {words}
    </span>
  );
}

/** Both versions of the notes; the agent chooses. */
function Conflict({ notes }: { readonly notes: Notes }): JSX.Element | null {
  const theirs = notes.theirs.value;
  if (theirs === undefined) return null;
  return (
    <div class="conflict" role="alert">
      <p>Somebody else saved these notes while you were writing:</p>
      <blockquote>{theirs.text === '' ? '(empty)' : theirs.text}</blockquote>
      <div class="buttons">
        <button type="button" class="button" onClick={() => notes.keepMine()}>
          Keep mine
        </button>
        <button type="button" class="button" onClick={() => notes.takeTheirs()}>
          Take theirs
        </button>
      </div>
    </div>
  );
}

/** The outcome, and Done: which waits until the notes are saved. */
function Outcome({
  contact,
  wrapUp,
}: {
  readonly contact: ContactView;
  readonly wrapUp: WrapUp;
}): JSX.Element | null {
  const { portal } = useTools();
  const me = portal.desk.me.value;
  if (me === undefined || !contact.allowed.includes('complete')) return null;
  const done = wrapUp.done.value;
  const next = nextInWords(me);
  return (
    <div class="outcome">
      <label for="outcome">Outcome</label>
      <select
        id="outcome"
        aria-keyshortcuts="o"
        aria-invalid={done === 'no-outcome'}
        aria-describedby="done-problem"
        value={wrapUp.disposition.value}
        onChange={(event) => {
          wrapUp.disposition.value = event.currentTarget.value;
          if (wrapUp.done.value === 'no-outcome') wrapUp.done.value = 'idle';
        }}
      >
        <option value="">Choose</option>
        {me.dispositions.map((it) => (
          <option key={it}>{it}</option>
        ))}
      </select>
      <CommandButton id="done" kind="primary" label={done === 'held' ? 'Saving first' : 'Done'} />
      <p
        id="done-problem"
        class={done === 'no-outcome' || done === 'not-saved' ? 'problem' : 'hint'}
        role="status"
      >
        {done === 'no-outcome' && 'Choose an outcome first.'}
        {done === 'not-saved' && 'Not done: the notes are not saved yet.'}
        {done === 'idle' && next !== undefined && `Done, ${next.toLowerCase()}.`}
      </p>
    </div>
  );
}

/** What the agent writes: notes that save themselves, the outcome, and the end. */
export function WorkColumn({ contact }: { readonly contact: ContactView }): JSX.Element {
  const { portal } = useTools();
  const wrapUp = portal.wrapUps.of(contact);
  return (
    <section class="work" aria-label="Notes and outcome">
      <div class="notes-head">
        <label for="notes">Notes</label>
        <Saved notes={wrapUp.notes} />
      </div>
      <textarea
        id="notes"
        maxLength={20_000}
        aria-keyshortcuts="n"
        value={wrapUp.notes.text}
        onInput={(event) => wrapUp.notes.edit(event.currentTarget.value)}
      />
      <Conflict notes={wrapUp.notes} />
      <Outcome contact={contact} wrapUp={wrapUp} />
    </section>
  );
}
