import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import type { AgentId, SessionId } from '../../contracts/ids.ts';
import type { PageHears, PageSays } from '../../contracts/visitor.ts';
import { PageDesk } from '../../contact-server/app/page-desk.ts';
import { SessionDesk } from '../../contact-server/app/session-desk.ts';
import type { PageSession } from '../../contact-server/domain/page-session.ts';
import type { Session } from '../../contact-server/domain/session.ts';
import type { CompanyRules } from '../../contact-server/ports/company.ts';
import type { Hint } from '../../contact-server/ports/hints.ts';
import type { ConsentRecord } from '../../contact-server/ports/stores.ts';
import type { VisitorStream } from '../../contact-server/ports/visitor-desk.ts';
import { callbackService } from '../../contact-server/services/callback-service.ts';
import type { Clock } from '../../server-kit/clock.ts';

export const site = 'https://shop.example';

/** Time that passes when the test says so. */
export class PassingClock implements Clock {
  #now: number;
  #waiting: { at: number; then: () => void }[] = [];

  constructor(now = 1_800_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, then: () => void): () => void {
    const one = { at: this.#now + ms, then };
    this.#waiting.push(one);
    return () => {
      this.#waiting = this.#waiting.filter((it) => it !== one);
    };
  }

  /** Each timer fires at its own moment, and what it set off is done before the next. */
  async pass(ms: number): Promise<void> {
    await settled();
    const end = this.#now + ms;
    for (;;) {
      const next = this.#waiting.filter((it) => it.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#now = Math.max(this.#now, next.at);
      this.#waiting = this.#waiting.filter((it) => it !== next);
      next.then();
      await settled();
    }
    this.#now = end;
  }

  get timers(): number {
    return this.#waiting.length;
  }
}

/** Everything that can go on without time passing has gone on. */
export async function settled(): Promise<void> {
  for (let n = 0; n < 4; n++) await turn();
}

/** One connection of a browser, with the test at the other end. */
export class FakeStream implements VisitorStream {
  readonly ask: VisitorStream['ask'];
  readonly heard: PageHears[] = [];
  closed: string | undefined;
  #listeners: ((data: string) => void)[] = [];
  #closers: ((reason: string) => void)[] = [];
  onHeard: (message: PageHears) => void = () => {};

  constructor(ip: string, origin = site) {
    this.ask = { visitor: { ip, origin }, params: {}, node: 'dmz-test' };
  }

  send(data: string): boolean {
    if (this.closed !== undefined) return false;
    const message = JSON.parse(data) as PageHears;
    this.heard.push(message);
    this.onHeard(message);
    return true;
  }

