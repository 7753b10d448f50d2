import type { LineView, WaitingView } from '../../contracts/agent.ts';
import type { AgentProfile, Requirement, Routing } from '../../routing/index.ts';
import type { Clock } from '../../server-kit/clock.ts';
import type { Callback, In } from '../domain/callback.ts';
import type { Account } from '../ports/accounts.ts';
import type { CompanyRules } from '../ports/company.ts';
import type { Phones } from '../ports/phones.ts';
import type { CallbackStore, InLine } from '../ports/stores.ts';
import { shortName } from './agent-views.ts';
import type { CallTimes } from './call-times.ts';
import { needsBy } from './needs-now.ts';

interface Parts {
  readonly store: CallbackStore;
  readonly routing: Routing;
  readonly phones: Phones;
  readonly company: CompanyRules;
  readonly times: Pick<CallTimes, 'mayDial'>;
  readonly clock: Clock;
}

const MAX_ROWS = 50;

/** What an agent sees of the line: the contacts they are able to take, of which any may be called now [TE-5]. */
export class AgentLine {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async look(account: Account): Promise<WaitingView> {
    const { store, routing, clock } = this.#parts;
    const profile = await routing.agentProfile(account.id);
    if (!profile) return { counts: { waiting: 0, booked: 0 }, rows: [] };
    const isFree = await this.#mayCall(account);
    const [needs, at] = [await needsBy(routing), clock.now()];
    const open = (await store.open())
      .map((it) => it.callback)
      .filter(isOpen)
      .toSorted(inTurn);
    const able = open.flatMap((callback) => {
      const { startedAt, terms, wish } = callback;
      const must = needs({ service: wish.service, startedAt, must: terms?.must ?? [] }, at);
      return isAble(profile, must) ? [{ callback, must }] : [];
    });
    const waiting = able.filter(({ callback }) => callback.phase.state === 'queued').length;
    return {
      counts: { waiting, booked: able.length - waiting },
      rows: able.slice(0, MAX_ROWS).map((it) => this.#row(it, isFree, at)),
    };
  }

  #row({ callback, must }: Able, isFree: boolean, now: number): WaitingView['rows'][number] {
    const { company, times } = this.#parts;
    const { id, phase, wish, terms, startedAt } = callback;
    const dial = times.mayDial(wish, now);
    return {
      callbackId: id,
      who: shortName(callback),
      service: company.services.get(wish.service)?.name ?? wish.service,
      needs: must.map((it) => `${it.name} ${String(it.level)}`),
      tier: terms?.tier ?? '',
      since: startedAt,
      state: phase.state,
      ...(phase.state === 'scheduled' && { at: phase.at }),
      ...(!dial.ok && dial.notBefore !== undefined && { callableFrom: dial.notBefore }),
      allowed: isFree && dial.ok ? ['call-now'] : [],
    };
  }

  /** The line in short, looked at once for everybody: an agent's is of those they could take, a manager's of all. */
  async inShort(): Promise<(account: Account) => Promise<LineView>> {
    const { store, routing, clock } = this.#parts;
    const [needs, at] = [await needsBy(routing), clock.now()];
    const kinds = kindsOf((await store.line()).map((it) => ({ ...it, must: needs(it, at) })));
    return async ({ id, roles }) => {
      if (!roles.includes('agent')) return summed(kinds);
      const profile = await routing.agentProfile(id);
      return summed(kinds.filter(({ must }) => profile && isAble(profile, must)));
    };
  }

  async #mayCall({ id, extension }: Account): Promise<boolean> {
    const status = await this.#parts.routing.agentStatus(id);
    const isFree = status?.state === 'ready' || status?.state === 'not-ready';
    return isFree && extension !== undefined && this.#parts.phones.isRegistered(extension);
  }
}

/** A callback that waits, now or for later. */
type Open = Callback & { readonly phase: In<'queued' | 'scheduled'> };
/** With what an agent has to have for it by now. */
interface Able {
  readonly callback: Open;
  readonly must: Requirement['must'];
}

function isOpen(callback: Callback): callback is Open {
  return callback.phase.state === 'queued' || callback.phase.state === 'scheduled';
}

/** Those who wait and ask for the same. */
interface Kind extends LineView {
  readonly must: Requirement['must'];
}

function kindsOf(line: readonly Pick<InLine, 'startedAt' | 'must'>[]): readonly Kind[] {
  const kinds = new Map<string, Kind>();
  for (const { must, startedAt } of line) {
    const key = JSON.stringify(must);
    const { waiting = 0, longestSince = startedAt } = kinds.get(key) ?? {};
    kinds.set(key, { must, waiting: waiting + 1, longestSince: Math.min(longestSince, startedAt) });
  }
  return [...kinds.values()];
}

function summed(kinds: readonly LineView[]): LineView {
  const waiting = kinds.reduce((sum, it) => sum + it.waiting, 0);
  const longestSince = Math.min(...kinds.map((it) => it.longestSince ?? Infinity));
  return { waiting, ...(waiting > 0 && { longestSince }) };
}

/** As routing serves them: who is owed more first, then who waits longer; after them those with a time, the earliest first. */
function inTurn(a: Callback, b: Callback): number {
  const [atOfA, atOfB] = [a, b].map(({ phase }) => (phase.state === 'scheduled' ? phase.at : 0));
  return (
    (atOfA ?? 0) - (atOfB ?? 0) ||
    (b.terms?.priority ?? 0) - (a.terms?.priority ?? 0) ||
    a.startedAt - b.startedAt
  );
}

function isAble(profile: AgentProfile, must: Requirement['must']): boolean {
  return must.every(({ name, level }) =>
    profile.qualifications.some((it) => it.name === name && it.level >= level),
  );
}
