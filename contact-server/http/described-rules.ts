import { rulesChangeSchema, rulesRestoreSchema } from '../../contracts/rules.schema.ts';
import type { DescribedCommand } from './described-commands.ts';

/** The commands about rules; their routes are rules-routes.ts. */
export const describedRules: readonly DescribedCommand[] = [
  {
    method: 'get',
    path: '/rules',
    id: 'rules',
    for: 'managers',
    summary: 'The rules in force, their version, and who changed what',
    answer: 200,
  },
  {
    method: 'post',
    path: '/rules',
    id: 'changeRules',
    for: 'managers',
    summary:
      'Change some rules; refused when they were changed elsewhere since, make no sense together, or close booked times without `anyway`',
    body: rulesChangeSchema,
    answer: 200,
  },
  {
    method: 'post',
    path: '/rules/restore',
    id: 'restoreRules',
    for: 'managers',
    summary: 'Let the rules of an earlier version hold again, as a new version',
    body: rulesRestoreSchema,
    answer: 200,
  },
];
