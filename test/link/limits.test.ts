import assert from 'node:assert/strict';
import type { VisitorStream } from '../../contact-server/ports/visitor-desk.ts';
import { Scene, ask, problemIn } from './scene.ts';

const TOKEN = { Authorization: 'Bearer t' };

describe('A taken-over web-dmz asks for more than its share', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(() => scene.close());

  it('has only so many requests in progress, and more when one is done', async () => {
    const { url } = await scene.linked({}, { limits: { requests: 1 } });
    const first = ask(url);
    const { answer } = await scene.desk.asked.next();
    const refused = await ask(url);
    assert.equal(refused.headers.get('retry-after'), '2');
    assert.equal(await problemIn(refused), 'unavailable');
    answer({ status: 201, body: {} });
    assert.equal((await first).status, 201);
    scene.desk.rule = () => ({ status: 201, body: {} });
    assert.equal((await ask(url)).status, 201);
    assert.equal(scene.desk.calls, 2);
  });

  it('has only so many streams, and more when one has ended', async () => {
    const { url } = await scene.linked({}, { limits: { streams: 1 } });
    const open = (): Promise<Response> => fetch(`${url}/api/v1/callbacks/c1/events`, { headers: TOKEN });
    const first = await open();
    assert.equal(first.status, 200);
    assert.equal((await open()).status, 503);
    (await scene.desk.opened.next()).stream.close();
    await first.text();
    assert.equal((await open()).status, 200);
  });
});

describe('The desk has a bug', () => {
  it('which costs the visitor who met it their stream, and nobody else theirs', async () => {
    const scene = new Scene();
    const { url, links } = await scene.linked({}, { connections: 1 });
    const open = (id: string): Promise<Response> =>
      fetch(`${url}/api/v1/callbacks/${id}/events`, { headers: TOKEN });
    const unlucky = await open('unlucky');
    const { stream } = await scene.desk.opened.next();
    stream.onClose(() => {
      throw new Error('a bug');
    });
    const other = await open('other');
    const { stream: fine } = await scene.desk.opened.next();
    await unlucky.body?.cancel();
    await new Promise<string>((resolve) => stream.onClose(resolve));
    fine.send('still here');
    fine.close();
    assert.match(await other.text(), /data: still here/);
    assert.equal(links.status()[0]?.state, 'up');
    await scene.close();
  });

  it('and speaks before it has decided: what it said is heard, and a refusal after that is an end', async () => {
    const scene = new Scene();
    const { url } = await scene.linked();
    scene.desk.open = async (_op, stream: VisitorStream) => {
      stream.send('hasty');
      throw new Error('a bug');
    };
    const response = await fetch(`${url}/api/v1/callbacks/c1/events`, { headers: TOKEN });
    assert.equal(response.status, 200);
    assert.match(await response.text(), /data: hasty/);
    await scene.close();
  });
});
