import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

import type { CodedPage } from '../model/page-desk.ts';
import { useTools } from './context.ts';
import { Badge, Empty } from './controls.tsx';
import { Push } from './page-panel.tsx';
import { SharedFrame } from './shared-frame.tsx';

const againMs = 2000;

/** The page of a visitor who read out a code: it is asked for until they have said yes, and then it is the same as any. */
export function CodedPagePanel({ page }: { readonly page: CodedPage }): JSX.Element {
  const { portal } = useTools();
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
            {(['lead', 'follow'] as const).map((it) => (
              <button
                key={it}
                type="button"
                class="button"
                aria-pressed={mode === it}
                onClick={() => mode !== it && void portal.pages.setCodedMode(page, it)}
              >
                {it === 'lead' ? 'Lead' : 'Follow'}
              </button>
            ))}
          </span>
        )}
        <button type="button" class="button quiet" onClick={() => void portal.pages.stopCoded(page)}>
          Stop viewing
        </button>
      </header>
      <div class="page-body">
        {isOpen ? (
          <SharedFrame frame={frame} title="The visitor’s page" />
        ) : (
          <Empty title="Waiting for the visitor’s yes">
            <p>They see your question on their page now. The page appears here by itself.</p>
            <button
              type="button"
              class="button"
              aria-busy={portal.commands.busy.value.has(`consent:${session}`)}
              onClick={() => void portal.pages.askConsent(session)}
            >
              Ask again
            </button>
          </Empty>
        )}
      </div>
      {isOpen && <Push session={session} />}
    </section>
  );
}
