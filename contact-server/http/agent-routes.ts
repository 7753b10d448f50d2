import { randomUUID } from 'node:crypto';
import type { Context } from 'koa';
import Router from 'koa-router';
import type { Logger } from 'pino';
import type { CommandTaken, DeskSnapshot, FreshSecondFactor } from '../../contracts/agent.ts';
import {
  completeSchema,
  emptySchema,
  logInSchema,
  managerMoveSchema,
  whatIfSchema,
  notesSchema,
  pageModeSchema,
  preferencesSchema,
  pushSchema,
  registrationSchema,
  secondFactorCodeSchema,
  secondFactorSchema,
  stateWishSchema,
} from '../../contracts/agent.schema.ts';
import type { CallbackId, CallId, ReservationId, SessionId } from '../../contracts/ids.ts';
import { ProblemError, problemOf } from '../../server-kit/problem.ts';
import { readJson } from '../../server-kit/read-json.ts';
import type { AgentDesk } from '../app/agent-desk.ts';
import type { AgentLine } from '../app/agent-line.ts';
import { type AgentViews, viewerOf } from '../app/agent-views.ts';
import type { Board } from '../app/board.ts';
import type { DecisionDesk } from '../app/decision-desk.ts';
import type { LogInDesk } from '../app/log-in-desk.ts';
import type { ManagerDesk } from '../app/manager-desk.ts';
import type { Pages } from '../app/pages.ts';
import type { RulesDesk } from '../app/rules-desk.ts';
import type { Account } from '../ports/accounts.ts';
import type { AgentStreams } from '../ports/hints.ts';
import type { SecondFactor } from '../ports/log-ins.ts';
import { type AuthSettings, cookieName, type For, mayManage, setCookie, whoAsks } from './auth.ts';
import type { EventStreams } from './event-streams.ts';
import { rulesRoutes } from './rules-routes.ts';

export interface RouteParts {
  readonly logIns: LogInDesk;
  readonly secondFactor: SecondFactor;
  readonly line: AgentLine;
  readonly desk: AgentDesk;
  readonly manager: ManagerDesk;
  readonly views: AgentViews;
  readonly board: Board;
  readonly decisions: DecisionDesk;
  readonly pages: Pages;
  readonly rules: RulesDesk;
  readonly streams: AgentStreams;
  readonly events: EventStreams;
  readonly auth: AuthSettings;
  readonly version: string;
  readonly now: () => number;
  readonly log: Logger;
}

