import { z } from 'zod';
import type { AgentEvents } from '../../contracts/agent.ts';
import { problems } from '../../contracts/problem.ts';
import { cookieName } from './auth.ts';
import { type DescribedCommand, describedCommands } from './described-commands.ts';

/** The event catalogue: what GET /events tells, by the `type` of each message. */
const events: Readonly<Record<keyof AgentEvents, string>> = {
  'me.changed': 'State, phone, preferences or second factor of the person; whole',
  'offer.made': 'A contact is offered until its deadline; whole',
  'offer.withdrawn': 'The offer is over, and why',
  'contact.changed': 'A contact on the screen; whole, with what is allowed now',
  'contact.closed': 'A contact leaves the screen',
  'call.event': 'What happened on the line, in the words of CSTA (ECMA-269)',
  'line.changed': 'How many wait, and since when',
  'board.changed': 'The manager board; whole, for streams with ?board=1',
  'command.completed': 'A command was carried out, by its request id',
  'command.failed': 'A command was refused or failed, and why',
  'stream.reset': 'What was missed cannot be told any more: ask GET /me',
  'session.ended': 'Logged out, expired or replaced; the stream ends',
};

/** The machine-readable description of every command, made from the schemas the server itself checks with. */
export function openApi(version: string, origin: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const it of describedCommands) {
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
    'x-events': events,
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: cookieName({ origin }) } },
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

function operation(it: DescribedCommand): object {
  const names = [...it.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
  return {
    operationId: it.id,
    'x-for': it.for,
    ...(it.for === 'everybody' && { security: [] }),
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
