import assert from 'node:assert/strict';
import { RoutingUnavailable } from '../../routing/index.ts';
import { ProblemError, problemOf } from '../../server-kit/problem.ts';

describe('What went wrong below a route', () => {
  it('is told by its name when it was expected', () => {
    assert.equal(problemOf(new ProblemError('already-open')).status, 409);
  });

  it('is worth sending again when a store did not answer [CB2]', () => {
    const named = (name: string): Error => Object.assign(new Error('away'), { name });
    for (const error of [
      new RoutingUnavailable('redis'),
      named('MongoNetworkError'),
      named('MaxRetriesPerRequestError'),
    ]) {
      const { type, status, retryAfterS } = problemOf(error);
      assert.deepEqual([type, status, retryAfterS], ['unavailable', 503, 2], error.name);
    }
  });

  it('tells nobody more when it is a bug', () => {
    const { type, status, detail } = problemOf(new TypeError('x is not a function'));
    assert.deepEqual([type, status, detail], ['unexpected', 500, undefined]);
  });
});
