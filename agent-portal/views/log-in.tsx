import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';

import { reasonOf, RequestFailed } from '../model/api.ts';
import { useTools } from './context.ts';

function wordsFor(error: unknown): string {
  const wait = error instanceof RequestFailed ? error.problem?.retryAfterS : undefined;
  const when = wait === undefined ? '' : ` Try again in ${Math.ceil(wait / 60)} min.`;
  return `${reasonOf(error)}.${when}`;
}

/** The log-in page; it says why one is here when that was not one's own wish. */
export function LogIn({ why }: { readonly why: string | undefined }): JSX.Element {
  const { portal } = useTools();
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  async function send(event: Event): Promise<void> {
    event.preventDefault();
    if (isBusy || form.current === null) return;
    const field = (name: string): string =>
      (form.current?.elements.namedItem(name) as HTMLInputElement).value;
    const totp = field('totp').replaceAll(' ', '');
    setBusy(true);
    setProblem('');
    try {
      await portal.logIn({
        username: field('username').trim(),
        password: field('password'),
        ...(totp === '' ? {} : { totp }),
      });
    } catch (error) {
      setProblem(wordsFor(error));
      setBusy(false);
      form.current.querySelector<HTMLInputElement>('[name=password]')?.select();
    }
  }

  return (
    <main class="door">
      <form ref={form} class="card log-in" onSubmit={(event) => void send(event)} noValidate>
        <h1>
          <span class="mark" aria-hidden="true" /> Ringback
        </h1>
        {why !== undefined && (
          <p class="hint" role="status">
            {why}
          </p>
        )}
        <label>
          User name
          <input
            name="username"
            type="text"
            autocomplete="username"
            autocapitalize="none"
            required
            autofocus
          />
        </label>
        <label>
          Password
          <input
            name="password"
            type="password"
            autocomplete="current-password"
            required
            aria-invalid={problem !== ''}
            aria-describedby="log-in-problem"
          />
        </label>
        <label>
          <span>
            Six-digit code <span class="hint">if you have a second factor</span>
          </span>
          <input
            name="totp"
            class="figure"
            type="text"
            inputMode="numeric"
            autocomplete="one-time-code"
            maxLength={7}
          />
        </label>
        <p id="log-in-problem" class="problem" role="alert">
          {problem}
        </p>
        <button type="submit" class="button primary wide" aria-busy={isBusy}>
          {isBusy ? 'Logging in' : 'Log in'}
        </button>
      </form>
    </main>
  );
}
