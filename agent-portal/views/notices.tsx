import type { JSX } from 'preact';

import { timeToTheSecond } from '../model/format.ts';
import { useTools } from './context.ts';
import { CommandButton } from './controls.tsx';
import { Icon } from './icons.tsx';
import { LeftNotes } from './left-notes.tsx';
import { missedWords } from './words.ts';

/** Says that what is shown may be old, since when, and that the page is trying. */
function Stale(): JSX.Element | null {
  const { portal } = useTools();
  const stream = portal.feed.stream.value;
  if (stream.is !== 'broken') return null;
  return (
    <p class="banner waiting" role="status" data-banner="stale">
      <span class="spinner" aria-hidden="true" /> Reconnecting, last update{' '}
      <span class="figure">{timeToTheSecond(stream.since)}</span>
    </p>
  );
}

/** A missed offer, or its call: what happened, and the way back. */
function Missed(): JSX.Element | null {
  const { portal } = useTools();
  const me = portal.desk.me.value;
  const missed = portal.desk.missed.value;
  if (me?.state !== 'not-ready' || me.reason !== 'missed') return null;
  return (
    <div class="banner trouble" role="alert" data-banner="missed">
      <Icon name="warning" />
      <p>
        <b>{missedWords(missed)}</b> It goes to the next agent who is free, and you are not ready, so that no
        other is missed.
      </p>
      <CommandButton id="ready" kind="primary" />
    </div>
  );
}

/** The browser keeps the page silent until it was touched. */
function Silent(): JSX.Element | null {
  const { portal } = useTools();
  const wantsSound = portal.desk.me.value?.preferences.sound ?? false;
  if (!portal.ringer.isBlocked.value || !wantsSound) return null;
  return (
    <p class="banner waiting" role="status">
      <Icon name="warning" /> Your browser keeps this page silent: press any key to hear offers.
    </p>
  );
}

/** What is said outside the place it belongs to: banners that stay, and short notices. */
export function Notices(): JSX.Element {
  const { portal } = useTools();
  return (
    <div class="notices">
      <Stale />
      <Missed />
      <Silent />
      <LeftNotes />
      {portal.readyIsHeld.value && (
        <p class="banner waiting" role="status">
          <span class="spinner" aria-hidden="true" /> Ready as soon as your notes are saved.
        </p>
      )}
      <div aria-live="polite">
        {portal.notices.list.value.map((notice) => (
          <div class={`banner ${notice.tone}`} key={notice.id} data-banner="notice">
            {notice.tone === 'trouble' && <Icon name="warning" />}
            <p>{notice.text}</p>
            <button
              type="button"
              class="button quiet icon-only"
              aria-label={`Dismiss: ${notice.text}`}
              onClick={() => portal.notices.dismiss(notice.id)}
            >
              <Icon name="close" />
            </button>
          </div>
        ))}
      </div>
    </div>
  );
}
