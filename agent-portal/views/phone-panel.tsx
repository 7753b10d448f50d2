import type { JSX } from 'preact';

import { useTools } from './context.ts';
import { Badge } from './controls.tsx';

/** How my phone stands, and what to do when it cannot be reached. */
export function PhonePanel(): JSX.Element | null {
  const { portal } = useTools();
  const me = portal.desk.me.value;
  if (me === undefined) return null;
  const extension = me.extension ?? 'yours';
  if (me.phone === 'registered')
    return (
      <>
        <p>
          <Badge tone="live">Extension {extension} is registered</Badge>
        </p>
        <p class="hint">Calls reach you. Hanging up on the phone itself is followed here within a second.</p>
      </>
    );
  return (
    <>
      <p>
        <Badge tone="trouble">Extension {extension} is unreachable</Badge>
      </p>
      <ol class="steps">
        <li>Check that the phone has power and its network cable, or that the softphone runs.</li>
        <li>It has to be logged in as extension {extension}, with the password you were given for it.</li>
        <li>Restart it: it registers within a minute, and this notice goes by itself.</li>
        <li>Still nothing? Tell your manager: the board shows whether the telephone service is up.</li>
      </ol>
    </>
  );
}
