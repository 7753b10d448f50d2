import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import type { OpenRule, RuleItem, RuleKind } from '../model/rules.ts';
import { useTools } from './context.ts';
import { Empty, Skeleton } from './controls.tsx';
import { AgentEditor, EntitlementEditor, HoursEditor, ServiceEditor } from './rules-editors.tsx';
import { RulesHistory } from './rules-history.tsx';
import { SaidOfSave } from './rules-said.tsx';

const kinds: readonly {
  readonly kind: RuleKind;
  readonly title: string;
  readonly one: string;
  readonly none: string;
}[] = [
  { kind: 'services', title: 'Services', one: 'service', none: 'None: the company file adds them.' },
  { kind: 'hours', title: 'Opening hours and shifts', one: 'opening hours', none: 'None.' },
  { kind: 'agents', title: 'Agents', one: 'agent', none: 'None: the company file adds them.' },
  {
    kind: 'entitlements',
    title: 'Entitlements',
    one: 'entitlement',
    none: 'None: everybody is owed the same.',
  },
];

function titleOf(item: { readonly id: string; readonly name?: string }): string {
  return item.name ?? item.id;
}

/** Everything that has rules; what is being changed here and not saved is marked. */
function RuleList(): JSX.Element {
  const { portal } = useTools();
  const book = portal.rules;
  const opened = book.opened.value;
  const isOpen = (kind: RuleKind, id: string): boolean =>
    typeof opened === 'object' && opened.kind === kind && opened.id === id;
  return (
    <nav class="rule-list" aria-label="Rules">
      <button type="button" class="button wide" data-rule="back" onClick={() => portal.go('board')}>
        Back to the board
      </button>
      {kinds.map(({ kind, title, one, none }) => (
        <section key={kind}>
          <h2>{title}</h2>
          {book.list(kind).length === 0 && <p class="hint">{none}</p>}
          <ul>
            {book.list(kind).map((it) => (
              <li key={it.id}>
                <button
                  type="button"
                  class="button quiet wide"
                  aria-current={isOpen(kind, it.id)}
                  data-rule={`${kind}/${it.id}`}
                  onClick={() => book.open({ kind, id: it.id })}
                >
                  {titleOf(it)}
                  {book.isChanged(kind, it.id) && <span class="hint"> · not saved</span>}
                </button>
              </li>
            ))}
          </ul>
          {(kind === 'hours' || kind === 'entitlements') && <NewRule kind={kind} one={one} />}
          {kind === 'agents' && <NewQualification />}
        </section>
      ))}
      <button
        type="button"
        class="button wide"
        aria-current={opened === 'history'}
        data-rule="history"
        onClick={() => book.open('history')}
      >
        Who changed what
      </button>
    </nav>
  );
}

/** A short form with one field: the id or name of something new. */
function OneField(props: {
  readonly label: string;
  readonly placeholder: string;
  readonly check: (text: string) => string | undefined;
  readonly send: (text: string) => unknown;
}): JSX.Element {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState('');
  const id = props.label.toLowerCase().replaceAll(' ', '-');
  return (
    <form
      class="rule-new"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const wrong = props.check(text.trim());
        setProblem(wrong ?? '');
        if (wrong !== undefined) return;
        props.send(text.trim());
        setText('');
      }}
    >
      <label class="hint" for={id}>
        {props.label}
      </label>
      <input
        id={id}
        placeholder={props.placeholder}
        value={text}
        aria-invalid={problem !== ''}
        aria-describedby={`${id}-problem`}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="button" aria-label={`Add: ${props.label}`}>
        Add
      </button>
      <p id={`${id}-problem`} class="problem" role="alert">
        {problem}
      </p>
    </form>
  );
}

function NewRule({
  kind,
  one,
}: {
  readonly kind: 'hours' | 'entitlements';
  readonly one: string;
}): JSX.Element {
  const { portal } = useTools();
  const book = portal.rules;
  return (
    <OneField
      label={`New ${one}`}
      placeholder={kind === 'hours' ? 'summer' : 'gold-partner'}
      check={(id) =>
        !/^[a-z0-9][a-z0-9._-]{0,63}$/.test(id)
          ? 'Use small letters, digits, dots and dashes.'
          : book.item(kind, id) && `There is ${id} already.`
      }
      send={(id) => {
        if (kind === 'hours') {
          const { timezone } = Intl.DateTimeFormat().resolvedOptions() as { timezone?: string };
          book.edit('hours', id, { id, timezone: timezone ?? 'Europe/London', weekly: [], exceptions: [] });
        } else book.edit('entitlements', id, { id, services: [], tier: 'gold', priority: 10 });
        book.open({ kind, id });
      }}
    />
  );
}

