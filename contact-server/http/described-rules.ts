import { rulesChangeSchema, rulesRestoreSchema } from '../../contracts/rules.schema.ts';
import type { DescribedCommand } from './described-commands.ts';

/** The commands about rules; their routes are rules-routes.ts. */
export const describedRules: readonly DescribedCommand[] = [
  {
    method: 'get',
    path: '/rules',
    id: 'rules',
    for: 'managers',
    summary:
      'The rules in force, their version, who changed what, the numbers that can be shown, and how many are still to be called for each removed service',
    answer: 200,
  },
  {
    method: 'post',
    path: '/rules',
    id: 'changeRules',
    for: 'managers',
    summary:
      'Change some rules. A service with a new id is added, one that was removed is offered again; `removeServices` takes one from the website at once, and whoever asked before is called. Refused when they were changed elsewhere since, make no sense together, or, without `anyway`, close booked times or remove a service for which somebody is still to be called',
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
