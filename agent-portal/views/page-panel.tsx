import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import type { ContactView, SessionView } from '../../contracts/agent.ts';
import type { SessionId } from '../../contracts/ids.ts';
import { shortUrl } from '../model/format.ts';
import { isViewing } from '../model/page-frames.ts';
import { useTools } from './context.ts';
import { Badge, CommandButton, Empty } from './controls.tsx';
import { SharedFrame } from './shared-frame.tsx';
import { sharingWords } from './words.ts';

const modeHints = {
  lead: 'You lead: the visitor goes where you go',
  follow: 'You follow: you go where the visitor goes',
  watch: 'You watch',
} as const;

/** Lead or follow, with what it means in words. */
function Mode({ session }: { readonly session: SessionView }): JSX.Element | null {
  const { mode, allowed } = session.pages;
  if (!allowed.includes('lead') && !allowed.includes('follow')) return null;
  return (
    <span class="segments" role="group" aria-label="Who moves the page" title={modeHints[mode]}>
      <CommandButton id="lead" pressed={mode === 'lead'} />
      <CommandButton id="follow" pressed={mode === 'follow'} />
    </span>
  );
}

/** Sends the visitor to another page of the company. */
export function Push({ session }: { readonly session: SessionId }): JSX.Element {
  const { portal } = useTools();
  const isBusy = portal.commands.busy.value.has(`push:${session}`);
  return (
    <form
      class="push"
      onSubmit={(event) => {
        event.preventDefault();
        void portal.pages.push(session);
      }}
    >
      <label for="push-url">Push a page</label>
      <input
        id="push-url"
        type="url"
        placeholder="https://"
        autocomplete="off"
        aria-keyshortcuts="p"
        value={portal.pages.address}
        onInput={(event) => (portal.pages.address.value = event.currentTarget.value)}
      />
      <button type="submit" class="button" aria-busy={isBusy}>
        Push
      </button>
    </form>
  );
}

/** The frame for as long as it is on the screen. */
function AgentFrame({ session }: { readonly session: SessionView }): JSX.Element {
  const { portal } = useTools();
  const { id } = session;
  useEffect(() => () => portal.pages.closeFrame(id), [id, portal]);
  return <SharedFrame frame={portal.pages.frame(session)} title="The visitor’s page" />;
}

function Body({ session }: { readonly session: SessionView }): JSX.Element {
  const { pages } = session;
  const mayOpen = pages.sharing === 'on' && pages.allowed.includes('open-view') && session.state === 'open';
  // a hidden tab does not add a viewer of its own
  const [isVisible, setVisible] = useState(document.visibilityState === 'visible');
  useEffect(() => {
    const look = (): void => setVisible((was) => was || document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
  if (session.state === 'ended')
    return (
      <Empty title="The page session has ended">
        <p>The visitor closed the page or stopped sharing.</p>
      </Empty>
    );
  if (mayOpen && isVisible) return <AgentFrame key={session.id} session={session} />;
  switch (pages.sharing) {
    case 'offline':
      return (
        <Empty title="No page is open">
          <p>The visitor has left the site. The page appears here when they come back.</p>
        </Empty>
      );
    case 'off':
      return (
        <Empty title="The page is not shared">
          <p>The visitor decides. Ask, and they see who asks and can stop at any time.</p>
          <CommandButton id="ask-consent" kind="primary" />
        </Empty>
      );
    case 'asked':
      return (
        <Empty title="Waiting for the visitor’s yes">
          <p>They see your question on their page now. It helps to mention it.</p>
        </Empty>
      );
    case 'declined':
      return (
        <Empty title="The visitor declined to share">
          <p>The call goes on without the page. You may ask again when they change their mind.</p>
          <CommandButton id="ask-consent" label="Ask again" />
        </Empty>
      );
    case 'paused':
      return (
        <Empty title="Sharing is paused">
          <p>The visitor is on a page with private fields. It comes back by itself after that page.</p>
        </Empty>
      );
    case 'on':
      return (
        <Empty title="The visitor shares the page">
          <p>You are not registered for it yet.</p>
        </Empty>
      );
  }
}

/** The page the visitor is on, as far as they share it. */
export function PagePanel({ contact }: { readonly contact: ContactView }): JSX.Element {
  const { portal } = useTools();
  const { session } = contact;
  const [isOver, setOver] = useState(false);
  const me = portal.desk.me.value;
  if (session === undefined)
    return (
      <section class="page-panel" aria-label="Shared page">
        <Empty title="No page with this contact">
          <p>
            The request did not come from an open page. If the visitor reads you a six-digit code, enter it
            with <kbd>G</kbd>.
          </p>
        </Empty>
      </section>
    );
  const { words, tone } = sharingWords(session.pages);
  const page = session.pages.page;
  const others = session.pages.viewers.filter(
    (it) => it.name !== me?.name && it.name !== me?.name.split(' ')[0],
  );
  const isShown = me !== undefined && isViewing(session, me);
  return (
    <section
      class={`page-panel ${isOver ? 'is-over' : ''}`}
      aria-label="Shared page"
      data-sharing={session.pages.sharing}
    >
      <header class="page-head">
        <Badge tone={tone}>{words}</Badge>
        {page && (
          <span class="page-url" title={page.url}>
            {shortUrl(page.url)}
          </span>
        )}
        {others.length > 0 && <span class="hint">Also here: {others.map((it) => it.name).join(', ')}</span>}
        <span class="spring" />
        <Mode session={session} />
        {session.pages.sharing === 'on' && <CommandButton id="window" kind="quiet" label="Window" />}
        {isShown && <CommandButton id="stop" kind="quiet" />}
        {(isOver || (session.state === 'open' && session.pages.sharing !== 'offline')) && (
          <button
            type="button"
            class="button narrow-only"
            aria-expanded={isOver}
            onClick={() => setOver(!isOver)}
          >
            {isOver ? 'Back to the call' : 'Show the page'}
          </button>
        )}
      </header>
      <div class="page-body">
        <Body session={session} />
      </div>
      {session.pages.allowed.includes('push') && <Push session={session.id} />}
    </section>
  );
}
