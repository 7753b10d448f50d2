import assert from 'node:assert/strict';
import { FUNCTIONS } from '../../../embedded/mongo-server/aggregation/functions.ts';
import { SPECIAL } from '../../../embedded/mongo-server/aggregation/expression.ts';
import { ACCUMULATORS } from '../../../embedded/mongo-server/aggregation/group.ts';
import { STAGES } from '../../../embedded/mongo-server/aggregation/stages.ts';
import { COMMANDS } from '../../../embedded/mongo-server/commands/dispatch.ts';
import { FIELD_OPERATORS, TOP_OPERATORS } from '../../../embedded/mongo-server/query/filter.ts';
import { VALUE_OPERATORS } from '../../../embedded/mongo-server/query/operators.ts';
import { SUPPORTED } from '../../../embedded/mongo-server/supported.ts';
import { PIPELINE_STAGES } from '../../../embedded/mongo-server/update/compile-update.ts';
import { MODIFIERS } from '../../../embedded/mongo-server/update/modifiers.ts';

describe('The list of what the embedded MongoDB server supports', () => {
  const lists: [keyof typeof SUPPORTED, string[]][] = [
    ['commands', [...COMMANDS.keys()]],
    [
      'queryOperators',
      [...keys(VALUE_OPERATORS), ...keys(FIELD_OPERATORS), ...keys(TOP_OPERATORS), '$options'],
    ],
    ['updateOperators', [...keys(MODIFIERS), '$unset', '$rename']],
    ['updateStages', keys(PIPELINE_STAGES)],
    ['stages', keys(STAGES)],
    ['accumulators', keys(ACCUMULATORS)],
    ['expressions', [...keys(FUNCTIONS), ...keys(SPECIAL)]],
  ];
  for (const [name, inCode] of lists) {
    it(`names exactly the ${name} that the code has`, () => {
      assert.deepEqual([...SUPPORTED[name]].sort(), inCode.sort());
    });
  }
});

function keys(table: object): string[] {
  return Object.keys(table);
}
