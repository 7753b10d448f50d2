import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  CallView,
  ContactCommand,
  ContactView,
  DecisionView,
  Me,
  MeCommand,
  OfferView,
  SessionView,
  WhoView,
} from '../../contracts/agent.ts';
import type { AgentId, CallbackId } from '../../contracts/ids.ts';
import type { AgentStatus, Routing } from '../../routing/index.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { allowedNow, type Call } from '../domain/call.ts';
import { type Callback, callOf, claimOf } from '../domain/callback.ts';
import type { Account, AccountStore } from '../ports/accounts.ts';
import type { CompanyRules } from '../ports/company.ts';
import type { Phones } from '../ports/phones.ts';
import type {
  CallbackRecord,
  CallbackStore,
  CallStore,
  Customer,
  CustomerStore,
  SessionStore,
} from '../ports/stores.ts';
import { codeWordFor } from './code-word.ts';
import { forReading, maskForLog } from './dial-policy.ts';
import { needsBy } from './needs-now.ts';
import { maskAddress } from './page-views.ts';
import type { Pages, Viewer } from './pages.ts';
import { toldHistory } from './told-history.ts';

interface Parts {
  readonly store: CallbackStore;
  readonly calls: CallStore;
  readonly sessions: SessionStore;
  readonly customers: CustomerStore;
  readonly accounts: AccountStore;
  readonly routing: Routing;
  readonly phones: Phones;
  readonly pages: Pages;
  readonly company: CompanyRules;
  readonly clock: Clock;
  /** The record of an offer that is not stored yet. */
  readonly beingOffered: (id: CallbackId) => CallbackRecord | undefined;
  /** Derives code words. */
  readonly codeKey: Buffer;
  /** Managers need a second factor. */
  readonly managerTotp: boolean;
}

const AHEAD_MS = 100;

/** What is known of a visitor beside the callback, and what takes its time to be made of it. */
interface Seen {
  readonly phone: string;
  readonly customer: Customer | undefined;
  readonly visits: number;
}

const noDecision = (agentId: AgentId, at: number): DecisionView => ({
  at,
  rosterVersion: 0,
  chosen: agentId,
  because: 'called by the agent',
  candidates: [],
});

/** What agents see, made from the stores each time it is shown: never from memory, so that a reload shows the truth. */
export class AgentViews {
  readonly #parts: Parts;
  readonly #ahead = new Map<CallbackId, Promise<Seen>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** As the account is now, whatever it was when its stream began. */
  async me({ id }: Pick<Account, 'id'>): Promise<Me> {
    const { accounts, routing, phones, company, clock, managerTotp } = this.#parts;
    const account = await accounts.byId(id);
    if (!account) throw new ProblemError('not-logged-in');
    const status: AgentStatus = (await routing.agentStatus(account.id)) ?? {
      agentId: account.id,
      state: 'logged-off',
      since: clock.now(),
    };
    const registered = account.extension !== undefined && phones.isRegistered(account.extension);
    return {
      id: account.id,
      name: account.name,
      roles: account.roles,
      state: status.state,
      ...(status.reason !== undefined && { reason: status.reason }),
      since: status.since,
      ...(status.next && { next: status.next }),
      ...(account.extension !== undefined && { extension: account.extension }),
      phone: registered ? 'registered' : 'unreachable',
      preferences: account.preferences,
      notReadyReasons: company.notReadyReasons,
      dispositions: company.dispositions,
      allowed: meCommands(status, account),
      secondFactor: account.secondFactor ? 'on' : managerTotp && isManager(account) ? 'needed' : 'off',
    };
  }