/** The agent API under /api/v1; its description is openapi.ts. */
export function agentRoutes(parts: RouteParts): Router {
  const router = new Router({ prefix: '/api/v1' });
  const { desk, manager, views, board, line, pages, streams, events, auth, logIns, secondFactor } = parts;
  const asks = async (ctx: Context, who: For = 'anybody'): Promise<Account> =>
    (await whoAsks(ctx, logIns, auth, who)).account;
  const take = commandTaker(parts);
  for (const name of ['id', 'session']) router.param(name, wellFormed);

  router.post('/sessions', async (ctx) => {
    const ask = await readJson(ctx, logInSchema);
    const { account, token, lifeMs } = await logIns.logIn(ask, ctx.ip);
    await desk.arrive(account);
    // Whoever was logged in with this browser is so no longer.
    await logIns.logOut(ctx.cookies.get(cookieName(auth))).catch(onlyIfLoggedIn);
    setCookie(ctx, auth, token, lifeMs);
    ctx.status = 201;
    ctx.body = { me: await views.me(account) };
  });
  router.delete('/sessions/current', async (ctx) => {
    setCookie(ctx, auth, null, 0);
    await logIns.logOut(ctx.cookies.get(cookieName(auth)));
    ctx.status = 204;
  });

  router.get('/me', async (ctx) => {
    const account = await asks(ctx);
    // The cursor is read before the state: what changes in between is then told twice rather than never.
    const cursor = await streams.end(account.id);
    const body: DeskSnapshot = {
      serverNow: parts.now(),
      version: parts.version,
      cursor,
      me: await views.me(account),
      offers: await views.offersOf(account),
      contacts: await views.contactsOf(account),
      line: await (await line.inShort())(account),
    };
    ctx.body = body;
  });
  router.get('/events', async (ctx) => {
    const known = await whoAsks(ctx, logIns, auth);
    await events.open(ctx, known, ctx.query['board'] === '1' && mayManage(known.account, auth));
  });
  router.put('/me/state', async (ctx) => {
    const account = await asks(ctx, 'agents');
    await desk.setState(account, await readJson(ctx, stateWishSchema));
    ctx.body = await views.me(account);
  });
  router.put('/me/preferences', async (ctx) => {
    const account = await asks(ctx);
    await desk.setPreferences(account, await readJson(ctx, preferencesSchema));
    ctx.status = 204;
  });
  router.post('/me/totp', async (ctx) => {
    const account = await asks(ctx);
    const { password } = await readJson(ctx, secondFactorSchema);
    if (account.secondFactor) throw alreadyThere();
    await logIns.confirm(account, password, ctx.ip);
    const fresh = await secondFactor.begin(account.id);
    if (!fresh) throw alreadyThere();
    const body: FreshSecondFactor = fresh;
    ctx.body = body;
  });
  for (const [path, act] of [
    ['/me/totp/confirm', 'confirm'],
    ['/me/totp/end', 'end'],
  ] as const) {
    router.post(path, async (ctx) => {
      const account = await asks(ctx);
      const { code } = await readJson(ctx, secondFactorCodeSchema);
      await logIns.guardCode(account, ctx.ip, () => secondFactor[act](account.id, code));
      await streams.add(account.id, 'me.changed', {});
      ctx.status = 204;
    });
  }

  for (const answer of ['accept', 'reject'] as const) {
    router.post(`/reservations/:id/${answer}`, async (ctx) => {
      const account = await asks(ctx, 'agents');
      await readJson(ctx, emptySchema);
      take(ctx, account, () => desk[answer](account.id, param(ctx, 'id') as ReservationId));
    });
  }
  for (const command of ['hold', 'retrieve', 'drop'] as const) {
    router.post(`/calls/:id/${command}`, async (ctx) => {
      const account = await asks(ctx);
      await readJson(ctx, emptySchema);
      take(ctx, account, () => desk.call(account.id, param(ctx, 'id') as CallId, command));
    });
  }
  router.post('/callbacks/:id/call', async (ctx) => {
    const account = await asks(ctx, 'agents');
    await readJson(ctx, emptySchema);
    take(ctx, account, () => desk.callNow(account, param(ctx, 'id') as CallbackId));
  });
  router.put('/contacts/:id/notes', async (ctx) => {
    const account = await asks(ctx);
    const notes = await readJson(ctx, notesSchema, 96 * 1024);
    ctx.body = await desk.saveNotes(account.id, param(ctx, 'id') as CallbackId, notes);
  });
  router.post('/contacts/:id/complete', async (ctx) => {
    const account = await asks(ctx);
    const done = await readJson(ctx, completeSchema, 96 * 1024);
    take(ctx, account, () => desk.complete(account.id, param(ctx, 'id') as CallbackId, done));
  });
  router.post('/contacts/:id/identity', async (ctx) => {
    const account = await asks(ctx);
    await readJson(ctx, emptySchema);
    take(ctx, account, () => desk.identityChecked(account.id, param(ctx, 'id') as CallbackId));
  });

  router.post('/registrations', async (ctx) => {
    const account = await asks(ctx, 'agents');
    ctx.status = 201;
    ctx.body = await pages.register(viewerOf(account), await readJson(ctx, registrationSchema));
  });
  router.delete('/registrations/:id', async (ctx) => {
    await pages.unregister(viewerOf(await asks(ctx)), param(ctx, 'id'));
    ctx.status = 204;
  });
  router.post('/pages/:session/consent', async (ctx) => {
    const account = await asks(ctx);
    await readJson(ctx, emptySchema);
    take(ctx, account, () => pages.askConsent(viewerOf(account), session(ctx)));
  });
  router.post('/pages/:session/viewer', async (ctx) => {
    const account = await asks(ctx);
    await readJson(ctx, emptySchema);
    ctx.body = await pages.ticket(viewerOf(account), session(ctx));
  });
  router.post('/pages/:session/watch', async (ctx) => {
    const account = await asks(ctx, 'managers');
    await readJson(ctx, emptySchema);
    ctx.body = await pages.ticket({ ...viewerOf(account), role: 'manager' }, session(ctx));
  });
  router.put('/pages/:session/mode', async (ctx) => {
    const account = await asks(ctx);
    const { mode } = await readJson(ctx, pageModeSchema);
    await pages.setMode(viewerOf(account), session(ctx), mode);
    ctx.status = 204;
  });
  router.post('/pages/:session/push', async (ctx) => {
    const account = await asks(ctx);
    const { url } = await readJson(ctx, pushSchema);
    take(ctx, account, () => pages.push(viewerOf(account), session(ctx), url));
  });

  router.get('/line', async (ctx) => {
    ctx.body = await line.look(await asks(ctx, 'agents'));
  });
  router.get('/board', async (ctx) => {
    await asks(ctx, 'managers');
    ctx.body = await board.look();
  });
  router.get('/callbacks/:id', async (ctx) => {
    await asks(ctx, 'managers');
    ctx.body = await board.story(param(ctx, 'id') as CallbackId);
  });
  router.get('/callbacks/:id/decisions', async (ctx) => {
    const account = await asks(ctx);
    const holder = mayManage(account, auth) ? undefined : account;
    ctx.body = await parts.decisions.about(param(ctx, 'id') as CallbackId, holder);
  });
  router.post('/callbacks/:id/forecast', async (ctx) => {
    await asks(ctx, 'managers');
    const { qualifications } = await readJson(ctx, whatIfSchema);
    ctx.body = await board.whatIf(param(ctx, 'id') as CallbackId, qualifications);
  });
  router.post('/callbacks/:id/cancel', async (ctx) => {
    const account = await asks(ctx, 'managers');
    await readJson(ctx, emptySchema);
    take(ctx, account, () => manager.cancel(account.id, param(ctx, 'id') as CallbackId));
  });
  router.post('/callbacks/:id/move', async (ctx) => {
    const account = await asks(ctx, 'managers');
    const wanted = await readJson(ctx, managerMoveSchema);
    take(ctx, account, () => manager.move(account.id, param(ctx, 'id') as CallbackId, wanted));
  });
  rulesRoutes(router, parts.rules, (ctx) => asks(ctx, 'managers'));
  return router;
}

