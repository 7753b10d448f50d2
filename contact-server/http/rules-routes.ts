import type { Context } from 'koa';
import type Router from 'koa-router';
import { rulesChangeSchema, rulesRestoreSchema } from '../../contracts/rules.schema.ts';
import { readJson } from '../../server-kit/read-json.ts';
import type { RulesDesk } from '../app/rules-desk.ts';
import type { Account } from '../ports/accounts.ts';

const MAX_BYTES = 512 * 1024;

/** The rules of routing, for managers. They are answered at once: what is refused stands beside its field. */
export function rulesRoutes(
  router: Router,
  rules: RulesDesk,
  asks: (ctx: Context) => Promise<Account>,
): void {
  router.get('/rules', async (ctx) => {
    await asks(ctx);
    ctx.body = await rules.look();
  });
  router.post('/rules', async (ctx) => {
    const account = await asks(ctx);
    ctx.body = await rules.change(account, await readJson(ctx, rulesChangeSchema, MAX_BYTES));
  });
  router.post('/rules/restore', async (ctx) => {
    const account = await asks(ctx);
    ctx.body = await rules.restore(account, await readJson(ctx, rulesRestoreSchema));
  });
}