  async offersOf(account: Account): Promise<readonly OfferView[]> {
    const records = await this.#parts.store.ofAgent(account.id);
    const offered = records.filter((it) => it.callback.phase.state === 'reserved');
    return Promise.all(offered.map((it) => this.#offer(it, account)));
  }

  async contactsOf(account: Account): Promise<readonly ContactView[]> {
    const records = await this.#parts.store.ofAgent(account.id);
    const mine = records.filter((it) => isWith(it.callback, account.id));
    return Promise.all(mine.map((it) => this.contact(it, account)));
  }

  /** The offer or the contact this callback is for the agent now; neither, when it has left the screen. */
  async find(
    account: Account,
    id: CallbackId,
  ): Promise<{ readonly offer?: OfferView; readonly contact?: ContactView }> {
    const record = this.#parts.beingOffered(id) ?? (await this.#parts.store.find(id));
    if (!record || claimOf(record.callback)?.agentId !== account.id) return {};
    return record.callback.phase.state === 'reserved'
      ? { offer: await this.#offer(record, account) }
      : { contact: await this.contact(record, account) };
  }

  async contact(record: CallbackRecord, account: Account): Promise<ContactView> {
    const { callback, notes } = record;
    const { phase } = callback;
    const callId = callOf(callback);
    const call = callId === undefined ? undefined : await this.#parts.calls.find(callId);
    const reservationId = claimOf(callback)?.reservationId;
    const session = await this.#session(callback, account);
    const names = await this.#namesIn(callback);
    return {
      callbackId: callback.id,
      ...(reservationId !== undefined && { reservationId }),
      state: phase.state,
      service: this.#serviceName(callback),
      who: await this.who(record),
      requestedAt: callback.requestedAt,
      attempts: callback.attempts.map(({ at, outcome }) => ({ at, outcome })),
      ...(call && { call: this.call(call, callback) }),
      ...(session && { session }),
      notes,
      history: toldHistory(callback, (agentId) => names.get(agentId) ?? agentId),
      ...(record.decision && { why: record.decision }),
      allowed: contactCommands(record),
    };
  }

  call(call: Call, callback: Callback): CallView {
    const { id, callbackId, agent, customer, since, talkingSince, callerId, ended } = call;
    return {
      id,
      callbackId,
      agent,
      customer,
      since,
      ...(talkingSince !== undefined && { talkingSince }),
      ...(callerId !== undefined && { callerId }),
      ...(!ended && { codeWord: codeWordFor(this.#parts.codeKey, callback.id, id) }),
      ...(ended && { ended }),
      allowed: allowedNow(call),
    };
  }

  /**
   * A callback is likely to be offered in a moment: what its agent will be shown of its visitor is read while it
   * is still counted and stored, and what was read is good for that moment.
   */
  lookAhead(callback: Callback): void {
    const { clock } = this.#parts;
    // In the next turn, so that what is asked for already is on its way before.
    const seen = nextTurn().then(() => this.#see(callback));
    seen.catch(() => {});
    this.#ahead.set(callback.id, seen);
    clock.after(AHEAD_MS, () => this.#ahead.delete(callback.id));
  }

  async #see(callback: Callback): Promise<Seen> {
    const { id, wish } = callback;
    const { customer, otherVisits } = await this.#parts.customers.known(wish, id);
    return { phone: forReading(wish.phone), customer, visits: otherVisits + 1 };
  }

  async who(record: CallbackRecord): Promise<WhoView> {
    const { wish, terms, id } = record.callback;
    const { phone, customer, visits } = await (this.#ahead.get(id) ?? this.#see(record.callback));
    const name = wish.standing === 'proved' ? (customer?.name ?? wish.name) : (wish.name ?? customer?.name);
    const language = customer?.language ?? wish.language;
    return {
      ...(name !== undefined && { name }),
      phone,
      standing: wish.standing === 'proved' || record.identityChecked ? 'proved' : 'claimed',
      tier: terms?.tier ?? '',
      ...(customer?.since !== undefined && { since: customer.since }),
      visits,
      ...(language !== undefined && { language }),
      products: customer?.products ?? [],
      tickets: customer?.tickets ?? [],
      ip: maskAddress(wish.ip),
    };
  }

  async #offer(record: CallbackRecord, account: Account): Promise<OfferView> {
    const { clock, pages, routing } = this.#parts;
    const { callback } = record;
    const { wish, terms, startedAt } = callback;
    const claim = claimOf(callback);
    if (!claim) throw new Error('an offer without a claim');
    const [page, who, needs] = await Promise.all([
      pages.pageOf(wish.sessionId),
      this.who(record),
      needsBy(routing),
    ]);
    const must = needs({ service: wish.service, startedAt, must: terms?.must ?? [] }, clock.now());
    return {
      reservationId: claim.reservationId,
      callbackId: callback.id,
      deadline: claim.deadline,
      who,
      service: this.#serviceName(callback),
      needs: must.map((it) => `${it.name} ${it.level}`),
      waitedMs: Math.max(0, clock.now() - startedAt),
      why: record.decision ?? noDecision(account.id, callback.requestedAt),
      ...(page && { page }),
      allowed: ['accept', 'reject'],
    };
  }

  async #session(callback: Callback, account: Account): Promise<SessionView | undefined> {
    const { sessions, pages } = this.#parts;
    const id = callback.wish.sessionId;
    const session = await sessions.find(id);
    return {
      id,
      state: session?.state ?? 'open',
      legs: (session?.legs ?? []).map(({ who: _who, ...leg }) => leg),
      pages: await pages.viewFor(viewerOf(account), id),
    };
  }

  /** The agents to whom it was offered. */
  async #namesIn({ history }: Callback): Promise<ReadonlyMap<string, string>> {
    const ids = new Set(history.filter((it) => it.state === 'matched').map((it) => it.why as AgentId));
    const people = await Promise.all([...ids].map((id) => this.#parts.accounts.byId(id)));
    return new Map(people.flatMap((it) => (it ? [[it.id, it.name] as const] : [])));
  }

  #serviceName(callback: Callback): string {
    return this.#parts.company.services.get(callback.wish.service)?.name ?? callback.wish.service;
  }
}

function isManager(account: Account): boolean {
  return account.roles.includes('manager');
}

export function viewerOf(account: Account): Viewer {
  return { agentId: account.id, name: firstName(account.name), role: 'agent' };
}

/** What visitors are told of an agent. */
export function firstName(name: string): string {
  return name.split(' ')[0] ?? name;
}

function isWith(callback: Callback, agentId: AgentId): boolean {
  return claimOf(callback)?.agentId === agentId && callback.phase.state !== 'reserved';
}

function meCommands(status: AgentStatus, account: Account): readonly MeCommand[] {
  if (!account.roles.includes('agent')) return ['log-out'];
  return status.state === 'ready' && !status.next
    ? ['not-ready', 'log-out']
    : ['ready', 'not-ready', 'log-out'];
}

function contactCommands(record: CallbackRecord): readonly ContactCommand[] {
  const allowed: ContactCommand[] = [];
  const { state } = record.callback.phase;
  if (state === 'wrap-up') allowed.push('complete');
  if (record.callback.wish.standing === 'claimed' && !record.identityChecked) allowed.push('check-identity');
  return allowed;
}

/** A person on the board: a name, or the number as logs may show it. */
export function shortName(callback: Callback): string {
  return callback.wish.name ?? maskForLog(callback.wish.phone);
}