/** Answers 202 with a request id at once; the end of the command comes as an event on the agent's stream. */
function commandTaker(
  parts: RouteParts,
): (ctx: Context, account: Account, command: () => Promise<void>) => void {
  const { streams, log } = parts;
  return (ctx, account, command) => {
    const requestId = randomUUID();
    const finished = async (): Promise<void> => {
      try {
        await command();
        await streams.add(account.id, 'command.completed', { requestId });
      } catch (error) {
        if (!(error instanceof ProblemError))
          log.error({ err: error, agentId: account.id }, 'command failed');
        const { type, title, detail } = problemOf(error);
        await streams.add(account.id, 'command.failed', { requestId, problem: type, title: detail ?? title });
      }
    };
    void finished();
    const body: CommandTaken = { requestId };
    ctx.status = 202;
    ctx.body = body;
  };
}

function alreadyThere(): ProblemError {
  return new ProblemError('not-now', { detail: 'You have a second factor already. End it first.' });
}

/** Nobody was logged in with the old cookie: that is no failure of the new log-in. */
function onlyIfLoggedIn(error: unknown): void {
  if (!(error instanceof ProblemError)) throw error;
}

/** What can be no id of ours is answered before anybody looks for it. */
async function wellFormed(id: string, _ctx: unknown, next: () => Promise<unknown>): Promise<void> {
  if (!/^[\w:.-]{1,64}$/.test(id)) throw new ProblemError('not-found');
  await next();
}

function param(ctx: Context, name: string): string {
  return (ctx['params'] as Record<string, string>)[name] ?? '';
}

function session(ctx: Context): SessionId {
  return param(ctx, 'session') as SessionId;
}
