import assert from 'node:assert/strict';
import type { BoardView, DeskSnapshot } from '../../contracts/agent.ts';
import { endStates } from '../../contracts/states.ts';
import type { CallbackView } from '../../contracts/visitor.ts';
import type { DeskPhone } from '../../embedded/demo/desk-phone.ts';
import type { Line } from '../../embedded/demo/telephone-network.ts';
import type { Part } from '../../embedded/launch/centre.ts';
import type { AgentClient } from './agent-client.ts';
import { agentHz, customerHz, openCentre, type TestCentre } from './centre.ts';
import { eventually } from './eventually.ts';
import type { VisitorClient } from './visitor-client.ts';

/**
 * A centre for the stories of one `describe`, told in one after the other. After each the recovery times are reported;
 * one that failed leaves calls and dead processes behind, so the next story gets a centre of its own.
 */
export function faultScene(): () => FaultScene {
  let scene: FaultScene;
  before(async () => {
    scene = await FaultScene.open();
  });
  afterEach(async function () {
    for (const it of scene.took.splice(0)) process.stderr.write(`        ${it}\n`);
    scene.desk.autoAnswer = true;
    if (this.currentTest?.state !== 'failed') return;
    process.stderr.write(`${scene.words()}\n`);
    await scene.close();
    scene = await FaultScene.open();
  });
  after(() => scene.close());
  return () => scene;
}

/** Deadlines of the product, short enough to be seen in a test. */
const short = {
  AGENT_RING_MS: '15000',
  CUSTOMER_RING_MS: '15000',
  OFFER_GRACE_MS: '1000',
  MAX_WRAPUP_MS: '60000',
  RETRY_AFTER_MS: '1500,1500',
};
let addresses = 0;
let numbers = 0;

/** One visitor, the number they are rung at and the telephone that rings. */
export interface Asked {
  readonly visitor: VisitorClient;
  readonly id: string;
  readonly number: string;
  readonly line: Line;
}

/** A whole centre with one agent, in which processes die; it counts every ring. */
export class FaultScene {
  readonly it: TestCentre;
  readonly maya: AgentClient;
  readonly desk: DeskPhone;
  /** How long each recovery took, for the report. */
  readonly took: string[] = [];
  #rung = 0;
  readonly #asked: Asked[] = [];
  readonly #manager: AgentClient;

