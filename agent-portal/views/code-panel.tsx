import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { useTools } from './context.ts';

/** Registers for a page by the six digits the visitor reads out, and the address shown beside them. */
export function CodePanel(): JSX.Element {
  const { portal } = useTools();
  const [code, setCode] = useState('');
  const [ip, setIp] = useState('');
  const [problem, setProblem] = useState('');
  const isBusy = portal.commands.busy.value.has('register:code');

  async function send(event: Event): Promise<void> {
    event.preventDefault();
    const digits = code.replaceAll(/\D/g, '');
    if (digits.length !== 6) {
      setProblem('The code has six digits.');
      return;
    }
    if (ip.trim().length < 2) {
      setProblem('The address is needed too: a code works only together with it.');
      return;
    }
    setProblem('');
    if (await portal.pages.registerByCode(ip.trim(), digits)) portal.panel.value = undefined;
    else setProblem('This code and address do not fit together. Ask the visitor to read them again.');
  }

  return (
    <form class="stack" onSubmit={(event) => void send(event)} noValidate>
      <p class="hint">
        The visitor finds both at the foot of their “Call me back” panel: six digits, and behind them an
        address.
      </p>
      <label>
        Six-digit code
        <input
          class="figure code"
          inputMode="numeric"
          autocomplete="off"
          maxLength={7}
          autofocus
          value={code}
          aria-invalid={problem !== ''}
          aria-describedby="code-problem"
          onInput={(event) => setCode(event.currentTarget.value)}
        />
      </label>
      <label>
        Address
        <input
          class="figure"
          autocomplete="off"
          placeholder="203.0.113.7"
          value={ip}
          onInput={(event) => setIp(event.currentTarget.value)}
        />
      </label>
      <p id="code-problem" class="problem" role="alert">
        {problem}
      </p>
      <button type="submit" class="button primary wide" aria-busy={isBusy}>
        Register
      </button>
    </form>
  );
}
