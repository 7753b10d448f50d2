import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';

import type { CallbackId, SessionId } from '../../contracts/ids.ts';
import type { TimeRange } from '../../contracts/states.ts';
import type { LineRow } from '../model/board.ts';
import { forDateTimeInput, timeAhead } from '../model/format.ts';
import { PageFrame } from '../model/page-frames.ts';
import { useTools } from './context.ts';
import { At, Badge, Since, Skeleton } from './controls.tsx';
import { Decisions } from './decisions.tsx';
import { Icon } from './icons.tsx';
import { Panel } from './panels.tsx';
import { History } from './person-parts.tsx';
import { SharedFrame } from './shared-frame.tsx';
import { WhatIf } from './what-if.tsx';
import { callbackWords, needInWords, reservationWords, waitReasonInWords } from './words.ts';

const hourMs = 3_600_000;

/** Move to another time, or cancel: for callbacks that are not being served yet. */
function Commands({ row }: { readonly row: LineRow }): JSX.Element | null {
  const { portal } = useTools();
  const { board, clock, commands } = portal;
  const [at, setAt] = useState(() => forDateTimeInput((row.at ?? clock.now.peek()) + hourMs));
  const [isSure, setSure] = useState(false);
  const time = new Date(at).getTime();
  const warned = board.warned.value;
  if (row.allowed.length === 0) return null;
  return (
    <section class="stack">
      <h3>Change</h3>
      {row.allowed.includes('move') && (
        <form
          class="inline"
          onSubmit={(event) => {
            event.preventDefault();
            void board.move(row.callbackId, time);
          }}
        >
          <label for="move-at">Move to</label>
          <input
            id="move-at"
            type="datetime-local"
            required
            value={at}
            min={forDateTimeInput(clock.now.peek())}
            onInput={(event) => setAt(event.currentTarget.value)}
          />
          <button type="submit" class="button" aria-busy={commands.busy.value.has(`move:${row.callbackId}`)}>
            Move
          </button>
        </form>
      )}
      {warned?.id === row.callbackId && warned.at === time && (
        <div class="inline" role="alert">
          <p class="problem">{warned.words}</p>
          <button
            type="button"
            class="button danger"
            onClick={() => void board.move(row.callbackId, time, true)}
          >
            Move anyway
          </button>
        </div>
      )}
      {row.allowed.includes('cancel') && (
        <div class="inline">
          <button
            type="button"
            class={`button ${isSure ? 'danger' : ''}`}
            aria-busy={commands.busy.value.has(`cancel:${row.callbackId}`)}
            onClick={({ detail }) => {
              // The second click of a double click is no answer.
              if (isSure && detail < 2) void board.cancel(row.callbackId);
              else setSure(true);
            }}
          >
            {isSure ? 'Yes, cancel it' : 'Cancel the callback'}
          </button>
          {isSure && (
            <>
              <button type="button" class="button" onClick={() => setSure(false)}>
                Keep it
              </button>
              <p class="hint">The visitor is told at once. This cannot be undone.</p>
            </>
          )}
        </div>
      )}
    </section>
  );
}

/** The page of a live contact, read-only. */
function Follow({ session }: { readonly session: SessionId }): JSX.Element {
  const { portal } = useTools();
  const frame = useMemo(() => new PageFrame(session, 'watch', portal.api), [session, portal]);
  return (
    <div class="watch">
      <SharedFrame frame={frame} title="The visitor’s page, read-only" />
      <button type="button" class="button quiet" onClick={() => void frame.openWindow()}>
        <Icon name="window" /> Open in a window
      </button>
    </div>
  );
}

/** What is stored of the callback: how it went, and why each agent was chosen. */
function Story(): JSX.Element {
  const { portal } = useTools();
  const { board } = portal;
  const story = board.story.value;
  const problem = board.storyProblem.value;
  return (
    <>
      <section data-view="story">
        <h3>History</h3>
        {problem !== undefined && (
          <p class="problem" role="alert">
            The history could not be loaded: {problem}.{' '}
            <button type="button" class="button" onClick={() => void board.tellAgain()}>
              Try again
            </button>
          </p>
        )}
        {story === undefined && problem === undefined && <Skeleton lines={4} label="Loading the history" />}
        {story && <History events={story.history} />}
      </section>
      {story && <Decisions decisions={story.decisions} latest={story.why} />}
    </>
  );
}