  private constructor(it: TestCentre, maya: AgentClient, desk: DeskPhone, manager: AgentClient) {
    this.it = it;
    this.#manager = manager;
    this.maya = maya;
    this.desk = desk;
    desk.on('invite', () => (this.#rung += 1));
  }

  static async open(env: Readonly<Record<string, string>> = {}): Promise<FaultScene> {
    const it = await openCentre({ env: { ...short, ...env }, own: ['redis', 'mongodb', 'sip-server'] });
    const desk = await it.phone('101');
    return new FaultScene(it, await it.readyAgent('maya'), desk, await it.agent('mina'));
  }

  async close(): Promise<void> {
    await this.it.close();
  }

  /** A new visitor with a number of their own asks, and follows. */
  async asks(more: object = {}): Promise<Asked> {
    const number = `+44207946${String(130 + (numbers++ % 60)).padStart(4, '0')}`;
    const visitor = this.it.visitor(`198.51.100.${String(1 + (addresses++ % 250))}`);
    const { id } = await visitor.ask(number, more);
    visitor.follow();
    const asked = { visitor, id, number, line: this.it.network.line(number) };
    this.#asked.push(asked);
    return asked;
  }

  /** Kills a part and starts it again; resolves when it is ready, with how long that took. */
  async restart(part: Part, whileDown: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const { centre } = this.it;
    await centre.kill(part, true);
    try {
      await whileDown();
    } finally {
      const from = Date.now();
      await centre.start(part);
      this.took.push(`${part} ready again after ${String(Date.now() - from)} ms`);
    }
  }

  async notReady(agent = this.maya): Promise<void> {
    const { status } = await agent.send('PUT', '/me/state', { state: 'not-ready', reason: 'break' });
    assert.equal(status, 200);
  }

  /** What is on Maya's desk, once the server can say it: some of its connections come back later than others. */
  desktop(): Promise<DeskSnapshot> {
    return eventually('the desk', () => this.maya.desk());
  }

  /** What the manager's board says, once it says this. */
  async board(what: string, fits: (board: BoardView) => boolean): Promise<BoardView> {
    return eventually(`board: ${what}`, async () => {
      const board = await this.#manager.board();
      return fits(board) ? board : undefined;
    });
  }

  /** Which of the things it depends on contact-server says are down. */
  async down(): Promise<readonly string[]> {
    const response = await fetch(`${this.it.agentUrl}/readyz`);
    const { services } = (await response.json()) as { services: Record<string, { up: boolean }> };
    return Object.keys(services).filter((name) => services[name]?.up === false);
  }

  async isUp(): Promise<void> {
    await eventually('everything up', async () => ((await this.down()).length === 0 ? true : undefined));
  }

  /** The offer of this callback on the agent's screen. The agent presses Ready when they are not. */
  async offered(asked: Asked): Promise<DeskSnapshot['offers'][number]> {
    return eventually(`offer of ${asked.number}`, async () => {
      const { me, offers } = await this.desktop();
      if (me.state === 'not-ready') await this.maya.ready().catch(() => undefined);
      return offers.find((offer) => offer.callbackId === asked.id);
    });
  }

  /** Accepts and is brought into the talk; both are heard. */
  async talk(asked: Asked): Promise<string> {
    await this.maya.accept(await this.offered(asked));
    return this.talking(asked);
  }

  async talking(asked: Asked): Promise<string> {
    const callId = await eventually(`talk with ${asked.number}`, async () => {
      const contact = (await this.desktop()).contacts.find((it) => it.callbackId === asked.id);
      return contact?.state === 'connected' ? contact.call?.id : undefined;
    });
    await this.heard(asked);
    return callId;
  }

  async heard(asked: Asked): Promise<void> {
    await Promise.all([this.desk.hears(customerHz), asked.line.hears(agentHz)]);
  }

  /** Works as an agent does, at each of these desks, until this callback has ended: takes what is offered, hangs up, wraps up. */
  async served(
    asked: Asked,
    withinMs = 40_000,
    desks: readonly AgentClient[] = [this.maya],
  ): Promise<CallbackView> {
    const from = Date.now();
    const done = new Set<string>();
    let failed = '';
    const once = async (key: string, act: () => Promise<void>): Promise<void> => {
      if (done.has(key)) return;
      done.add(key);
      await act().catch((error: unknown) => {
        failed = String(error);
        done.delete(key);
      });
    };
    const work = async (agent: AgentClient): Promise<string> => {
      const { me, offers, contacts } = await eventually('the desk', () => agent.desk());
      if (me.state === 'not-ready') await agent.ready().catch(() => undefined);
      // Its end may have been told before the agent's stream was back: then the desk is what counts.
      for (const it of offers) await once(`${agent.url} ${it.reservationId}`, () => agent.accept(it, 1_000));
      for (const { callbackId, state, call } of contacts) {
        const callId = call?.id ?? '';
        if (state === 'connected')
          await once(`${agent.url} ${callId}`, () => agent.command(`/calls/${callId}/drop`));
        if (state === 'wrap-up') await once(`${agent.url} wrap ${callId}`, () => agent.complete(callbackId));
      }
      return `${me.state} ${me.reason ?? ''}, offers ${JSON.stringify(offers)}, contacts ${JSON.stringify(contacts)}`;
    };
    const end = await eventually(
      `${asked.number} served`,
      async () => {
        const view = await asked.visitor.look();
        if (endStates.includes(view.state)) return view;
        const seen = await Promise.all(desks.map(work));
        // Not yet: the last of these is the message if it takes too long.
        throw new Error(`${seen.join('; ')}, ${JSON.stringify(view)} ${failed}`);
      },
      withinMs,
    );
    this.took.push(`${end.state} ${String(Date.now() - from)} ms after everything was up`);
    return end;
  }

  /** Nobody was ever rung by two calls at once, and the visitor so many times in all. */
  async rang(asked: Asked, times: number): Promise<void> {
    const calls = this.it.network.callsTo(asked.number);
    assert.equal(calls.length, times, `${asked.number} was rung ${JSON.stringify(calls)}`);
    for (const [i, call] of calls.entries()) {
      const before = calls[i - 1];
      if (before) assert.ok((before.endedAt ?? Infinity) <= call.at, 'rung while it rang or talked');
    }
    assert.equal(this.desk.counters.invites, this.#rung, 'the agent’s phone was called while it was busy');
    await this.free();
  }

  /** The agent is held by nothing, and both phones are silent. */
  async free(): Promise<void> {
    await eventually('a free agent', async () => {
      const { me, contacts } = await this.desktop();
      const held = me.state === 'busy' || me.state === 'working-after-call' || contacts.length > 0;
      return held || this.desk.calls.length > 0 ? undefined : true;
    });
    for (const it of this.#asked) assert.equal(it.line.calls.length, 0, `${it.number} is still in a call`);
  }

  /** The last words of all processes that matter, for the message of a failed test. */
  words(): string {
    return this.it.troubles
      .filter((it) => !it.startsWith('redis'))
      .slice(-30)
      .join('\n');
  }
}
