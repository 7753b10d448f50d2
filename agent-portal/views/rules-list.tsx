import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { newService } from '../model/new-service.ts';
import type { RuleKind } from '../model/rules.ts';
import { useTools } from './context.ts';

const kinds: readonly {
  readonly kind: RuleKind;
  readonly title: string;
  readonly one: string;
  readonly none: string;
}[] = [
  { kind: 'services', title: 'Services', one: 'service', none: 'None yet.' },
  { kind: 'hours', title: 'Opening hours and shifts', one: 'opening hours', none: 'None.' },
  { kind: 'agents', title: 'Agents', one: 'agent', none: 'None: the company file adds them.' },
  {
    kind: 'entitlements',
    title: 'Entitlements',
    one: 'entitlement',
    none: 'None: everybody is owed the same.',
  },
];

/** What it is called here. */
export function titleOf(item: { readonly id: string; readonly name?: string }): string {
  return item.name ?? item.id;
}

/** Opens one of the list; what else is to be known of it stands beside its name. */
function RuleLink(props: {
  readonly kind: RuleKind;
  readonly item: { readonly id: string; readonly name?: string };
  readonly aside?: string;
}): JSX.Element {
  const { portal } = useTools();
  const { kind, item } = props;
  const book = portal.rules;
  const opened = book.opened.value;
  const aside = book.isChanged(kind, item.id) ? 'not saved' : props.aside;
  return (
    <li>
      <button
        type="button"
        class="button quiet wide"
        aria-current={typeof opened === 'object' && opened.kind === kind && opened.id === item.id}
        data-rule={`${kind}/${item.id}`}
        onClick={() => book.open({ kind, id: item.id })}
      >
        {titleOf(item)}
        {aside !== undefined && <span class="hint"> · {aside}</span>}
      </button>
    </li>
  );
}

/** Those that nobody can ask for any more: for who is still to be called, and to offer them again. */
function RemovedServices(): JSX.Element | null {
  const book = useTools().portal.rules;
  const removed = book.list('services').filter((it) => it.removed);
  const left = book.view.value?.left ?? {};
  const opened = book.opened.value;
  const isOpen = ({ id }: { readonly id: string }): boolean =>
    left[id] !== undefined || (typeof opened === 'object' && opened.kind === 'services' && opened.id === id);
  if (removed.length === 0) return null;
  return (
    <details class="rule-removed" open={removed.some(isOpen)}>
      <summary>Not offered any more</summary>
      <ul>
        {removed.map((it) => {
          const count = left[it.id];
          return (
            <RuleLink
              kind="services"
              item={it}
              key={it.id}
              {...(count !== undefined && { aside: `${String(count)} still to call` })}
            />
          );
        })}
      </ul>
    </details>
  );
}

/** Everything that has rules; what is being changed here and not saved is marked. */
export function RuleList(): JSX.Element {
  const { portal } = useTools();
  const book = portal.rules;
  const opened = book.opened.value;
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
            {book
              .list(kind)
              .filter((it) => !('removed' in it))
              .map((it) => (
                <RuleLink kind={kind} item={it} key={it.id} />
              ))}
          </ul>
          {kind === 'services' && <NewService />}
          {kind === 'services' && <RemovedServices />}
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

/** A new service begins with the usual settings: anybody may take it, at the first of the opening hours. */
function NewService(): JSX.Element {
  const { portal } = useTools();
  const book = portal.rules;
  return (
    <OneField
      label="New service"
      placeholder="Returns"
      check={(name) => {
        if (name === '') return 'Give it a name, as visitors know it.';
        const same = book.list('services').find((it) => it.name.trim().toLowerCase() === name.toLowerCase());
        if (!same) return undefined;
        return same.removed
          ? `${same.name} was removed. You find it below, and can offer it again.`
          : `There is a service called ${same.name} already.`;
      }}
      send={(name) => {
        const service = newService(
          name,
          book.list('services').map((it) => it.id),
          book.view.value?.rules.hours[0]?.id ?? '',
        );
        book.edit('services', service.id, service);
        book.open({ kind: 'services', id: service.id });
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
