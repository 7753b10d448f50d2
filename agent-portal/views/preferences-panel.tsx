import type { JSX } from 'preact';

import type { AgentPreferences } from '../../contracts/agent.ts';
import { useTools } from './context.ts';
import { SecondFactor } from './second-factor.tsx';

const ways: readonly {
  readonly value: AgentPreferences['accept'];
  readonly label: string;
  readonly hint: string;
}[] = [
  { value: 'portal', label: 'Here, by key or button', hint: 'Your phone rings after you have accepted.' },
  { value: 'phone', label: 'By lifting the phone', hint: 'The offer rings your phone; lifting it accepts.' },
  { value: 'auto', label: 'At once', hint: 'Every offer is accepted for you.' },
];

/** How I accept offers, and whether they make a sound. Saved at once. */
export function PreferencesPanel(): JSX.Element | null {
  const { portal } = useTools();
  const me = portal.desk.me.value;
  if (me === undefined) return null;
  const { preferences } = me;
  // Who only manages is never offered anything.
  if (!me.roles.includes('agent')) return <SecondFactor />;
  const isBusy = portal.commands.busy.value.has('preferences');
  return (
    <>
      <fieldset aria-busy={isBusy}>
        <legend>Accept offers</legend>
        {ways.map((way) => (
          <label class="choice" key={way.value}>
            <input
              type="radio"
              name="accept"
              value={way.value}
              checked={preferences.accept === way.value}
              onChange={() => void portal.setPreferences({ ...preferences, accept: way.value })}
            />
            <span>
              {way.label}
              <span class="hint">{way.hint}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>Sound</legend>
        <label class="choice">
          <input
            type="checkbox"
            checked={preferences.sound}
            onChange={(event) =>
              void portal.setPreferences({ ...preferences, sound: event.currentTarget.checked })
            }
          />
          <span>
            Ring when an offer comes
            <span class="hint">Only one tab rings, however many are open.</span>
          </span>
        </label>
        <button type="button" class="button" onClick={() => portal.ringer.once()}>
          Hear it
        </button>
      </fieldset>
      <SecondFactor />
    </>
  );
}
