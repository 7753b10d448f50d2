import type { DestinationStream, Logger } from 'pino';
import { destination, pino } from 'pino';
import { loggedError, maskedLine } from '../server-kit/masked-log.ts';

/** What may stand in a log line: no number, name, token, address or page of anybody is among it. */
const allowed = new Set([
  'err',
  'part',
  'setting',
  'callbackId',
  'sessionId',
  'agentId',
  'callId',
  'reservationId',
  'from',
  'to',
  'order',
  'fact',
  'event',
  'detail',
  'url',
  'node',
  'reason',
  'status',
  'state',
  'server',
  'up',
  'what',
  'why',
  'ms',
  'count',
  'name',
  'path',
  'method',
  'leg',
  'outcome',
  'trunkId',
  'extension',
  'port',
  'host',
  'centre',
  'version',
  'fault',
  'issues',
  'service',
  'services',
  'signal',
  'frame',
  'n',
]);

/** A log on stderr that drops every field which is not on its list. */
export function openLog(level: string, to: DestinationStream = destination({ dest: 2, sync: true })): Logger {
  return pino(
    {
      level,
      base: { program: 'contact-server' },
      serializers: { err: (error: unknown) => loggedError(error) },
      hooks: { streamWrite: maskedLine },
      formatters: {
        log: (fields) => Object.fromEntries(Object.entries(fields).filter(([field]) => allowed.has(field))),
      },
    },
    to,
  );
}