/** A span of time among the facts. */
function Range({
  name,
  range,
}: {
  readonly name: string;
  readonly range: TimeRange | undefined;
}): JSX.Element | null {
  const now = useTools().portal.clock.now.value;
  return range === undefined ? null : (
    <div>
      <dt>{name}</dt>
      <dd class="figure">
        {timeAhead(range.from, now)}–{timeAhead(range.to, now)}
      </dd>
    </div>
  );
}

/** Where no forecast is known the server tells the promise in its place. */
function isSame(a: TimeRange | undefined, b: TimeRange | undefined): boolean {
  return a?.from === b?.from && a?.to === b?.to;
}

/** All that the board knows of one callback, and what a manager may do about it. */
export function BoardDrawer({ id }: { readonly id: CallbackId }): JSX.Element {
  const { portal } = useTools();
  const { board } = portal;
  const [isFollowing, setFollowing] = useState(false);
  const view = board.view.value;
  const row = view?.line.find((it) => it.callbackId === id);
  const live = view?.live.find((it) => it.callbackId === id);
  const reservations = view?.reservations.filter((it) => it.callbackId === id) ?? [];
  const state = live?.state ?? row?.state;
  const story = board.story.value;
  const who = row?.who ?? live?.who ?? reservations[0]?.who ?? story?.who ?? 'Callback';
  const now = portal.clock.now.value;
  return (
    <Panel title={who} class="drawer" onClose={() => (board.opened.value = undefined)}>
      {state === undefined && reservations.length === 0 && (
        <p>This callback has left the board. {story && `${callbackWords(story.state).words}.`}</p>
      )}
      {state !== undefined && (
        <p>
          <Badge tone={callbackWords(state).tone}>{callbackWords(state).words}</Badge>{' '}
          {(live ?? row) && row?.state !== 'scheduled' && <Since at={live?.since ?? row?.since ?? now} />}
        </p>
      )}
      <dl class="facts">
        {(row ?? story) && (
          <div>
            <dt>Service</dt>
            <dd>{row?.service ?? story?.service}</dd>
          </div>
        )}
        {row && (
          <>
            {row.state === 'queued' && (
              <>
                <div>
                  <dt>Place</dt>
                  <dd class="figure">{row.place}</dd>
                </div>
                <div>
                  <dt>Waits since</dt>
                  <dd>
                    <At at={row.since} />
                  </dd>
                </div>
              </>
            )}
            <Range name="Promised" range={row.promised} />
            {!isSame(row.estimate, row.promised) && <Range name="Expected now" range={row.estimate} />}
            {row.at !== undefined && (
              <div>
                <dt>To be rung at</dt>
                <dd class="figure">{timeAhead(row.at, now)}</dd>
              </div>
            )}
            <div>
              <dt>Needs</dt>
              <dd>{row.needs.map(needInWords).join(', ') || 'anybody'}</dd>
            </div>
            {row.tier !== '' && (
              <div>
                <dt>Tier</dt>
                <dd>{row.tier}</dd>
              </div>
            )}
          </>
        )}
        {live && (
          <div>
            <dt>Page</dt>
            <dd>{live.page ?? 'not shared'}</dd>
          </div>
        )}
      </dl>
      <section>
        <h3>Parties</h3>
        <ul class="pairs">
          <li>
            <span>{who}</span>
            <span class="hint">visitor</span>
          </li>
          {live && (
            <li>
              <span>{live.agent}</span>
              <span class="hint">agent</span>
            </li>
          )}
          {!live &&
            reservations.map((it) => (
              <li key={it.reservationId}>
                <span>{it.agent}</span>
                <span class="hint">{reservationWords(it.state)}</span>
              </li>
            ))}
        </ul>
      </section>
      {row?.state === 'queued' && (
        <section>
          <h3>Why is it waiting</h3>
          <p>{waitReasonInWords(row, portal.board.view.value?.agents ?? [])}</p>
        </section>
      )}
      {row?.state === 'queued' && <WhatIf row={row} />}
      {live?.sessionId !== undefined && live.page !== undefined && (
        <section class="stack">
          <h3>Page</h3>
          <button
            type="button"
            class="button"
            aria-pressed={isFollowing}
            onClick={() => setFollowing(!isFollowing)}
          >
            {isFollowing ? 'Stop following' : 'Follow the page, read-only'}
          </button>
          {isFollowing && <Follow session={live.sessionId} />}
        </section>
      )}
      {row && <Commands row={row} />}
      <Story />
    </Panel>
  );
}
