import { MongoError } from '../mongo-error.ts';
import { isNumeric, toNumber } from '../values/numbers.ts';
import { type Doc, textOf, typeOf } from '../values/value.ts';

/** `$dateToString`, in UTC. */
export function dateToString(options: Doc): unknown {
  const { date, format = '%Y-%m-%dT%H:%M:%S.%LZ' } = checked(options, [
    'date',
    'format',
    'timezone',
    'onNull',
  ]);
  if (date == null) return options['onNull'] ?? null;
  const when = asDate(date);
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0');
  const parts: Partial<Record<string, string>> = {
    Y: pad(when.getUTCFullYear(), 4),
    m: pad(when.getUTCMonth() + 1),
    d: pad(when.getUTCDate()),
    H: pad(when.getUTCHours()),
    M: pad(when.getUTCMinutes()),
    S: pad(when.getUTCSeconds()),
    L: pad(when.getUTCMilliseconds(), 3),
    '%': '%',
  };
  return (textOf(format) ?? '').replace(/%(.?)/g, (_, letter: string) => {
    const part = parts[letter];
    if (part === undefined)
      throw new MongoError(18536, `Invalid format character '%${letter}' in format string`);
    return part;
  });
}

const UNIT_MS: Partial<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** `$dateTrunc`, in UTC; its bins are counted from the year 2000, as MongoDB's are. */
export function truncateDate(options: Doc): unknown {
  const { date, unit, binSize = 1 } = checked(options, ['date', 'unit', 'binSize', 'timezone']);
  if (date == null) return null;
  const when = asDate(date);
  const bins = isNumeric(binSize) ? toNumber(binSize) : NaN;
  if (!Number.isInteger(bins) || bins < 1)
    throw new MongoError(5439018, '$dateTrunc binSize must be a positive whole number');
  const name = textOf(unit) ?? '';
  const months = name === 'month' ? bins : name === 'year' ? bins * 12 : undefined;
  if (months !== undefined) {
    const since2000 = (when.getUTCFullYear() - 2000) * 12 + when.getUTCMonth();
    return new Date(Date.UTC(2000, Math.floor(since2000 / months) * months));
  }
  const ms = UNIT_MS[name];
  if (ms === undefined) throw new MongoError('FailedToParse', `unsupported $dateTrunc unit: ${name}`);
  const origin = Date.UTC(2000, 0);
  return new Date(origin + Math.floor((when.getTime() - origin) / (ms * bins)) * ms * bins);
}

function checked(options: Doc, known: readonly string[]): Doc {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new MongoError(18534, `Unrecognized argument: ${name}`);
  }
  const zone = textOf(options['timezone'] ?? 'UTC');
  if (!['UTC', 'GMT', 'Z', '+00:00'].includes(zone ?? '')) {
    throw new MongoError('NotImplemented', 'dates are worked out in UTC only by the embedded server');
  }
  return options;
}

function asDate(value: unknown): Date {
  if (value instanceof Date) return value;
  throw new MongoError(16006, `can't convert from BSON type ${typeOf(value)} to Date`);
}
