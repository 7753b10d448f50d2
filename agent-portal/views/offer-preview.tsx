import type { JSX } from 'preact';

import type { OfferView } from '../../contracts/agent.ts';
import { nameOf } from '../model/desk.ts';
import { shortUrl } from '../model/format.ts';
import { Facts, Products, Tickets, Trail } from './person-parts.tsx';

/** What there is to know before accepting: where the visitor is now, and what they have from us. */
export function OfferPreview({ offer }: { readonly offer: OfferView }): JSX.Element {
  const { who, page } = offer;
  return (
    <div class="preview">
      <header>
        <h2>{nameOf(who)}</h2>
        <p class="hint">
          {page === undefined ? (
            'Where the visitor is on the site is not shared.'
          ) : (
            <>
              Is on <b>{page.title ?? shortUrl(page.url)}</b>
              <span class="preview-url">{page.url}</span>
            </>
          )}
        </p>
      </header>
      <div>
        <Facts who={who} />
      </div>
      <div class="who-parts">
        <Products who={who} />
        <Tickets who={who} />
        <Trail page={page} />
      </div>
    </div>
  );
}
