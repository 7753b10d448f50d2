import type { JSX } from 'preact';

import { BoardDrawer } from './board-drawer.tsx';
import { AgentTable, LineTable, LiveTable, ReservationTable } from './board-tables.tsx';
import { useTools } from './context.ts';
import { At, Badge, CommandButton, Skeleton } from './controls.tsx';
import { Figures } from './figures.tsx';
import { FlowChart } from './flow-chart.tsx';

const serviceNames = { redis: 'Redis', mongodb: 'MongoDB', sip: 'Telephony', dmz: 'Web link' } as const;

function Services(): JSX.Element | null {
  const { portal } = useTools();
  const view = portal.board.view.value;
  if (view === undefined) return null;
  return (
    <ul class="services" aria-label="Services">
      {(Object.keys(serviceNames) as (keyof typeof serviceNames)[]).map((name) => {
        const { up, detail } = view.services[name];
        return (
          <li key={name} title={detail}>
            <Badge tone={up ? 'live' : 'trouble'}>
              {serviceNames[name]} {up ? 'up' : 'down'}
            </Badge>
            {!up && detail !== undefined && <span class="hint">{detail}</span>}
          </li>
        );
      })}
    </ul>
  );
}

function Trouble(): JSX.Element | null {
  const { portal } = useTools();
  const view = portal.board.view.value;
  if (view === undefined) return null;
  return (
    <section class="box trouble-box trouble-list" aria-labelledby="trouble-title">
      <h2 id="trouble-title">Trouble</h2>
      {view.trouble.length === 0 ? (
        <p class="hint pad">Nothing had to be repaired.</p>
      ) : (
        <ol class="trail pad" tabIndex={0} aria-labelledby="trouble-title">
          {view.trouble.map((it) => (
            <li key={`${it.at} ${it.text}`}>
              <At at={it.at} />
              <span>{it.text}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

/** The manager's board: figures, line, reservations, agents, live contacts, trouble and services. */
export function BoardScreen(): JSX.Element {
  const { portal } = useTools();
  const { board } = portal;
  const view = board.view.value;
  if (view === undefined)
    return (
      <main class="board">
        <h1 class="unseen">Manager board</h1>
        {board.problem.value === undefined ? (
          <Skeleton lines={8} label="Loading the board" />
        ) : (
          <div class="empty" role="alert">
            <p class="empty-title">The board could not be loaded</p>
            <p>{board.problem.value}.</p>
            {portal.desk.me.value?.secondFactor === 'needed' ? (
              <button type="button" class="button primary" onClick={() => portal.toggle('preferences')}>
                Set it up
              </button>
            ) : (
              <button type="button" class="button primary" onClick={() => void board.refresh()}>
                Try again
              </button>
            )}
          </div>
        )}
      </main>
    );
  return (
    <main class="board">
      <h1 class="unseen">Manager board</h1>
      <Figures figures={view.figures} asOf={view.serverNow} />
      <div class="boxes">
        <LineTable />
        <ReservationTable />
        <AgentTable />
        <LiveTable />
        <FlowChart flow={view.flow} />
        <Trouble />
      </div>
      <footer class="board-foot">
        <Services />
        <span class="spring" />
        <CommandButton id="wall" kind="quiet" label={board.isWall.value ? 'Leave wall mode' : 'Wall mode'} />
      </footer>
      {board.opened.value !== undefined && <BoardDrawer key={board.opened.value} id={board.opened.value} />}
    </main>
  );
}