function NewQualification(): JSX.Element {
  const { portal } = useTools();
  return (
    <OneField
      label="New qualification"
      placeholder="lang:es"
      check={(name) => (/^[a-z]+:[a-z0-9-]+$/.test(name) ? undefined : 'Write it as kind:value, as lang:es.')}
      send={(name) => portal.rules.addQualification(name)}
    />
  );
}

function EditorOf({ open: { kind, id } }: { readonly open: OpenRule }): JSX.Element | null {
  const { portal } = useTools();
  const book = portal.rules;
  const of = <K extends RuleKind>(
    which: K,
  ): { item: RuleItem<K>; set: (it: RuleItem<K>) => void } | undefined => {
    const item = book.item(which, id);
    return item && { item, set: (it) => book.edit(which, id, it) };
  };
  switch (kind) {
    case 'services': {
      const props = of('services');
      return props ? <ServiceEditor {...props} /> : null;
    }
    case 'hours': {
      const props = of('hours');
      return props ? <HoursEditor {...props} /> : null;
    }
    case 'agents': {
      const props = of('agents');
      return props ? <AgentEditor {...props} /> : null;
    }
    case 'entitlements': {
      const props = of('entitlements');
      return props ? <EntitlementEditor {...props} /> : null;
    }
  }
}

function Editor({ open }: { readonly open: OpenRule }): JSX.Element {
  const { portal } = useTools();
  const book = portal.rules;
  const { kind, id } = open;
  const item = book.item(kind, id);
  if (!item) return <Empty title="This is not there any more" />;
  const isKept = book.view.value?.rules[kind].some((it) => it.id === id) ?? false;
  return (
    <form
      class="stack rule-editor"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void book.save(kind, id);
      }}
    >
      <h2>{titleOf(item)}</h2>
      <EditorOf open={open} />
      <div class="buttons">
        <button type="submit" class="button primary" aria-busy={book.isBusy.value}>
          Save
        </button>
        {book.isChanged(kind, id) && (
          <button type="button" class="button" onClick={() => book.forget(kind, id)}>
            Leave as it was
          </button>
        )}
        {isKept && (kind === 'hours' || kind === 'entitlements') && (
          <button type="button" class="button quiet" onClick={() => void book.remove(kind, id)}>
            Remove
          </button>
        )}
      </div>
    </form>
  );
}

/** What a manager may change while the centre works, and who has changed what. */
export function RulesScreen(): JSX.Element {
  const { portal } = useTools();
  const book = portal.rules;
  const view = book.view.value;
  const opened = book.opened.value;
  if (view === undefined)
    return (
      <main class="rules">
        <h1 class="unseen">Rules</h1>
        {book.problem.value === undefined ? (
          <Skeleton lines={8} label="Loading the rules" />
        ) : (
          <div class="empty" role="alert">
            <p class="empty-title">The rules could not be loaded</p>
            <p>{book.problem.value}.</p>
            <button type="button" class="button primary" onClick={() => void book.refresh()}>
              Try again
            </button>
          </div>
        )}
      </main>
    );
  return (
    <main class={`rules ${opened === undefined ? '' : 'has-open'}`}>
      <h1 class="unseen">Rules</h1>
      <RuleList />
      <div class="rule-work">
        <button
          type="button"
          class="button quiet all-rules"
          data-rule="all"
          onClick={() => book.open(undefined)}
        >
          All rules
        </button>
        <SaidOfSave />
        {opened === 'history' ? (
          <RulesHistory />
        ) : opened === undefined ? (
          <Empty title="Choose what to change">
            <p>A change holds at once, also for those who wait. They keep their place.</p>
          </Empty>
        ) : (
          <Editor key={`${opened.kind}/${opened.id}`} open={opened} />
        )}
      </div>
    </main>
  );
}
