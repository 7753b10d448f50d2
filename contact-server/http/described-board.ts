import { emptySchema, managerMoveSchema, whatIfSchema } from '../../contracts/agent.schema.ts';
import type { DescribedCommand } from './described-commands.ts';

/** The board, and what is asked and done about one callback of it. */
export const describedBoard: readonly DescribedCommand[] = [
  { method: 'get', path: '/board', id: 'board', for: 'managers', summary: 'The manager board', answer: 200 },
  {
    method: 'get',
    path: '/callbacks/{id}',
    id: 'story',
    for: 'managers',
    summary: 'What happened to one callback, open or over, and why its agent was chosen',
    answer: 200,
  },
  {
    method: 'get',
    path: '/callbacks/{id}/decisions',
    id: 'decisions',
    for: 'anybody',
    summary:
      'Why each agent was chosen for a callback, and whether the same inputs give the same agent today; for managers, and for the agent who has it',
    answer: 200,
  },
  {
    method: 'post',
    path: '/callbacks/{id}/forecast',
    id: 'whatIf',
    for: 'managers',
    summary: 'Where one who waits would stand with one more free agent of these qualifications',
    body: whatIfSchema,
    answer: 200,
  },
  {
    method: 'post',
    path: '/callbacks/{id}/cancel',
    id: 'cancelCallback',
    for: 'managers',
    summary: 'Cancel a waiting callback',
    body: emptySchema,
    answer: 202,
  },
  {
    method: 'post',
    path: '/callbacks/{id}/move',
    id: 'moveCallback',
    for: 'managers',
    summary: 'Move a waiting callback; to a time at which its service is closed only with `anyway`',
    body: managerMoveSchema,
    answer: 202,
  },
];
