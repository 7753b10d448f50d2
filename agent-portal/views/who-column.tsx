import type { JSX } from 'preact';

import type { ContactView, WhoView } from '../../contracts/agent.ts';
import { useTools } from './context.ts';
import { Badge, CommandButton } from './controls.tsx';
import { Facts, History, Products, Tickets, Trail } from './person-parts.tsx';
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
      <CommandButton id="check" label="Checked" />
      <p class="hint">Ask something only they can know before you speak of their affairs.</p>
    </div>
  );
}

/** Who is at the other end: claimed or proved, what they have from us, where they have been. */
export function WhoColumn({ contact }: { readonly contact: ContactView }): JSX.Element {
  const { portal } = useTools();
  const { who, why } = contact;
  return (
    <div class="who">
      <h2 class="unseen">Who</h2>
      <Standing who={who} />
      <Facts who={who} />
      <Products who={who} />
      <Tickets who={who} />
      <Trail page={contact.session?.pages.page} />
      <section>
        <h3>History</h3>
        <History events={contact.history.toReversed()} />
      </section>
      {why !== undefined && portal.desk.offer.value === undefined && (
        <section>
          <CommandButton id="why" kind="quiet" label={portal.whyIsOpen.value ? 'Hide why' : 'Why me?'} />
          {portal.whyIsOpen.value && <Why decision={why} />}
        </section>
      )}
    </div>
  );
}
