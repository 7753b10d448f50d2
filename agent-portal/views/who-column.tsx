import type { JSX } from 'preact';

import type { ContactView, WhoView } from '../../contracts/agent.ts';
import { useTools } from './context.ts';
import { At, Badge, CommandButton } from './controls.tsx';
import { Facts, Products, Tickets, Trail } from './person-parts.tsx';
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

function History({ contact }: { readonly contact: ContactView }): JSX.Element {
  const events = [
    ...contact.attempts.map((it) => ({ at: it.at, what: `rang: ${it.outcome.replaceAll('-', ' ')}` })),
    ...contact.history,
  ]
    .map((it, i) => ({ ...it, i }))
    .sort((a, b) => b.at - a.at || b.i - a.i);
  return (
    <section>
      <h3>History</h3>
      {events.length === 0 ? (
        <p class="hint">Nothing before this request.</p>
      ) : (
        <ol class="trail">
          {events.map((it) => (
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
      <Products who={who} />
      <Tickets who={who} />
      <Trail page={contact.session?.pages.page} />
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
