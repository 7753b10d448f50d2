import assert from 'node:assert/strict';
import { agentId, Centre, contact, id, pause } from './centre.ts';
import { RedisProcess } from './redis-process.ts';

describe('A look at all of routing', () => {
  let redis: RedisProcess;
  let centre: Centre;

  before(async () => (redis = await RedisProcess.start()));
  after(() => redis.remove());
  afterEach(() => centre.close());

  it('shows long lines whole and in their order, also where many came in the same millisecond [MG1]', async () => {
    centre = new Centre(redis, { ana: 'lang:es', bo: 'lang:en' });
    const routing = await centre.open();
    await routing.setAgentState(agentId('ana'), pause('break'));
    const asked = Date.now() - 60_000;
    const names = Array.from({ length: 1_300 }, (_, i) => `visitor ${String(i).padStart(4, '0')}`);
    // Two lines, of which one is mostly of the same moment.
    const enter = (name: string, i: number) =>
      routing.enter(
        contact(name, i % 2 === 0 ? 'lang:es' : 'lang:en', { startedAt: asked + (i % 2 === 0 ? 7 : i) }),
      );
    await Promise.all(names.map(enter));
    const { waiting, agents } = await routing.snapshot();
    const early = (name: string) => names.indexOf(name) % 2 === 1 && names.indexOf(name) < 7;
    const even = names.filter((_, i) => i % 2 === 0);
    const odd = names.filter((_, i) => i % 2 === 1);
    // Of those of the same moment the smaller id goes first, and one of the other line may stand among them.
    const expected = [
      ...odd.filter(early),
      ...[...even, names[7] ?? ''].sort((a, b) => (id(a) < id(b) ? -1 : 1)),
      ...odd.filter((it) => !early(it) && it !== names[7]),
    ];
    assert.deepEqual(
      waiting.map((it) => it.contact.id),
      expected.map(id),
    );
    const places = (of: readonly string[]) =>
      waiting.filter((it) => of.map(id).includes(it.contact.id)).map((it) => it.standing.place);
    assert.deepEqual(
      places(even),
      even.map((_, i) => i + 1),
    );
    assert.deepEqual(await routing.loggedIn(), agents);
  });
});
