import { newKey } from '../test/support/visitor-client.ts';
import { readEvents } from '../test/support/sse.ts';
import type { TestCentre } from '../test/support/centre.ts';
import type { CallbackCreated } from '../contracts/visitor.ts';
import type { Floor } from './floor.ts';
import { reportPair } from './report.ts';

const WARM_UP = 40;
const ROUNDS = 300;
let next = 0;

/** A number of its own for each request, within what the trunk may dial. */
function phone(): string {
  next += 1;
  return `+442070${String(100_000 + next)}`;
}

/** POST /callbacks through web-dmz, against the same hops with one insert and one script. Nobody is free: it is filed. */
export async function accept(centre: TestCentre, floor: Floor): Promise<void> {
  const visitor = centre.visitor();
  const ours: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i < WARM_UP + ROUNDS; i++) {
    const body = visitor.request(phone());
    const headers = { 'idempotency-key': newKey() };
    let from = performance.now();
    const answer = await visitor.send<CallbackCreated>('POST', '/callbacks', body, headers);
    const took = performance.now() - from;
    if (answer.status !== 201)
      throw new Error(`answered ${String(answer.status)} ${JSON.stringify(answer.body)}`);
    from = performance.now();
    await (await fetch(floor.url, { method: 'POST', body: JSON.stringify(body) })).text();
    const bareTook = performance.now() - from;
    if (i >= WARM_UP) {
      ours.push(took);
      bare.push(bareTook);
    }
    const { id, token } = answer.body;
    await visitor.send('DELETE', `/callbacks/${id}`, undefined, { authorization: `Bearer ${token}` });
  }
  reportPair('accept', 'accept', ours, bare);
}

/** From the visitor's request to the offer on the agent's open event stream, against the same chain bare. */
export async function offered(centre: TestCentre, floor: Floor): Promise<void> {
  const visitor = centre.visitor();
  const maya = await centre.readyAgent('maya');
  const events = await fetch(floor.eventsUrl);
  let heard = (): void => {};
  const listening = (async () => {
    for await (const _event of readEvents(events)) heard();
  })().catch(() => {});
  const ours: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i < WARM_UP + ROUNDS; i++) {
    const seen = maya.told.items.length;
    const body = visitor.request(phone());
    let from = performance.now();
    const offer = maya.offer(() => true, seen).then(() => performance.now() - from);
    const created = await visitor.send<CallbackCreated>('POST', '/callbacks', body, {
      'idempotency-key': newKey(),
    });
    const took = await offer;
    const event = new Promise<void>((resolve) => (heard = resolve));
    from = performance.now();
    const sent = fetch(floor.url, { method: 'POST', body: JSON.stringify(body) });
    await event;
    const bareTook = performance.now() - from;
    await (await sent).text();
    if (i >= WARM_UP) {
      ours.push(took);
      bare.push(bareTook);
    }
    const before = maya.told.items.length;
    const { id, token } = created.body;
    await visitor.send('DELETE', `/callbacks/${id}`, undefined, { authorization: `Bearer ${token}` });
    await maya.event('me.changed', (me) => me.state === 'ready', before);
  }
  reportPair('offered', 'offered', ours, bare);
  await events.body?.cancel().catch(() => {});
  await listening;
}
