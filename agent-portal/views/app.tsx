import type { JSX } from 'preact';

import { BoardScreen } from './board-screen.tsx';
import { useTools } from './context.ts';
import { Skeleton } from './controls.tsx';
import { DeskScreen } from './desk-screen.tsx';
import { LogIn } from './log-in.tsx';
import { Notices } from './notices.tsx';
import { OfferCard } from './offer-card.tsx';
import { Panels } from './panels.tsx';
import { RulesScreen } from './rules-screen.tsx';
import { TopBar } from './top-bar.tsx';

/** Offers while the board is on the screen: the loudest thing there too. */
function FloatingOffers(): JSX.Element | null {
  const { portal } = useTools();
  const offers = portal.desk.offers.value;
  if (offers.length === 0) return null;
  return (
    <aside class="floating-offers" aria-label="Offers">
      {offers.map((offer, i) => (
        <OfferCard key={offer.reservationId} offer={offer} isFirst={i === 0} />
      ))}
    </aside>
  );
}

/** The page: log-in, desk or board, and what is said when the server cannot be reached. */
export function App(): JSX.Element {
  const { portal } = useTools();
  const phase = portal.phase.value;
  if (phase.is === 'logged-out') return <LogIn why={phase.why} />;
  if (phase.is === 'loading')
    return (
      <main class="door">
        <Skeleton lines={4} label="Loading your desk" />
      </main>
    );
  if (phase.is === 'failed')
    return (
      <main class="door">
        <div class="card" role="alert">
          <h1>Your desk could not be loaded</h1>
          <p>{phase.why}.</p>
          <p>
            Calls that are up stay up, and your phone works as before. This page goes on trying and shows your
            desk as soon as it can.
          </p>
          <button type="button" class="button primary" onClick={() => void portal.start()}>
            Try again now
          </button>
        </div>
      </main>
    );
  const isBoard = portal.screen.value === 'board' && portal.isManager.value;
  const isRules = portal.screen.value === 'rules' && portal.isManager.value;
  return (
    <div class={`portal ${isBoard && portal.board.isWall.value ? 'wall' : ''}`}>
      <TopBar />
      <Notices />
      {isBoard ? <BoardScreen /> : isRules ? <RulesScreen /> : <DeskScreen />}
      {(isBoard || isRules) && <FloatingOffers />}
      <Panels />
    </div>
  );
}
