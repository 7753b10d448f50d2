import type { Middleware } from 'koa';
import type { Logger } from 'pino';
import type { Problem, ProblemName } from '../contracts/problem.ts';
import { problems } from '../contracts/problem.ts';

type More = Pick<Problem, 'errors' | 'detail' | 'rule' | 'retryAfterS' | 'slots'> & ErrorOptions;

/** An expected failure, thrown anywhere below a route and answered by name. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(type: ProblemName, more: More = {}) {
    const { cause, ...shown } = more;
    super(more.detail ?? problems[type].title, cause === undefined ? {} : { cause });
    this.problem = { type, ...problems[type], ...shown };
  }
}

/** How those errors are named by which a store says that it does not answer: ours, MongoDB's driver's, the Redis client's. */
const away = new Set([
  'RoutingUnavailable',
  'MongoServerSelectionError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoNotConnectedError',
  'MongoPoolClearedError',
  'MongoWaitQueueTimeoutError',
  'PoolClearedOnNetworkError',
  'MaxRetriesPerRequestError',
]);

/**
 * What a failure looks like from outside: an expected one by name; a store that does not answer as `unavailable`, since
 * the same request may be sent again; anything else as `unexpected`.
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const isAway = error instanceof Error && away.has(error.name);
  return (isAway ? new ProblemError('unavailable', { retryAfterS: 2 }) : new ProblemError('unexpected'))
    .problem;
}

/** Turns whatever a route throws into problem+json; what nobody expected is logged, and told to nobody. */
export function answerProblems(log: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.body == null && ctx.status === 404) throw new ProblemError('not-found');
      // What `allowedMethods` of a router found.
      if (ctx.body == null && (ctx.status === 405 || ctx.status === 501))
        throw new ProblemError('wrong-method');
    } catch (error) {
      if (!(error instanceof ProblemError)) log.error({ err: error, path: ctx.path }, 'request failed');
      const problem = problemOf(error);
      ctx.status = problem.status;
      ctx.body = problem;
      ctx.type = 'application/problem+json';
      // The rest of what is too large is not read: nothing can follow it on this connection.
      if (problem.type === 'too-large') ctx.set('Connection', 'close');
      if (problem.retryAfterS !== undefined) ctx.set('Retry-After', String(problem.retryAfterS));
    }
  };
}
