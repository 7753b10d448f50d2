import type { JSX } from 'preact';

import type { WaitingView } from '../../contracts/agent.ts';
import { callNow } from '../model/actions.ts';
import { timeAhead } from '../model/format.ts';
import { useTools } from './context.ts';
import { Since } from './controls.tsx';
import { inLineWords, wantsInWords } from './words.ts';

type Row = WaitingView['rows'][number];

function Waiting({ row }: { readonly row: Row }): JSX.Element {
  const { portal } = useTools();
  const isBusy = portal.commands.busy.value.has(`call:${row.callbackId}`);
  return (
    <li class="could-take-row" data-row={row.callbackId}>
      <span class="row-name" title={row.who}>
        {row.who}
      </span>
      <span class="hint wants">{wantsInWords(row)}</span>
      <span class="figure since">
        {row.state === 'scheduled' && row.at !== undefined ? (
          `at ${timeAhead(row.at, portal.clock.now.value)}`
        ) : (
          <Since at={row.since} label="Waits" />
        )}
      </span>
      {row.callableFrom !== undefined && (
        <span class="hint">may be called from {timeAhead(row.callableFrom, portal.clock.now.value)}</span>
      )}
      {row.allowed.includes('call-now') && (
        <button
          type="button"
          class="button"
          aria-label={`Call now: ${row.who}`}
          aria-busy={isBusy}
          onClick={() => {
            if (!isBusy) void callNow(portal, row);
          }}
        >
          Call now
        </button>
      )}
    </li>
  );
}

/** Who waits and could be taken by this agent, whoever's turn it is; nothing where nobody does. */
export function WaitingPanel(): JSX.Element | null {
  const { portal } = useTools();
  const { rows, counts } = portal.waiting.view.value;
  const more = counts.waiting + counts.booked - rows.length;
  if (rows.length === 0) return null;
  return (
    <section class="could-take" aria-labelledby="could-take">
      <h2 id="could-take">
        You could take <span class="figure hint">{inLineWords(counts)}</span>
      </h2>
      <ul>
        {rows.map((row) => (
          <Waiting key={row.callbackId} row={row} />
        ))}
      </ul>
      {more > 0 && <p class="hint">and {more.toLocaleString('en')} more</p>}
    </section>
  );
}
