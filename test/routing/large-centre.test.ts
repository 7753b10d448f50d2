import assert from 'node:assert/strict';
import type { DecisionRecord, Reservation, Routing } from '../../routing/index.ts';
import { replay } from '../../routing/testing.ts';
import { agentId, Centre, contact, type Heard, off, pause, ready, reserved, skills } from './centre.ts';
import { type SharedRedis, openRedis } from './redis-process.ts';

describe('Why this agent, in a centre of more than twenty', () => {
  let redis: SharedRedis;
  let centre: Centre;
  let routing: Routing;
  let heard: Heard;

  before(async () => (redis = await openRedis()));
  after(() => redis.remove());
  afterEach(() => centre.close());

  const named = (count: number, name: string, has: string): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}${String(i + 1)}`, has]));
  const states = (): number => heard.all.filter((it) => it.type === 'agent.state').length;

  /** All log in one after another and become ready, but for those whose name begins with `away`. */
  async function open(people: Record<string, string>): Promise<void> {
    centre = new Centre(redis, people);
    routing = await centre.open();
    heard = centre.listen(routing);
    for (const name of Object.keys(people)) {
      await routing.setAgentState(agentId(name), name.startsWith('away') ? pause('lunch') : ready);
    }
    await heard.until('agent.state', () => states() >= Object.keys(people).length);
  }
  const told = ({ decision }: Reservation): readonly (readonly string[])[] =>
    decision.candidates.map((it) => [it.name, it.verdict.replaceAll(/0:\d\d/g, '0:00')]);

  it('names the idle who came after, the able who are taken and the nearest of who is not able, and how many more [MG7]', async () => {
    await open({
      ...named(4, 'good', 'lang:es 3'),
      ...named(6, 'fair', 'lang:es 2'),
      ...named(4, 'away', 'lang:es 3'),
      ...named(2, 'near', 'lang:es 1'),
      ...named(9, 'none', 'lang:en 5'),
    });
    const first = reserved(await routing.enter(contact('first', 'lang:es 2')));
    assert.equal(first.agentId, 'good1');
    await heard.until('agent.state', (it) => it.status.agentId === 'good1' && it.status.state === 'reserved');
    const made = reserved(await routing.enter(contact('maria', 'lang:es 2')));

    assert.deepEqual(told(made), [
      ['Good2', 'chosen: idle 0:00, holds lang:es 3'],
      ['Good3', 'able; idle only 0:00, chosen 0:00'],
      ['Good4', 'able; idle only 0:00, chosen 0:00'],
      ['Fair1', 'able and idle; proficiency 2, chosen 3'],
      ['Fair2', 'able and idle; proficiency 2, chosen 3'],
      ['Away1', 'not ready: lunch'],
      ['Away2', 'not ready: lunch'],
      ['Away3', 'not ready: lunch'],
      ['Near1', 'lang:es 1, needs 2'],
      ['Near2', 'lang:es 1, needs 2'],
      ['None1', 'no lang:es'],
    ]);
    assert.deepEqual(made.decision.more, { idle: 4, taken: 2, unable: 8 });
    const kept = JSON.parse(JSON.stringify(made.basis)) as DecisionRecord;
    assert.equal(replay(kept), 'good2', 'what others did is told, and decides nothing');

    const event = await heard.until('reservation.created', (it) => it.reservation.id === made.id);
    assert.deepEqual(event.reservation.decision, made.decision, 'in the same words wherever it is told');
  });

  it('knows who was there before it listened, and no more who has left', async () => {
    await open({ ...named(22, 'good', 'lang:es'), ...named(2, 'none', '') });
    await heard.stop();
    await routing.setAgentState(agentId('none2'), off);
    const late = await centre.open();
    heard = centre.listen(late, heard.all.at(-1)?.cursor);
    await heard.until('agent.state', (it) => it.status.state === 'logged-off');
    const { decision } = reserved(await late.enter(contact('maria', 'lang:es')));
    assert.equal(decision.candidates.length, 11);
    assert.deepEqual(decision.more, { idle: 12, taken: 0, unable: 0 });
  });

  it('tells nobody to have been passed over who was not idle, however late it hears', async () => {
    await open(named(22, 'good', 'lang:es'));
    await heard.stop();
    const served = await routing.enter(contact('first', 'lang:es'));
    const made = reserved(await routing.enter(contact('second', 'lang:es')));
    assert.deepEqual([reserved(served).agentId, made.agentId], ['good1', 'good2']);
    assert.ok(!made.decision.candidates.some((it) => it.agentId === 'good1'));
    assert.deepEqual(made.decision.more, { idle: 10, taken: 0, unable: 0 });
  });

  it('in words of what agents have in hand, where that is more than one call', async () => {
    await open({
      ...named(1, 'chats', 'lang:es/voice:1:,chat:2:'),
      ...named(21, 'calls', 'lang:es/voice:1:,chat:1:'),
    });
    const chat = (name: string) =>
      contact(name, '', { requirement: { must: skills('lang:es'), prefer: [], channel: 'chat' } });
    const one = reserved(await routing.enter(chat('one')));
    assert.equal(one.agentId, 'chats1');
    await routing.accept(one.id, one.agentId);
    await heard.until('agent.state', (it) => it.status.state === 'busy');
    assert.deepEqual((await routing.agentStatus(one.agentId))?.inHand, ['chat']);
    const two = reserved(await routing.enter(chat('two')));
    assert.equal(two.agentId, 'calls1');
    assert.deepEqual(two.decision.more, { idle: 11, taken: 0, unable: 0 });
  });
});
