import type { ComponentChildren, JSX } from 'preact';

import type { CallbackId } from '../../contracts/ids.ts';
import type { SteadyOrder } from '../model/steady-order.ts';
import { duration, shortUrl, timeAhead } from '../model/format.ts';
import { useTools } from './context.ts';
import { Badge, Since, Who } from './controls.tsx';
import {
  agentWords,
  callbackWords,
  inLineWords,
  reservationWords,
  type Tone,
  wantsInWords,
} from './words.ts';

interface BoxProps<T> {
  readonly title: string;
  readonly list: SteadyOrder<T>;
  /** How many there are, where that is not the number of rows; and in words, where one number does not say it. */
  readonly count?: number | undefined;
  readonly counted?: string | undefined;
  readonly columns: readonly string[];
  readonly empty: string;
  readonly row: (it: T) => JSX.Element;
  readonly class?: string;
}

/** Columns of figures, whose heads stand over their right edge. */
const numeric: ReadonlySet<string> = new Set(['#', 'Waits', 'For', 'Time']);

/** A titled list that holds its order under the pointer, and says why when it is empty. */
function Box<T>(props: BoxProps<T>): JSX.Element {
  const rows = props.list.rows.value;
  const count = props.count ?? rows.length;
  const counted = props.counted ?? count.toLocaleString('en');
  const more = count - rows.length;
  const id = `box-${props.title.toLowerCase().replaceAll(' ', '-')}`;
  return (
    <section
      class={`box ${props.class ?? ''}`}
      aria-labelledby={id}
      onPointerEnter={() => props.list.pointer(true)}
      onPointerLeave={() => props.list.pointer(false)}
    >
      <h2 id={id}>
        {props.title} <span class="figure hint">{counted}</span>
      </h2>
      {rows.length === 0 ? (
        <p class="hint pad">{props.empty}</p>
      ) : (
        <div class="scroll" tabIndex={0} role="group" aria-labelledby={id}>
          <table>
            <thead>
              <tr>
                {props.columns.map((it) => (
                  <th scope="col" key={it} class={numeric.has(it) ? 'number' : ''}>
                    {it}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>{rows.map(props.row)}</tbody>
          </table>
          {more > 0 && <p class="hint pad">and {more.toLocaleString('en')} more</p>}
        </div>
      )}
    </section>
  );
}

/** The first cell of a row: a button that opens the drawer, and with it the whole row is a target. */
function Opener(props: { readonly id: CallbackId; readonly children: ComponentChildren }): JSX.Element {
  const { portal } = useTools();
  const { opened } = portal.board;
  return (
    <button
      type="button"
      class="opener"
      aria-expanded={opened.value === props.id}
      onClick={() => (opened.value = opened.value === props.id ? undefined : props.id)}
    >
      {props.children}
    </button>
  );
}

/** Who waits, in the order of service, and after them who is booked. */
export function LineTable(): JSX.Element {
  const { portal } = useTools();
  const counts = portal.board.view.value?.counts;
  const now = portal.clock.now.value;
  return (
    <Box
      title="Line"
      class="line-box"
      list={portal.board.line}
      count={counts && counts.waiting + counts.booked}
      counted={counts && inLineWords(counts)}
      columns={['#', 'Who', 'Needs', 'Waits', 'Range', 'Could take it']}
      empty="Nobody waits."
      row={(it) => (
        <tr key={it.callbackId} data-row={it.callbackId}>
          <td class="figure number">{it.state === 'queued' && it.place > 0 && it.place}</td>
          <th scope="row">
            <Opener id={it.callbackId}>
              <Who name={it.who} />
            </Opener>
          </th>
          <td>{wantsInWords(it)}</td>
          <td class="number">{it.state === 'queued' && it.since <= now && <Since at={it.since} />}</td>
          <td class="figure">
            {it.state === 'scheduled' && it.at !== undefined
              ? `at ${timeAhead(it.at, now)}`
              : it.estimate && `${timeAhead(it.estimate.from, now)}–${timeAhead(it.estimate.to, now)}`}
          </td>
          <td class="hint">{it.candidates.join(', ')}</td>
        </tr>
      )}
    />
  );
}

const reservationTones: Readonly<Record<string, Tone>> = {
  pending: 'reserved',
  future: 'waiting',
  accepted: 'live',
  wrapping: 'waiting',
};

/** Who is held for whom, and how that will end; reservations to come included. */
export function ReservationTable(): JSX.Element {
  const { portal } = useTools();
  const now = portal.clock.now.value;
  return (
    <Box
      title="Reservations"
      class="reservations-box"
      list={portal.board.reservations}
      count={portal.board.view.value?.counts?.reservations}
      columns={['Who', 'Agent', 'State', 'Time']}
      empty="Nobody is reserved."
      row={(it) => (
        <tr key={it.reservationId} data-row={it.reservationId}>
          <th scope="row">
            <Opener id={it.callbackId}>
              <Who name={it.who} />
            </Opener>
          </th>
          <td>{it.agent}</td>
          <td>
            <Badge tone={reservationTones[it.state] ?? 'rest'}>{reservationWords(it.state)}</Badge>
          </td>
          <td class="figure number">
            {it.state === 'future' ? (
              it.deadline !== undefined && `~ ${timeAhead(it.deadline, now)}`
            ) : it.deadline === undefined ? (
              <Since at={it.since} />
            ) : (
              `${duration(Math.ceil((it.deadline - now) / 1000) * 1000)} left`
            )}
          </td>
        </tr>
      )}
    />
  );
}

/** Every agent: state, how long, with whom. */
export function AgentTable(): JSX.Element {
  const { portal } = useTools();
  return (
    <Box
      title="Agents"
      class="agents-box"
      list={portal.board.agents}
      columns={['Agent', 'State', 'With', 'For']}
      empty="Nobody is logged in."
      row={(it) => {
        const { words, tone } = agentWords(it.state, it.reason);
        return (
          <tr key={it.agentId} data-row={it.agentId}>
            <th scope="row">
              {it.name}
              {it.phone === 'unreachable' && it.state !== 'logged-off' && (
                <span class="problem" title="The phone is unreachable">
                  {' '}
                  no phone
                </span>
              )}
            </th>
            <td>
              <Badge tone={tone}>{words}</Badge>
            </td>
            <td>{it.with !== undefined && <Who name={it.with} />}</td>
            <td>{it.state !== 'logged-off' && <Since at={it.since} />}</td>
          </tr>
        );
      }}
    />
  );
}

/** The contacts that are up now, and the page each visitor is on. */
export function LiveTable(): JSX.Element {
  const { portal } = useTools();
  return (
    <Box
      title="Live contacts"
      class="live-box"
      list={portal.board.live}
      columns={['Who', 'Agent', 'State', 'Page', 'For']}
      empty="No contact is up."
      row={(it) => {
        const { words, tone } = callbackWords(it.state);
        return (
          <tr key={it.callbackId} data-row={it.callbackId}>
            <th scope="row">
              <Opener id={it.callbackId}>
                <Who name={it.who} />
              </Opener>
            </th>
            <td>{it.agent}</td>
            <td>
              <Badge tone={tone}>{words}</Badge>
            </td>
            <td class="hint cut" title={it.page}>
              {it.page && shortUrl(it.page)}
            </td>
            <td>
              <Since at={it.since} />
            </td>
          </tr>
        );
      }}
    />
  );
}
