import type { Context, Middleware } from 'koa';
import { ProblemError } from '../../server-kit/problem.ts';
import type { Known, LogInDesk } from '../app/log-in-desk.ts';
import type { Account } from '../ports/accounts.ts';

export interface AuthSettings {
  /** The exact origin of the portal, e.g. `https://desk.example`. */
  readonly origin: string;
  /** Managers may do nothing before they have set up a second factor. */
  readonly managerTotp: 'required' | 'optional';
}

/** Whom a route is for: anybody who is logged in, or agents, or managers only. */
export type For = 'anybody' | 'agents' | 'managers';

/** `__Host-` needs TLS; on a plain loopback address the name is without it. */
export function cookieName(settings: Pick<AuthSettings, 'origin'>): string {
  return settings.origin.startsWith('https:') ? '__Host-ringback' : 'ringback';
}

export function setCookie(ctx: Context, settings: AuthSettings, token: string | null, lifeMs: number): void {
  // TLS ends at a proxy before us: koa would not set a Secure cookie over what it takes for a plain connection.
  ctx.cookies.secure = settings.origin.startsWith('https:');
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

/** The person who asks. Throws `not-logged-in`, and `not-permitted` when the route is not for them. */
export async function whoAsks(
  ctx: Context,
  desk: LogInDesk,
  settings: AuthSettings,
  who: For = 'anybody',
): Promise<Known> {
  const known = await desk.known(ctx.cookies.get(cookieName(settings)));
  const { account, fresh } = known;
  if (fresh) setCookie(ctx, settings, fresh.token, fresh.lifeMs);
  if (who === 'agents' && !account.roles.includes('agent'))
    throw new ProblemError('not-permitted', { detail: 'Only agents may do this.' });
  if (who === 'managers') {
    if (!account.roles.includes('manager'))
      throw new ProblemError('not-permitted', { detail: 'Only managers may do this.' });
    if (!mayManage(account, settings)) {
      const detail = 'Set up a second factor first: managers need one here.';
      throw new ProblemError('not-permitted', { rule: 'log-in/second-factor-needed', detail });
    }
  }
  return known;
}

/** Has the role, and the second factor where one is required. */
export function mayManage(account: Account, settings: AuthSettings): boolean {
  const { roles, secondFactor = false } = account;
  return roles.includes('manager') && (secondFactor || settings.managerTotp === 'optional');
}
