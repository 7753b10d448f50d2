import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { FreshSecondFactor } from '../../contracts/agent.ts';
import { reasonOf, RequestFailed } from '../model/api.ts';
import { useTools } from './context.ts';

const words = {
  off: 'Off. With it, a stolen password alone opens nothing.',
  needed: 'Needed here before you may manage.',
  on: 'On. Logging in asks for a code of your authenticator.',
} as const;

/** Here one thing is typed, and that is what was wrong. */
function problemWords(error: unknown, kind: 'password' | 'code'): string {
  const isWrong = error instanceof RequestFailed && error.problem?.type === 'wrong-credentials';
  return isWrong ? `This ${kind} is not right.` : `${reasonOf(error)}.`;
}

/** One line to type and a button: what the steps of a second factor consist of. */
function Step(props: {
  readonly label: string;
  readonly button: string;
  readonly kind: 'password' | 'code';
  readonly send: (text: string) => Promise<void>;
  /** It took the place of what had the focus. */
  readonly takesFocus?: boolean;
}): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const { takesFocus = false } = props;
  useEffect(() => {
    if (takesFocus) field.current?.focus();
  }, [takesFocus]);
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const input = form.elements.namedItem(props.kind) as HTMLInputElement;
    const typed = input.value;
    if (isBusy || typed === '') return;
    setBusy(true);
    setProblem('');
    try {
      await props.send(props.kind === 'code' ? typed.replaceAll(' ', '') : typed);
      form.reset();
    } catch (error) {
      setProblem(problemWords(error, props.kind));
      input.select();
    } finally {
      setBusy(false);
    }
  }

  const told = { ref: field, 'aria-invalid': problem !== '', 'aria-describedby': 'second-factor-problem' };
  return (
    <form class="stack" onSubmit={(event) => void submit(event)} noValidate>
      <label>
        {props.label}
        {props.kind === 'password' ? (
          <input name="password" type="password" autocomplete="current-password" {...told} />
        ) : (
          <input name="code" class="figure" inputMode="numeric" autocomplete="one-time-code" {...told} />
        )}
      </label>
      <p id="second-factor-problem" class="problem" role="alert">
        {problem}
      </p>
      <button type="submit" class="button" aria-busy={isBusy}>
        {props.button}
      </button>
    </form>
  );
}

/** A second factor of one's own: set up with the password, good from the first code on, ended with a code. */
export function SecondFactor(): JSX.Element | null {
  const { portal } = useTools();
  const [fresh, setFresh] = useState<FreshSecondFactor | undefined>(undefined);
  const state = portal.desk.me.value?.secondFactor;
  if (state === undefined) return null;

  async function confirm(code: string): Promise<void> {
    await portal.api.confirmSecondFactor(code);
    setFresh(undefined);
    // The board was refused until now: everything is asked for anew.
    if (state === 'needed') location.reload();
  }

  return (
    <fieldset>
      <legend>Second factor</legend>
      <p class="hint">{words[state]}</p>
      {state === 'on' && (
        <Step
          kind="code"
          label="A code, to turn it off"
          button="Turn off"
          send={(code) => portal.api.endSecondFactor(code)}
        />
      )}
      {state !== 'on' && fresh === undefined && (
        <Step
          kind="password"
          label="Your password, to set it up"
          button="Set up"
          send={async (password) => setFresh(await portal.api.beginSecondFactor(password))}
        />
      )}
      {state !== 'on' && fresh !== undefined && (
        <>
          <p>
            Enter this key in your authenticator, or <a href={fresh.uri}>open it on this device</a>:
          </p>
          <p>
            <code class="key">{fresh.secret.replaceAll(/(.{4})(?=.)/g, '$1 ')}</code>
          </p>
          <Step kind="code" label="The code it shows now" button="Confirm" send={confirm} takesFocus />
        </>
      )}
    </fieldset>
  );
}
