import type { JSX } from 'preact';

import type { ContactView, WhoView } from '../../contracts/agent.ts';
import { inFull, ordinal, shortUrl } from '../model/format.ts';
import { useTools } from './context.ts';
import { At, Badge, CommandButton } from './controls.tsx';
import { Why } from './why.tsx';

/** Whether this person is who they say they are. */
function Standing({ who }: { readonly who: WhoView }): JSX.Element {
  return who.standing === 'proved' ? (
    <p class="standing">
      <Badge tone="live">Identity proved</Badge>
    </p>
  ) : (
    <div class="standing claimed">
      <Badge tone="trouble">Identity claimed</Badge>
      <CommandButton id="check" label="I have checked" />
      <p class="hint">Ask something only they can know before you speak of their affairs.</p>
    </div>
  );
}

function Facts({ who }: { readonly who: WhoView }): JSX.Element {
  const facts = [
    ['Tier', who.tier],
    ['Customer since', who.since],
    ['Visits', who.visits > 1 ? `${ordinal(who.visits)} visit` : 'first visit'],
    ['Language', who.language],
    ['Address', who.ip],
  ] as const;
  return (
    <dl class="facts">
      {facts.map(
        ([name, value]) =>
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd class={name === 'Address' ? 'figure' : ''}>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

function Trail({ contact }: { readonly contact: ContactView }): JSX.Element | null {
  const trail = contact.session?.pages.page?.trail ?? [];
  if (trail.length === 0) return null;
  return (
    <section>
      <h3>Trail</h3>
      <ol class="trail">
        {trail.map((it) => (
          <li key={`${it.at} ${it.url}`} title={`${it.url}\n${inFull(it.at)}`}>
            <At at={it.at} />
            <span>{it.title ?? shortUrl(it.url)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function History({ contact }: { readonly contact: ContactView }): JSX.Element {
  return (
    <section>
      <h3>History</h3>
      {contact.history.length === 0 && contact.attempts.length === 0 ? (
        <p class="hint">Nothing before this request.</p>
      ) : (
        <ol class="trail">
          {contact.attempts.map((it) => (
            <li key={`attempt ${it.at}`}>
              <At at={it.at} />
              <span>Rang: {it.outcome.replaceAll('-', ' ')}</span>
            </li>
          ))}
          {contact.history.map((it) => (
            <li key={`${it.at} ${it.what}`}>
              <At at={it.at} />
              <span>{it.what}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

/** Who is at the other end: claimed or proved, what they have from us, where they have been. */
export function WhoColumn({ contact }: { readonly contact: ContactView }): JSX.Element {
  const { portal } = useTools();
  const { who } = contact;
  const decision = portal.desk.decisions.value.get(contact.callbackId);
  return (
    <div class="who">
      <h2 class="unseen">Who</h2>
      <Standing who={who} />
      <Facts who={who} />
      <section>
        <h3>Products</h3>
        {who.products.length === 0 ? (
          <p class="hint">None on record.</p>
        ) : (
          <ul class="pairs">
            {who.products.map((it) => (
              <li key={it.name}>
                <span>{it.name}</span>
                <span class="hint">{it.status}</span>
              </li>
            ))}
          </ul>
        )}
      </section>
      {who.tickets.length > 0 && (
        <section>
          <h3>Tickets</h3>
          <ul class="pairs">
            {who.tickets.map((it) => (
              <li key={it.number}>
                <span>
                  <span class="figure">#{it.number}</span> {it.title}
                </span>
                <span class="hint">{it.state}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <Trail contact={contact} />
      <History contact={contact} />
      {decision !== undefined && portal.desk.offer.value === undefined && (
        <section>
          <CommandButton id="why" kind="quiet" label={portal.whyIsOpen.value ? 'Hide why' : 'Why me?'} />
          {portal.whyIsOpen.value && <Why decision={decision} />}
        </section>
      )}
    </div>
  );
}
