import { randomBytes } from 'node:crypto';
import type { PagesView, RegistrationView, ViewerTicket } from '../../contracts/agent.ts';
import type { Company } from '../../contracts/company.schema.ts';
import type { PageHears } from '../../contracts/visitor.ts';
import type { AgentClient } from './agent-client.ts';
import type { TestCentre } from './centre.ts';
import type { PageSocket, VisitorClient } from './visitor-client.ts';

/** A browser tab with the widget's manners: counts its moves, marks echoes, comes back with what had not arrived. */
export class Tab {
  readonly tab = randomBytes(8).toString('hex');
  readonly #visitor: VisitorClient;
  readonly #who: { ticket?: string; viewer?: string };
  page: PageSocket;
  url: string;
  seq = 0;
  /** Numbers of what was heard on earlier connections are not heard again. */
  #obeyed = 0;

  private constructor(visitor: VisitorClient, who: { ticket?: string; viewer?: string }, url: string) {
    this.#visitor = visitor;
    this.#who = who;
    this.url = url;
    this.page = undefined as unknown as PageSocket;
  }

  static async open(
    visitor: VisitorClient,
    url: string,
    who: { ticket?: string; viewer?: string } = {},
  ): Promise<Tab> {
    const tab = new Tab(visitor, who, url);
    await tab.#load();
    return tab;
  }

  /** Its person, or its page, moves. */
  goes(url: string, how: 'load' | 'history' | 'hash' = 'history', because?: number): void {
    this.url = url;
    this.page.say({
      type: 'navigated',
      seq: ++this.seq,
      url,
      title: `Title of ${url}`,
      how,
      ...(because !== undefined && { because }),
    });
  }

  /** Waits to be sent to the page, and goes there as the widget would. */
  async isSentTo(url: string): Promise<Extract<PageHears, { type: 'go' }>> {
    const go = await this.page.hears('go', (it) => it.url === url && it.n > this.#obeyed);
    this.#obeyed = go.n;
    this.goes(url, 'load', go.n);
    return go;
  }

  /** Loses its connection and, when it is back, says what had not arrived: the moves it made meanwhile. */
  async comesBack(meanwhile: readonly string[] = []): Promise<void> {
    const arrived = this.seq;
    this.page.cut();
    await this.page.closed;
    await this.#hello(meanwhile.at(-1) ?? this.url, arrived);
    for (const url of meanwhile) this.goes(url, 'load');
  }

  /** A full load of another page: the old page's connection ends, the new one's begins. */
  async loads(url: string, because?: number): Promise<void> {
    this.page.cut();
    await this.#hello(url, this.seq);
    this.goes(url, 'load', because);
  }

  /** Everything this tab was told to do that it has not done. */
  get unread(): readonly PageHears[] {
    return this.page.heard.items.filter((it) => it.type === 'go' && it.n > this.#obeyed);
  }

  async #load(): Promise<void> {
    await this.#hello(this.url, this.seq);
    this.goes(this.url, 'load');
  }

  async #hello(url: string, seq: number): Promise<void> {
    this.page = await this.#visitor.page({ tab: this.tab, url, seq, ...this.#who });
    const welcoming = this.page.hears('welcome');
    const isIn = await Promise.race([welcoming.then(() => true), this.page.closed.then(() => false)]);
    if (!isIn) {
      welcoming.catch(() => {});
      throw new Error('closed before a welcome');
    }
    const welcome = await welcoming;
    if (welcome.ticket !== undefined) this.#who.ticket = welcome.ticket;
    if (welcome.credential !== undefined) this.#who.viewer = welcome.credential;
  }

  get ticket(): string {
    return this.#who.ticket ?? '';
  }

  get credential(): string {
    return this.#who.viewer ?? '';
  }
}

export interface Shared {
  readonly visitor: VisitorClient;
  readonly tab: Tab;
  readonly session: string;
  readonly registration: RegistrationView;
}

/** A visitor at a page, an agent registered by the code the visitor reads out, and the visitor's yes. */
export async function sharedPage(
  it_: TestCentre,
  agent: AgentClient,
  ip: string,
  path = '/tents/',
): Promise<Shared> {
  const visitor = it_.visitor(ip);
  const tab = await Tab.open(visitor, it_.site + path);
  const registration = await registerByCode(agent, tab, ip);
  await tab.page.hears('consent-asked');
  tab.page.say({ type: 'consent', pages: true });
  await tab.page.hears('sharing', (it) => it.on);
  return { visitor, tab, session: registration.sessionId, registration };
}

export async function registerByCode(agent: AgentClient, tab: Tab, ip: string): Promise<RegistrationView> {
  const { code } = await tab.page.hears('code');
  const answer = await agent.send<RegistrationView>('POST', '/registrations', { ip, code });
  if (answer.status !== 201) throw new Error(`registering was answered ${JSON.stringify(answer)}`);
  return answer.body;
}

/** The frame in an agent's portal: a one-time ticket, exchanged for a credential. */
export async function openFrame(
  it_: TestCentre,
  agent: AgentClient,
  session: string,
  kind: 'viewer' | 'watch' = 'viewer',
): Promise<Tab> {
  const { url, ticket } = await frameTicket(agent, session, kind);
  return Tab.open(it_.visitor('192.0.2.200'), url, { viewer: ticket });
}

export async function frameTicket(
  agent: AgentClient,
  session: string,
  kind: 'viewer' | 'watch' = 'viewer',
): Promise<{ readonly url: string; readonly ticket: string }> {
  const answer = await agent.send<ViewerTicket>('POST', `/pages/${session}/${kind}`, {});
  if (answer.status !== 200) throw new Error(`no ticket: ${JSON.stringify(answer.body)}`);
  const [url = '', ticket = ''] = answer.body.url.split(/[#&]ringback-viewer=/);
  return { url, ticket };
}

/** Agents `viewer-1` … who can log in, beside those of the demo company. */
export function moreAgents(count: number): (company: Company) => void {
  return (company) => {
    const [first] = company.agents;
    if (!first) return;
    for (let n = 1; n <= count; n++) {
      company.agents.push({
        ...first,
        id: `viewer-${String(n)}`,
        name: `Viewer${String(n)} Test`,
        username: `viewer-${String(n)}`,
        password: 'viewer-test-2026',
        extension: String(200 + n),
        devicePassword: `desk-${String(200 + n)}-test`,
      });
    }
  };
}

/** What the agent's screen shows of the contact's pages. */
export async function pagesOf(agent: AgentClient, callbackId: string): Promise<PagesView | undefined> {
  return (await agent.desk()).contacts.find((it) => it.callbackId === callbackId)?.session?.pages;
}

/** As the widget does: again and again, until somebody is there. */
export async function comesBackWhenItCan(come: () => Promise<void>): Promise<void> {
  const end = Date.now() + 60_000;
  for (;;) {
    try {
      await come();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
