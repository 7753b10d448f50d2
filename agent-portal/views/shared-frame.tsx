import type { JSX } from 'preact';

import type { PageFrame } from '../model/page-frames.ts';
import { Empty, Skeleton } from './controls.tsx';
import { Icon } from './icons.tsx';

/**
 * The company's page in a frame: without top navigation, popups and downloads, without our cookies (`credentialless`
 * where the browser has it), and with no permission of ours.
 */
export function SharedFrame({
  frame,
  title,
}: {
  readonly frame: PageFrame;
  readonly title: string;
}): JSX.Element {
  const state = frame.state.value;
  if (state.is === 'failed')
    return (
      <Empty title="The page could not be opened">
        <p>{state.why}.</p>
        <button type="button" class="button" onClick={() => void frame.open()}>
          Try again
        </button>
      </Empty>
    );
  if (state.is === 'opening') return <Skeleton lines={6} label="Opening the page" />;
  return (
    <div class="shared-frame" data-frame={state.is}>
      {state.is === 'silent' && (
        <Empty title="This site does not show itself in here">
          <p>
            No answer came from the page within a second: the site forbids being framed, or it is slow. A
            window of its own follows just the same.
          </p>
          <div class="buttons">
            <button type="button" class="button primary" onClick={() => void frame.openWindow()}>
              <Icon name="window" /> Open in a window
            </button>
            <button type="button" class="button" onClick={() => void frame.open()}>
              <Icon name="reload" /> Try again
            </button>
          </div>
        </Empty>
      )}
      <iframe
        key={state.url}
        title={title}
        sandbox="allow-scripts allow-forms allow-same-origin"
        referrerpolicy="no-referrer"
        allow=""
        {...{ credentialless: true }}
        src={state.url}
      />
    </div>
  );
}
