import type { JSX } from 'preact';

import { CallBar } from './call-bar.tsx';
import { CodedPagePanel } from './coded-page-panel.tsx';
import { ContactList } from './contact-list.tsx';
import { useTools } from './context.ts';
import { CommandButton, Empty } from './controls.tsx';
import { OfferCard } from './offer-card.tsx';
import { OfferPreview } from './offer-preview.tsx';
import { PagePanel } from './page-panel.tsx';
import { WaitingPanel } from './waiting-panel.tsx';
import { WhoColumn } from './who-column.tsx';
import { WorkColumn } from './work-column.tsx';
import { phoneWords, waitWords } from './words.ts';

/** What the middle says when no contact is there: always what comes next, or what to do. */
function Resting(): JSX.Element | null {
  const { portal } = useTools();
  const me = portal.desk.me.value;
  const offer = portal.desk.offer.value;
  const coded = portal.pages.coded.value;
  if (me === undefined) return null;
  if (offer !== undefined) return <OfferPreview offer={offer} />;
  if (coded !== undefined) return <CodedPagePanel page={coded} />;
  if (phoneWords(me, portal.clock.now.value).isDown)
    return (
      <Empty title="Your phone is unreachable">
        <p>
          Nobody can be connected to you until it registers.{' '}
          {me.extension !== undefined && `It is extension ${me.extension}.`}
        </p>
        <CommandButton id="phone" label="What to do" />
      </Empty>
    );
  if (me.state === 'ready')
    return (
      <Empty title="You are ready">
        <p>The next callback that fits you appears on the left{me.preferences.sound ? ' and rings' : ''}.</p>
        <p>
          Accept it with <kbd>⏎</kbd>; all other keys are under <kbd>?</kbd>.
        </p>
      </Empty>
    );
  if (me.state !== 'not-ready' && me.state !== 'logged-off')
    return (
      <Empty title="One moment">
        <p>Your contact is on its way to this screen.</p>
      </Empty>
    );
  return (
    <Empty title="You are not ready">
      <p>{waitWords(portal.desk.line.value.waiting)} Nothing is offered to you until you are ready.</p>
      <CommandButton id="ready" kind="primary" />
    </Empty>
  );
}

/** The desk of an agent: offers and contacts, the page, the person and the notes. */
export function DeskScreen(): JSX.Element {
  const { portal } = useTools();
  const offers = portal.desk.offers.value;
  const contact = portal.desk.contact.value;
  return (
    <main class={`desk ${contact ? 'has-contact' : ''} ${offers.length > 0 ? 'has-offer' : ''}`}>
      <h1 class="unseen">Agent desk</h1>
      <section class="offers" aria-label="Offers and contacts">
        {offers.map((offer, i) => (
          <OfferCard key={offer.reservationId} offer={offer} isFirst={i === 0} />
        ))}
        <ContactList />
      </section>
      {contact === undefined ? (
        <section class="middle resting" aria-label="Contact">
          <Resting />
          {offers.length === 0 && portal.pages.coded.value === undefined && <WaitingPanel />}
        </section>
      ) : (
        <>
          <CallBar contact={contact} />
          <PagePanel key={contact.callbackId} contact={contact} />
          <aside class="person" aria-label="Person">
            <WhoColumn contact={contact} />
          </aside>
          <WorkColumn key={contact.callbackId} contact={contact} />
        </>
      )}
    </main>
  );
}
