import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import type { OfferView } from '../../contracts/agent.ts';
import { accept, decline } from '../model/actions.ts';
import { nameOf } from '../model/desk.ts';
import { duration, languageName, ordinal, shortUrl, spokenDuration } from '../model/format.ts';
import { useTools } from './context.ts';
import { CommandButton } from './controls.tsx';
import { Icon } from './icons.tsx';
import { Why } from './why.tsx';
import { needInWords } from './words.ts';

/** The time left, as a number and as an edge that shrinks. */
function Countdown({ deadline }: { readonly deadline: number }): JSX.Element {
  const { portal } = useTools();
  const edge = useRef<HTMLElement>(null);
  const left = Math.max(0, deadline - portal.clock.now.value);
  useEffect(() => {
    const ms = Math.max(0, deadline - portal.clock.now.peek());
    const full = Math.max(ms, 20_000);
    const shrinking = edge.current?.animate(
      [{ transform: `scaleX(${ms / full})` }, { transform: 'scaleX(0)' }],
      { duration: ms, fill: 'forwards' },
    );
    return () => shrinking?.cancel();
  }, [deadline, portal]);
  return (
    <>
      <span class="countdown figure" role="timer" aria-label={`${spokenDuration(left)} left`}>
        {duration(Math.ceil(left / 1000 - 0.25) * 1000)}
      </span>
      <i class="edge" ref={edge} aria-hidden="true" />
    </>
  );
}

/** One offer: the loudest thing on the screen. Announced when it comes; it never takes the focus. */
export function OfferCard({
  offer,
  isFirst,
}: {
  readonly offer: OfferView;
  readonly isFirst: boolean;
}): JSX.Element {
  const { portal, keyboard } = useTools();
  const { who } = offer;
  const isTaking = portal.commands.busy.value.has(`accept:${offer.reservationId}`);
  const facts = [
    offer.service,
    who.language && languageName(who.language),
    who.visits > 1 ? `${ordinal(who.visits)} visit` : 'first visit',
    who.tier,
  ].filter((it) => it !== undefined && it !== '');
  return (
    <article
      class="offer"
      data-offer={offer.reservationId}
      data-awake={keyboard.isAwake.value}
      aria-label={`Offer from ${nameOf(who)}`}
    >
      <p class="unseen" role="alert">
        Offer: {nameOf(who)}, {offer.service}. {isFirst ? 'Enter accepts, X declines.' : ''}
      </p>
      <div class="offer-head">
        <span class="offer-word">
          {isTaking ? 'Accepting' : portal.isOver(offer) ? 'Time is up' : 'Offer'}
        </span>
        <Countdown deadline={offer.deadline} />
      </div>
      <h2 title={nameOf(who)}>{nameOf(who)}</h2>
      <p class="figure">{who.phone}</p>
      <p>{facts.join(' · ')}</p>
      <p>
        Waited <span class="figure">{duration(offer.waitedMs)}</span>
        {offer.needs.length > 0 && ` · needs ${offer.needs.map(needInWords).join(', ')}`}
      </p>
      {offer.page && (
        <p class="offer-page" title={offer.page.url}>
          On {offer.page.title ?? shortUrl(offer.page.url)}
        </p>
      )}
      {who.standing === 'claimed' && (
        <p class="offer-claim">
          <Icon name="warning" /> Identity is claimed: check it
        </p>
      )}
      {portal.desk.me.value?.preferences.accept === 'phone' && <p>Lift your phone to accept, or:</p>}
      {isFirst ? (
        <>
          <div class="offer-actions">
            <CommandButton id="accept" kind="primary" />
            <CommandButton id="decline" />
          </div>
          <CommandButton id="why" kind="quiet" label={portal.whyIsOpen.value ? 'Hide why' : 'Why me?'} />
          {portal.whyIsOpen.value && <Why decision={offer.why} />}
        </>
      ) : (
        <div class="offer-actions">
          {offer.allowed.includes('accept') && (
            <button type="button" class="button primary" onClick={() => void accept(portal, offer)}>
              Accept
            </button>
          )}
          {offer.allowed.includes('reject') && (
            <button type="button" class="button" onClick={() => void decline(portal, offer)}>
              Decline
            </button>
          )}
        </div>
      )}
    </article>
  );
}
