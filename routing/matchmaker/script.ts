import { createHash } from 'node:crypto';
import { ReplyError } from 'ioredis';
import type { Redis } from 'ioredis';
import { RoutingUnavailable } from '../unavailable.ts';
import { readyWithin } from './connection.ts';

/** A piece of Lua that Redis runs in one atomic step, known by the hash of its content. */
export interface Script {
  readonly name: string;
  readonly lua: string;
  readonly sha: string;
}

function isReplyError(error: unknown): error is Error {
  return error instanceof (ReplyError as new () => Error);
}

/** Joins the pieces of a script. */
export function script(name: string, ...pieces: readonly string[]): Script {
  const lua = pieces.join('\n');
  return { name, lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** What a script answers: a word, and what goes with it. */
export type Reply = readonly [tag: string, ...rest: unknown[]];

/** No call waits longer for Redis than this, everything included. */
const BUDGET_MS = 1_900;
/** Answers of a server that is there and cannot serve: it starts, fails over, or is full. */
const NOT_NOW = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|MISCONF|OOM|BUSY|UNKILLABLE)/;

/** Runs scripts by their hash; a server that does not know one is taught it in the same call. */
export class ScriptRunner {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #outboxMax: number;
  readonly #loading = new Map<string, Promise<unknown>>();

  constructor(redis: Redis, prefix: string, outboxMax: number) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#outboxMax = outboxMax;
  }

  /** Throws `RoutingUnavailable` soon when Redis is away; a short absence is waited out, as all scripts may be repeated. */
  async run(it: Script, args: readonly (string | number)[]): Promise<Reply> {
    const until = performance.now() + BUDGET_MS;
    for (;;) {
      try {
        return await this.#send(it, args);
      } catch (error) {
        if (isReplyError(error)) {
          if (NOT_NOW.test(error.message)) throw new RoutingUnavailable('redis', error);
          throw new Error(`script ${it.name}: ${error.message}`, { cause: error });
        }
        const left = until - performance.now();
        const timedOut = error instanceof Error && error.message === 'Command timed out';
        if (timedOut || left < 50 || !(await readyWithin(this.#redis, Math.min(left - 1_400, 500)))) {
          throw new RoutingUnavailable('redis', error);
        }
      }
    }
  }

  async #send(it: Script, args: readonly (string | number)[]): Promise<Reply> {
    try {
      return (await this.#redis.evalsha(it.sha, 1, this.#prefix, this.#outboxMax, ...args)) as Reply;
    } catch (error) {
      if (!isReplyError(error) || !error.message.startsWith('NOSCRIPT')) throw error;
      await this.#load(it);
      return (await this.#redis.evalsha(it.sha, 1, this.#prefix, this.#outboxMax, ...args)) as Reply;
    }
  }

  /** Many calls may miss the same script at once: it is sent once. */
  #load(it: Script): Promise<unknown> {
    const known = this.#loading.get(it.sha);
    if (known !== undefined) return known;
    const loading = this.#redis.script('LOAD', it.lua).finally(() => this.#loading.delete(it.sha));
    this.#loading.set(it.sha, loading);
    return loading;
  }
}
