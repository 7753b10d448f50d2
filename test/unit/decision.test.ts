import assert from 'node:assert/strict';
import type { AgentId } from '../../contracts/ids.ts';
import type { DecisionRecord } from '../../routing/index.ts';
import { bounded, replay, replayWith, seeded } from '../../routing/testing.ts';

describe('A decision among many profiles', () => {
  it('is kept in bounded size, and decided again it gives the same agent [MG7]', () => {
    const random = seeded(7);
    const upTo = (most: number): number => Math.floor(random() * most);
    for (let round = 0; round < 50; round += 1) {
      const names = Array.from({ length: 51 + upTo(400) }, (_, i) => `agent-${String(i)}` as AgentId);
      const record: DecisionRecord = {
        inputs: {
          ...{ how: 'idle' as const, version: 1, class: 'c1', at: 9_000 },
          heads: names.map((name) => [`p-${name}`, name, upTo(20)] as const),
        },
        requirement: { must: [{ name: 'lang:es', level: 2 }], prefer: [{ name: 'vip', level: 1 }] },
        profiles: Object.fromEntries(
          names.map((name) => [
            `p-${name}`,
            [
              { name: 'lang:es', level: upTo(4) },
              { name: 'vip', level: upTo(2) },
            ],
          ]),
        ),
      };
      const chosen = replay(record);
      const other = names[upTo(names.length)] ?? names[0];
      assert.ok(chosen !== undefined && other !== undefined);
      for (const held of [chosen, other]) {
        const kept = bounded(record, held);
        assert.equal(replay(kept), chosen);
        assert.equal(
          replayWith(kept, [{ name: 'lang:es', level: 3 }]),
          replayWith(record, [{ name: 'lang:es', level: 3 }]),
        );
        assert.ok(
          kept.inputs.heads.some(([, agentId]) => agentId === held),
          'the chosen one is there, whoever that was',
        );
        assert.ok(kept.inputs.heads.length <= 51);
        assert.equal(Object.keys(kept.profiles).length, kept.inputs.heads.length);
      }
    }
  });
});
