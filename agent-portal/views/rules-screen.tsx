import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

import type { OpenRule, RuleItem, RuleKind } from '../model/rules.ts';
import { useTools } from './context.ts';
import { Empty, Skeleton } from './controls.tsx';
import { AgentEditor, EntitlementEditor, HoursEditor, ServiceEditor } from './rules-editors.tsx';
import { RulesHistory } from './rules-history.tsx';
import { RuleList, titleOf } from './rules-list.tsx';
import { RemovedService } from './rules-removed.tsx';
import { SaidOfSave } from './rules-said.tsx';

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
  const form = useRef<HTMLFormElement>(null);
  // Whoever has just named something new goes on with it: the list may be gone from the screen, or a long way to tab through.
  useLayoutEffect(() => {
    if (document.activeElement?.closest('.rule-new')) form.current?.querySelector('input')?.focus();
  }, []);
  if (!item) return <Empty title="This is not there any more" />;
  if ('removed' in item) return <RemovedService item={item} />;
  const isKept = book.isKept(kind, id);
  return (
    <form
      ref={form}
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
        {isKept && kind === 'services' && (
          <button
            type="button"
            class="button quiet"
            onClick={() => void book.removeService(item as RuleItem<'services'>)}
          >
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
