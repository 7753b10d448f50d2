import type { JSX } from 'preact';

import type { ContactView, PageView, WhoView } from '../../contracts/agent.ts';
import { dateInWords, inFull, languageName, ordinal, shortUrl } from '../model/format.ts';
import { At } from './controls.tsx';

/** What is known of a person in a few lines. */
export function Facts({ who }: { readonly who: WhoView }): JSX.Element {
  const facts = [
    ['Tier', who.tier],
    ['Customer since', who.since && dateInWords(who.since)],
    ['Visits', who.visits > 1 ? `${ordinal(who.visits)} visit` : 'first visit'],
    ['Language', who.language && languageName(who.language)],
    ['Address', who.ip],
  ] as const;
  return (
    <dl class="facts">
      {facts.map(
        ([name, value]) =>
          value !== undefined &&
          value !== '' && (
            <div key={name}>
              <dt>{name}</dt>
              <dd class={name === 'Address' ? 'figure' : ''}>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** What the company provides to this person, and how each of it stands. */
export function Products({ who }: { readonly who: WhoView }): JSX.Element {
  return (
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
  );
}

/** Trouble tickets; nothing where there are none. */
export function Tickets({ who }: { readonly who: WhoView }): JSX.Element | null {
  if (who.tickets.length === 0) return null;
  return (
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
  );
}

/** Where the visitor has been, newest first. */
export function Trail({ page }: { readonly page: PageView | undefined }): JSX.Element | null {
  const trail = page?.trail ?? [];
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

/** What happened, in the order given. */
export function History({ events }: { readonly events: ContactView['history'] }): JSX.Element {
  return (
    <ol class="trail">
      {events.map((it) => (
        <li key={`${it.at} ${it.what}`}>
          <At at={it.at} />
          <span>{it.what}</span>
        </li>
      ))}
    </ol>
  );
}
