import { createHash } from 'node:crypto';
import { ReplyError } from 'ioredis';
import type { Redis } from 'ioredis';
import { RoutingUnavailable } from '../unavailable.ts';
import { readyWithin } from './connection.ts';

/**
 * Lua that Redis keeps as a library of functions, each one atomic step, known by the hash of its content: versions
 * live side by side, and what all of them share is made once and not with every call.
 */
export interface Library<Name extends string> {
  readonly name: string;
  readonly code: string;
  /** By what name Redis knows a function. */
  readonly functions: Readonly<Record<Name, string>>;
}

function isReplyError(error: unknown): error is Error {
  return error instanceof (ReplyError as new () => Error);
}

/**
 * Joins what is shared and the bodies of functions that write and that only read. `about`: what the name of the record begins with
 * that a function is about, by its first argument; it is read as the function begins.
 */
export function library<W extends string, R extends string>(
  shared: readonly string[],
  writing: Readonly<Record<W, string>>,
  reading: Readonly<Record<R, string>>,
  about: Readonly<Partial<Record<string, string>>>,
): Library<W | R> {
  const all = [...entries(writing, ''), ...entries(reading, "'no-writes'")].map((it) => ({
    ...it,
    record: about[it.name] === undefined ? 'nil' : `'${about[it.name]}'`,
  }));
  const text = [...shared, ...all.map(({ body }) => body), JSON.stringify(about)].join('\n');
  const hash = createHash('sha1').update(text).digest('hex').slice(0, 12);
  const known = (name: string) => `ringback_${hash}_${name}`;
  const functions = all.map(
    ({ name, body, flags, record }) => `
do
local function main()
${body}
end
redis.register_function{function_name = '${known(name)}', flags = {${flags}}, callback = function(keys, args)
  if begin(keys, args, ${record}) or ${String(name === 'found')} then return finished(main()) end
  return {'lost'}
end}
end`,
  );
  const name = `ringback_${hash}`;
  return {
    name,
    code: [`#!lua name=${name}`, ...shared, ...functions].join('\n'),
    functions: Object.fromEntries(all.map(({ name }) => [name, known(name)])) as Record<W | R, string>,
  };
}

function entries(
  bodies: Readonly<Record<string, string>>,
  flags: string,
): { name: string; body: string; flags: string }[] {
  return Object.entries(bodies).map(([name, body]) => ({ name, body, flags }));
}

/** What a script answers: a word, and what goes with it. */
export type Reply = readonly [tag: string, ...rest: unknown[]];

/** No call waits longer for Redis than this, everything included. */
const BUDGET_MS = 1_900;
/** Answers of a server that is there and cannot serve: it starts, fails over, or is full. */
const NOT_NOW = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|MISCONF|OOM|BUSY|UNKILLABLE)/;

/** Runs functions of a library; a server that does not know it is taught it in the same call. */
export class ScriptRunner<Name extends string> {
  readonly #redis: Redis;
  readonly #library: Library<Name>;
  readonly #prefix: string;
  readonly #outboxMax: number;
  #loading: Promise<unknown> | undefined;

  constructor(redis: Redis, library: Library<Name>, prefix: string, outboxMax: number) {
    this.#redis = redis;
    this.#library = library;
    this.#prefix = prefix;
    this.#outboxMax = outboxMax;
  }

  /** Throws `RoutingUnavailable` soon when Redis is away; a short absence is waited out, as all scripts may be repeated. */
  async run(name: Name, args: readonly (string | number)[]): Promise<Reply> {
    const until = performance.now() + BUDGET_MS;
    for (;;) {
      try {
        return await this.#send(name, args);
      } catch (error) {
        if (isReplyError(error)) {
          if (NOT_NOW.test(error.message)) throw new RoutingUnavailable('redis', error);
          throw new Error(`script ${name}: ${error.message}`, { cause: error });
        }
        const left = until - performance.now();
        const timedOut = error instanceof Error && error.message === 'Command timed out';
        if (timedOut || left < 50 || !(await readyWithin(this.#redis, Math.min(left - 1_400, 500)))) {
          throw new RoutingUnavailable('redis', error);
        }
      }
    }
  }

  async #send(name: Name, args: readonly (string | number)[]): Promise<Reply> {
    const known = this.#library.functions[name];
    try {
      return (await this.#redis.fcall(known, 1, this.#prefix, this.#outboxMax, ...args)) as Reply;
    } catch (error) {
      if (!isReplyError(error) || !error.message.startsWith('ERR Function not found')) throw error;
      await this.#load();
      return (await this.#redis.fcall(known, 1, this.#prefix, this.#outboxMax, ...args)) as Reply;
    }
  }

  /** Many calls may miss the library at once: it is sent once. */
  #load(): Promise<unknown> {
    this.#loading ??= this.#redis
      .function('LOAD', 'REPLACE', this.#library.code)
      .finally(() => (this.#loading = undefined));
    return this.#loading;
  }
}
