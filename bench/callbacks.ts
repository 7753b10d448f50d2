import { newKey, VisitorClient } from '../test/support/visitor-client.ts';
import { readEvents } from '../test/support/sse.ts';
import type { TestCentre } from '../test/support/centre.ts';
import type { CallbackCreated } from '../contracts/visitor.ts';
import type { Floor } from './floor.ts';
import { reportPair } from './report.ts';

/** A centre works for days: until so many were answered the engine still compiles what runs often, most of it ours. */
const WARM_UP = 600;
const ROUNDS = 200;
/** What a round leaves to be done behind its answer is over by then, and does not weigh on the next, ours or bare. */
const SETTLE_MS = 40;
let next = 0;

/** A number of its own for each request, within what the trunk may dial. */
function phone(): string {
  next += 1;
  return `+442070${String(100_000 + next)}`;
}

function settled(round: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, round < WARM_UP ? 0 : SETTLE_MS));
}

/** POST /callbacks through web-dmz, against the same hops with one insert and one script. Nobody is free: it is filed. */
export async function accept(centre: TestCentre, floor: Floor): Promise<void> {
  const visitor = centre.visitor();
  const bareVisitor = new VisitorClient({ publicUrl: floor.url, site: centre.site });
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
    const { id, token } = answer.body;
    await visitor.send('DELETE', `/callbacks/${id}`, undefined, { authorization: `Bearer ${token}` });
    await settled(i);
    from = performance.now();
    await bareVisitor.send('POST', '/callbacks', body, headers);
    const bareTook = performance.now() - from;
    await settled(i);
    if (i >= WARM_UP) {
      ours.push(took);
      bare.push(bareTook);
    }
  }
  reportPair('accept', 'accept', ours, bare);
}

/** From the visitor's request to the offer on the agent's open event stream, against the same chain bare. */
export async function offered(centre: TestCentre, floor: Floor): Promise<void> {
  const visitor = centre.visitor();
  const bareVisitor = new VisitorClient({ publicUrl: floor.url, site: centre.site });
  const maya = await centre.readyAgent('maya');
  const over = new AbortController();
  const events = await fetch(floor.eventsUrl, { signal: over.signal });
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
    const before = maya.told.items.length;
    const { id, token } = created.body;
    await visitor.send('DELETE', `/callbacks/${id}`, undefined, { authorization: `Bearer ${token}` });
    await maya.event('me.changed', (me) => me.state === 'ready', before);
    await settled(i);
    const event = new Promise<void>((resolve) => (heard = resolve));
    from = performance.now();
    const sent = bareVisitor.send('POST', '/callbacks', body, { 'idempotency-key': newKey() });
    await event;
    const bareTook = performance.now() - from;
    await sent;
    await settled(i);
    if (i >= WARM_UP) {
      ours.push(took);
      bare.push(bareTook);
    }
  }
  reportPair('offered', 'offered', ours, bare);
  over.abort();
  await listening;
}
