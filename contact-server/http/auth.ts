import type { Context, Middleware } from 'koa';
import { ProblemError } from '../../server-kit/problem.ts';
import type { LogInDesk } from '../app/log-in-desk.ts';
import type { Account } from '../ports/accounts.ts';

export interface AuthSettings {
  /** The exact origin of the portal, e.g. `https://desk.example`. */
  readonly origin: string;
}

/** `__Host-` needs TLS; on a plain loopback address the name is without it. */
export function cookieName(settings: AuthSettings): string {
  return settings.origin.startsWith('https:') ? '__Host-ringback' : 'ringback';
}

export function setCookie(ctx: Context, settings: AuthSettings, token: string | null, lifeMs: number): void {
  ctx.cookies.set(cookieName(settings), token, {
    httpOnly: true,
    sameSite: 'strict',
    secure: settings.origin.startsWith('https:'),
    path: '/',
    overwrite: true,
    maxAge: token === null ? 0 : lifeMs,
  });
}

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Unsafe methods need the exact Origin: a page of another site cannot act with an agent's cookie. */
export function sameOrigin(settings: AuthSettings): Middleware {
  return async (ctx, next) => {
    if (!safe.has(ctx.method) && ctx.get('Origin') !== settings.origin) {
      throw new ProblemError('wrong-origin', { detail: `Send the header Origin: ${settings.origin}` });
    }
    await next();
  };
}

/** The person who asks. Throws `not-logged-in`. */
export async function whoAsks(ctx: Context, desk: LogInDesk, settings: AuthSettings): Promise<Account> {
  const { account, freshToken } = await desk.known(ctx.cookies.get(cookieName(settings)));
  if (freshToken !== undefined) setCookie(ctx, settings, freshToken, 12 * 3_600_000);
  return account;
}

export function needsManager(account: Account): void {
  if (!account.roles.includes('manager'))
    throw new ProblemError('not-permitted', { detail: 'Only managers may do this.' });
}

export function needsAgent(account: Account): void {
  if (!account.roles.includes('agent'))
    throw new ProblemError('not-permitted', { detail: 'Only agents may do this.' });
}
