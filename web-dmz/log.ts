import type { DestinationStream, Logger } from 'pino';
import { destination, pino, stdSerializers } from 'pino';

/** What may stand in a log line of web-dmz: no number, token, name, address of a visitor, or query string is among it. */
const allowed = new Set([
  'err',
  'name',
  'public',
  'link',
  'peer',
  'node',
  'reason',
  'fault',
  'frame',
  'n',
  'after',
  'at',
  'issues',
  'setting',
  'route',
  'method',
  'status',
  'ms',
  'stream',
  'connections',
]);

/** A log on stderr (stdout is for whoever started us) that drops every field which is not on its list. */
export function openLog(level: string, to: DestinationStream = destination({ dest: 2, sync: true })): Logger {
  return pino(
    {
      level,
      base: { program: 'web-dmz' },
      serializers: { err: stdSerializers.err },
      formatters: {
        log: (fields) => Object.fromEntries(Object.entries(fields).filter(([field]) => allowed.has(field))),
      },
    },
    to,
  );
}
