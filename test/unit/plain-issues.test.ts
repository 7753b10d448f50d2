import assert from 'node:assert/strict';
import { z } from 'zod';
import { rulesChangeSchema } from '../../contracts/rules.schema.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { checked } from '../../server-kit/read-json.ts';

describe('What is wrong with a request', () => {
  const faults = (value: unknown, schema: z.ZodType): Record<string, string> => {
    try {
      checked(value, schema);
    } catch (error) {
      assert.ok(error instanceof ProblemError);
      return Object.fromEntries((error.problem.errors ?? []).map((it) => [it.path, it.message]));
    }
    return {};
  };

  it('is said in plain sentences, field by field', () => {
    const schema = z.strictObject({
      who: z.string(),
      text: z.string().min(1).max(5),
      level: z.number().int().min(1).max(5),
      mode: z.enum(['lead', 'follow']),
      list: z.array(z.string()).max(1),
      at: z.iso.datetime(),
      code: z.string().regex(/^\d{6}$/),
    });
    const wrong = { text: 'too long', level: 9, mode: 'x', list: ['a', 'b'], at: 'noon', code: 'x', more: 1 };
    assert.deepEqual(faults(wrong, schema), {
      '/who': 'This is missing.',
      '/text': 'This must have at most 5 characters.',
      '/level': 'This must be at most 5.',
      '/mode': 'This must be one of: lead, follow.',
      '/list': 'There must be at most 1 of these.',
      '/at': 'Write a time as 2026-12-24T10:00:00Z.',
      '/code': 'This is not written as expected.',
      '/': 'This is not known here: more.',
    });
    assert.deepEqual(faults([], schema), { '/': 'This must be an object.' });
    assert.equal(faults({ ...wrong, text: '' }, schema)['/text'], 'This may not be empty.');
  });

  it('and never in the words of a library, whatever is wrong', () => {
    const kind = z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('a') }),
      z.strictObject({ type: z.literal('b') }),
    ]);
    assert.deepEqual(faults({ type: 'x' }, kind), { '/type': 'This must be one of: a, b.' });
    assert.deepEqual(faults('x', kind), { '/': 'This must be an object.' });
    assert.deepEqual(faults({ yes: false }, z.strictObject({ yes: z.literal(true) })), {
      '/yes': 'This must be true.',
    });
    const either = z.union([z.strictObject({ a: z.string() }), z.strictObject({ b: z.string() })]);
    assert.deepEqual(faults({}, either), { '/': 'This is not written as expected.' });
    assert.deepEqual(faults(3, z.number().multipleOf(2)), { '/': 'This is not written as expected.' });
  });

  it('speaks of times as the screen does, and takes blanks for no name [MG5]', () => {
    const sales = {
      id: 'sales',
      name: '  ',
      hours: 'always',
      must: [],
      prefer: [],
      rings: [],
      preferredWaitMs: 5_400_000,
      ageMsPerPriority: 0,
      autoAccept: false,
      offerMs: 1_000,
      entitled: false,
      slotMinutes: 30,
      slotCapacity: 4,
    };
    assert.deepEqual(faults({ base: 1, services: [sales] }, rulesChangeSchema), {
      '/services/0/name': 'This may not be empty.',
      '/services/0/preferredWaitMs': 'This must be 0 to 60 minutes.',
      '/services/0/offerMs': 'This must be 3 to 300 seconds.',
    });
  });
});
