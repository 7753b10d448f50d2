import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

import type { CodedPage } from '../model/page-desk.ts';
import { Badge, CommandButton, Empty } from './controls.tsx';
import { Push } from './page-panel.tsx';
import { SharedFrame } from './shared-frame.tsx';

const againMs = 2000;

/** The page of a visitor who read out a code: it is asked for until they have said yes, and then it is the same as any. */
export function CodedPagePanel({ page }: { readonly page: CodedPage }): JSX.Element {
  const { session, frame, mode } = page;
  const state = frame.state.value;
  const isOpen = state.is === 'joined';
  useEffect(() => {
    if (state.is !== 'failed') return undefined;
    const timer = setTimeout(() => void frame.open(), againMs);
    return () => clearTimeout(timer);
  }, [state, frame]);
  return (
    <section class="page-panel" aria-label="Page by code" data-coded={isOpen ? 'open' : 'waiting'}>
      <header class="page-head">
        <Badge tone={isOpen ? 'live' : 'waiting'}>
          {isOpen ? 'Sharing, by code' : 'Asked: waiting for the visitor’s yes'}
        </Badge>
        <span class="spring" />
        {isOpen && (
          <span class="segments" role="group" aria-label="Who moves the page">
            <CommandButton id="lead" pressed={mode === 'lead'} />
            <CommandButton id="follow" pressed={mode === 'follow'} />
          </span>
        )}
        <CommandButton id="window" kind="quiet" label="Window" />
        <CommandButton id="stop" kind="quiet" />
      </header>
      <div class="page-body">
        {isOpen ? (
          <SharedFrame frame={frame} title="The visitor’s page" />
        ) : (
          <Empty title="Waiting for the visitor’s yes">
            <p>They see your question on their page now. The page appears here by itself.</p>
            <CommandButton id="ask-consent" label="Ask again" />
          </Empty>
        )}
      </div>
      {isOpen && <Push session={session} />}
    </section>
  );
}
