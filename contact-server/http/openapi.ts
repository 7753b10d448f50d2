import { z } from 'zod';
import {
  completeSchema,
  emptySchema,
  logInSchema,
  managerMoveSchema,
  notesSchema,
  pageModeSchema,
  preferencesSchema,
  pushSchema,
  registrationSchema,
  stateWishSchema,
} from '../../contracts/agent.schema.ts';
import { problems } from '../../contracts/problem.ts';

type Method = 'get' | 'post' | 'put' | 'delete';

interface Command {
  readonly method: Method;
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly answer: 200 | 201 | 202 | 204;
  readonly says?: string;
}

const commands: readonly Command[] = [
  {
    method: 'post',
    path: '/sessions',
    id: 'logIn',
    summary: 'Log in; sets the session cookie',
    body: logInSchema,
    answer: 201,
  },
  {
    method: 'delete',
    path: '/sessions/current',
    id: 'logOut',
    summary: 'Log out; ends streams, tickets and phone bindings',
    answer: 204,
  },
  {
    method: 'get',
    path: '/me',
    id: 'desk',
    summary: 'The whole state of this desk, and where its event stream goes on',
    answer: 200,
  },
  {
    method: 'get',
    path: '/events',
    id: 'events',
    summary:
      'Event stream (text/event-stream). Resumes after Last-Event-ID or ?cursor; ?board=1 adds board.changed for managers',
    answer: 200,
    says: 'text/event-stream',
  },
  {
    method: 'put',
    path: '/me/state',
    id: 'setState',
    summary: 'Become ready, or not-ready with a reason',
    body: stateWishSchema,
    answer: 200,
  },
  {
    method: 'put',
    path: '/me/preferences',
    id: 'setPreferences',
    summary: 'How offers are accepted, and sound',
    body: preferencesSchema,
    answer: 204,
  },
  {
    method: 'post',
    path: '/reservations/{id}/accept',
    id: 'accept',
    summary: 'Take an offer',
    body: emptySchema,
    answer: 202,
  },
  {
    method: 'post',
    path: '/reservations/{id}/reject',
    id: 'reject',
    summary: 'Decline an offer',
    body: emptySchema,
    answer: 202,
  },
  {
    method: 'post',
    path: '/calls/{id}/hold',
    id: 'hold',
    summary: 'Hold the customer',
    body: emptySchema,
    answer: 202,
  },
  {
    method: 'post',
    path: '/calls/{id}/retrieve',
    id: 'retrieve',
    summary: 'Talk on after a hold',
    body: emptySchema,
    answer: 202,
  },
  {
    method: 'post',
    path: '/calls/{id}/drop',
    id: 'drop',
    summary: 'Hang up',
    body: emptySchema,
    answer: 202,
  },
  {
    method: 'post',
    path: '/callbacks/{id}/call',
    id: 'callNow',
    summary: 'Call a waiting contact now',
    body: emptySchema,
    answer: 202,
  },
  {
    method: 'put',
    path: '/contacts/{id}/notes',
    id: 'saveNotes',
    summary: 'Save notes; refused when changed elsewhere',
    body: notesSchema,
    answer: 200,
  },
  {
    method: 'post',
    path: '/contacts/{id}/complete',
    id: 'complete',
    summary: 'End after-call work',
    body: completeSchema,
    answer: 202,
  },
  {
    method: 'post',
    path: '/contacts/{id}/identity',
    id: 'identityChecked',
    summary: 'The agent has checked who it is',
    body: emptySchema,
    answer: 202,
  },
  {
    method: 'post',
    path: '/registrations',
    id: 'register',
    summary:
      "Register under a visitor's address: by reservation, or by address and the six digits the visitor reads out",
    body: registrationSchema,
    answer: 201,
  },
  {
    method: 'delete',
    path: '/registrations/{id}',
    id: 'unregister',
    summary: 'Stop mirroring at once',
    answer: 204,
  },
  {
    method: 'post',
    path: '/pages/{session}/consent',
    id: 'askConsent',
    summary: 'Ask the visitor to share the page',
    body: emptySchema,
    answer: 202,
  },
  {
    method: 'post',
    path: '/pages/{session}/viewer',
    id: 'viewer',
    summary: 'A one-time address for the page frame',
    body: emptySchema,
    answer: 200,
  },
  {
    method: 'post',
    path: '/pages/{session}/watch',
    id: 'watch',
    summary: 'The same, read-only, for managers',
    body: emptySchema,
    answer: 200,
  },
  {
    method: 'put',
    path: '/pages/{session}/mode',
    id: 'setMode',
    summary: 'Lead, follow or watch',
    body: pageModeSchema,
    answer: 204,
  },
  {
    method: 'post',
    path: '/pages/{session}/push',
    id: 'push',
    summary: 'Move the visitor to a page of the site',
    body: pushSchema,
    answer: 202,
  },
  { method: 'get', path: '/board', id: 'board', summary: 'The manager board', answer: 200 },
  {
    method: 'post',
    path: '/callbacks/{id}/cancel',
    id: 'cancelCallback',
    summary: 'Cancel a waiting callback',
    body: emptySchema,
    answer: 202,
  },
  {
    method: 'post',
    path: '/callbacks/{id}/move',
    id: 'moveCallback',
    summary: 'Move a waiting callback',
    body: managerMoveSchema,
    answer: 202,
  },
];

/** The machine-readable description of every command, made from the schemas the server itself checks with. */
export function openApi(version: string, origin: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const it of commands) {
    const path = (paths[it.path] ??= {});
    path[it.method] = operation(it);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ringback agent API',
      version,
      description:
        'Commands of agents and managers. A command answers 202 with a request id and completes by the event ' +
        'command.completed or command.failed. Unsafe methods need the exact Origin of the portal and JSON.',
    },
    servers: [{ url: `${origin}/api/v1` }],
    security: [{ session: [] }],
    paths,
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'ringback' } },
      schemas: {
        CommandTaken: {
          type: 'object',
          required: ['requestId'],
          properties: { requestId: { type: 'string' } },
        },
        Problem: {
          type: 'object',
          required: ['type', 'title', 'status'],
          properties: {
            type: { enum: Object.keys(problems) },
            title: { type: 'string' },
            status: { type: 'integer' },
            detail: { type: 'string' },
            rule: { type: 'string' },
          },
        },
      },
    },
  };
}

/** Paths and methods that are described, for the test that holds them against the routes. */
export const describedCommands: readonly string[] = commands.map((it) => `${it.method} ${it.path}`);

function operation(it: Command): object {
  const names = [...it.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
  return {
    operationId: it.id,
    summary: it.summary,
    ...(names.length > 0 && {
      parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    }),
    ...(it.body && {
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: z.toJSONSchema(it.body, { target: 'draft-2020-12', io: 'input' }) },
        },
      },
    }),
    responses: {
      [it.answer]: {
        description: it.answer === 202 ? 'Taken; completes by an event' : 'Done',
        ...(it.answer === 202 && {
          content: { 'application/json': { schema: { $ref: '#/components/schemas/CommandTaken' } } },
        }),
        ...(it.says !== undefined && { content: { [it.says]: { schema: { type: 'string' } } } }),
      },
      default: {
        description: 'Refused',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}