  say(message: PageSays | string): void {
    const data = typeof message === 'string' ? message : JSON.stringify(message);
    if (this.closed === undefined) for (const listener of this.#listeners) listener(data);
  }

  close(reason = 'done'): void {
    if (this.closed !== undefined) return;
    this.closed = reason;
    for (const closer of this.#closers) closer(reason);
  }

  onData(listener: (data: string) => void): void {
    this.#listeners.push(listener);
  }

  onClose(listener: (reason: string) => void): void {
    if (this.closed === undefined) this.#closers.push(listener);
    else listener(this.closed);
  }

  last<Type extends PageHears['type']>(type: Type): Extract<PageHears, { type: Type }> | undefined {
    return this.heard.findLast((it): it is Extract<PageHears, { type: Type }> => it.type === type);
  }
}

/** What outlives the process: give it to the next bench to start another one. */
export class Stores {
  readonly pages = new Map<SessionId, PageSession>();
  readonly sessions = new Map<SessionId, Session>();
  readonly consents: ConsentRecord[] = [];
  readonly audited: string[] = [];
  readonly counted = new Map<string, { count: number; until: number }>();
  /** The store is away. */
  isDown = false;

  /** As it stands now: what the dead would still write does not count. */
  copy(): Stores {
    const copy = new Stores();
    for (const [id, it] of this.pages) copy.pages.set(id, it);
    for (const [id, it] of this.sessions) copy.sessions.set(id, it);
    for (const [key, it] of this.counted) copy.counted.set(key, it);
    copy.consents.push(...this.consents);
    return copy;
  }

  guard(): Promise<void> {
    return this.isDown ? Promise.reject(new Error('the store is away')) : Promise.resolve();
  }
}

export interface PageBench {
  readonly desk: PageDesk;
  readonly sessionDesk: SessionDesk;
  readonly clock: PassingClock;
  readonly stores: Stores;
  readonly hints: Hint[];
  /** Reservations that are accepted: id → session. */
  readonly accepted: Map<string, SessionId>;
  connect(ip?: string, origin?: string): FakeStream;
  /** The process is killed, and another one begins with what is stored. */
  restart(): PageBench;
}

const keys = { session: randomBytes(32), hash: randomBytes(32) };

/** Shared pages alone, between fakes at the ports. */
export function openPages(stores = new Stores(), clock = new PassingClock()): PageBench {
  const hints: Hint[] = [];
  const accepted = new Map<string, SessionId>();
  const hintPort = { give: (hint: Hint) => void hints.push(hint), onHint: () => () => {} };
  const sessionDesk = new SessionDesk({
    store: {
      find: async (id) => {
        await stores.guard();
        return stores.sessions.get(id);
      },
      update: async (id, change, create) => {
        await stores.guard();
        const now = stores.sessions.get(id) ?? create;
        if (!now) return undefined;
        const next = change(now);
        stores.sessions.set(id, next);
        return next;
      },
    },
    services: (id) => callbackService({ id, pagesAfterCallMs: 120_000 }),
    hints: hintPort,
    clock,
  });
  const desk = new PageDesk({
    store: {
      load: async (id) => {
        await stores.guard();
        return stores.pages.get(id);
      },
      save: async (session) => {
        await stores.guard();
        stores.pages.set(session.id, session);
      },
      ofAgent: async (agentId) => {
        await stores.guard();
        const mine = [...stores.pages.values()].filter((it) =>
          it.registrations.some((one) => one.agentId === agentId),
        );
        return mine.map((it) => it.id);
      },
      open: async () => {
        await stores.guard();
        return [...stores.pages.values()]
          .filter((it) => it.online || it.registrations.length > 0)
          .map((it) => it.id);
      },
    },
    sessions: sessionDesk,
    consents: {
      add: async (record) => {
        await stores.guard();
        stores.consents.push(record);
      },
    },
    limits: {
      allowAll: (windows) => Promise.resolve({ isNew: true, waitsMs: windows.map(() => 0) }),
      giveBack: (keys) => {
        for (const key of keys) {
          const known = stores.counted.get(key);
          if (known) stores.counted.set(key, { ...known, count: known.count - 1 });
        }
        return Promise.resolve();
      },
      allow: (key, max, windowMs) => {
        const known = stores.counted.get(key);
        const count = known && known.until > clock.now() ? known.count + 1 : 1;
        stores.counted.set(key, {
          count,
          until: count === 1 ? clock.now() + windowMs : (known?.until ?? 0),
        });
        return Promise.resolve(count <= max);
      },
      once: (key, validMs) => {
        const known = stores.counted.get(`once ${key}`);
        if (known && known.until > clock.now()) return Promise.resolve(false);
        stores.counted.set(`once ${key}`, { count: 1, until: clock.now() + validMs });
        return Promise.resolve(true);
      },
      free: (key) => Promise.resolve((stores.counted.get(`once ${key}`)?.until ?? 0) <= clock.now()),
    },
    audit: {
      add: async (entry) => {
        await stores.guard();
        stores.audited.push(entry.what);
      },
      latest: () => Promise.resolve([]),
    },
    hints: hintPort,
    company: { consent: { pages: { text: 'You may see my pages.', version: '1' } } } as CompanyRules,
    siteOrigins: [site, 'https://blog.example'],
    keys,
    sessionOfReservation: (_agentId: AgentId, id: string) => Promise.resolve(accepted.get(id)),
    clock,
    log: pino({ level: 'silent' }),
  });
  const streams: FakeStream[] = [];
  return {
    desk,
    sessionDesk,
    clock,
    stores,
    hints,
    accepted,
    connect(ip = '198.51.100.1', origin = site) {
      const stream = new FakeStream(ip, origin);
      streams.push(stream);
      void desk.open(stream);
      return stream;
    },
    restart() {
      const next = openPages(stores.copy(), new PassingClock(clock.now()));
      for (const [id, session] of accepted) next.accepted.set(id, session);
      for (const it of streams) it.close('link lost');
      return next;
    },
  };
}

export const maya = { agentId: 'maya' as AgentId, name: 'Maya Okafor', role: 'agent' as const };
export const rui = { agentId: 'rui' as AgentId, name: 'Rui Costa', role: 'agent' as const };
export const mina = { agentId: 'mina' as AgentId, name: 'Mina Larsen', role: 'manager' as const };

/** A visitor's tab that has said hello. */
export async function visitorAt(
  bench: PageBench,
  more: { ip?: string; tab?: string; ticket?: string; seq?: number; url?: string } = {},
): Promise<FakeStream> {
  const { ip = '198.51.100.1', tab = 'tab-visitor', seq = 1, url = `${site}/a`, ticket } = more;
  const stream = bench.connect(ip);
  stream.say({ type: 'hello', tab, url, seq, ...(ticket !== undefined && { ticket }) });
  await settled();
  return stream;
}
