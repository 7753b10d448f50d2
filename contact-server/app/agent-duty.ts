import type { AgentId } from '../../contracts/ids.ts';
import type { AgentWish, Routing, RoutingSnapshot } from '../../routing/index.ts';
import { type Claim, claimOf } from '../domain/callback.ts';
import type { AccountStore } from '../ports/accounts.ts';
import type { DutyStore } from '../ports/duties.ts';
import type { Phones } from '../ports/phones.ts';
import type { CallbackRecord, CallbackStore } from '../ports/stores.ts';
import type { Telephony } from '../ports/telephony.ts';

/** Reasons that are ours: who is not ready for one of them is put back when it is over, and did not wish it. */
export const ourReasons = {
  noTelephone: 'telephone system down',
  held: 'finishing a contact',
  outdated: 'line is being rebuilt',
} as const;

const HELD = { state: 'not-ready', reason: ourReasons.held } as const;

/** Routing's reason for who said no. */
const DECLINED = 'declined';

interface Parts {
  readonly routing: Routing;
  readonly telephony: Telephony;
  readonly phones: Phones;
  readonly accounts: AccountStore;
  readonly duties: DutyStore;
  readonly store: Pick<CallbackStore, 'ofAgent'>;
  /** Who is logged in. */
  readonly present: () => Promise<ReadonlySet<AgentId>>;
}

/** Keeps routing's agents as they should be: back after Redis was lost, held out while there is no telephone system. */
export class AgentDuty {
  readonly #parts: Parts;
  /** Whose offer was declined by us: the event that tells it is not their wish. */
  readonly #declinedForThem = new Set<AgentId>();
  readonly #ready = new Set<AgentId>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Told when routing took an agent's wish: whoever was told so is as wished, even if routing is lost the moment after. */
  async wished(agentId: AgentId, wish: AgentWish): Promise<void> {
    await this.#parts.duties.save(agentId, wish);
  }

  /** As far as was heard: for what need not be sure. */
  get someoneIsReady(): boolean {
    return this.#ready.size > 0;
  }

  /** What an agent became by itself (an offer missed, a wrap-up over) is kept beside routing, which may be lost. */
  async heard(status: { agentId: AgentId; state: string; reason?: string }): Promise<void> {
    const { agentId, state, reason = '' } = status;
    if (state === 'ready') this.#ready.add(agentId);
    else this.#ready.delete(agentId);
    if (Object.values<string>(ourReasons).includes(reason)) return;
    if (reason === DECLINED && this.#declinedForThem.delete(agentId)) return;
    if (state === 'logged-off') await this.#parts.duties.save(agentId, { state });
    // Whoever presses Ready while somebody waits is reserved at once, and was never seen as ready.
    else if (state === 'ready' || state === 'reserved') {
      await this.#parts.duties.save(agentId, { state: 'ready' });
    } else if (state === 'not-ready') await this.#parts.duties.save(agentId, { state, reason });
  }

  /**
   * Whoever has a contact in hand that routing lost with Redis is held out of the line, and the wish waits until the
   * contact is over, as routing itself would keep it. True when it was kept so.
   */
  async keptForLater(agentId: AgentId, wish: AgentWish): Promise<boolean> {
    const { routing, store, duties } = this.#parts;
    const status = await routing.agentStatus(agentId);
    const isFree = status === undefined || status.state === 'logged-off' || status.state === 'not-ready';
    if (!isFree || !boundBy(await store.ofAgent(agentId)).has(agentId)) return false;
    await duties.save(agentId, wish);
    if (status?.reason !== ourReasons.held) {
      await this.#set(agentId, HELD);
    }
    return true;
  }

  /**
   * Whoever has a contact in hand that routing knows nothing of is to be offered no other: a Redis that remembers an
   * older state, as a replica does that was a little behind, believes them idle.
   */
  async bind(open: readonly CallbackRecord[], snapshot: RoutingSnapshot): Promise<void> {
    const { routing, store } = this.#parts;
    const known = new Map(snapshot.reservations.map((it) => [it.id, it.state]));
    const agents = new Map(snapshot.agents.map((it) => [it.agentId, it]));
    for (const { agentId, reservationId } of boundClaims(open)) {
      const state = known.get(reservationId);
      if (state === 'accepted' || state === 'wrapping') continue;
      if (state === 'pending' && (await routing.accept(reservationId, agentId)).ok) continue;
      const agent = agents.get(agentId);
      if (!agent || agent.state === 'logged-off' || agent.reason === ourReasons.held) continue;
      // It may have ended since it was read.
      const still = boundClaims(await store.ofAgent(agentId));
      if (!still.some((it) => it.reservationId === reservationId)) continue;
      await this.#withdraw(snapshot, HELD, agentId);
      await this.#set(agentId, HELD);
    }
  }

  /** Compares everybody, and mends; says for each repair what was done. */
  async mend(open: readonly CallbackRecord[], snapshot: RoutingSnapshot): Promise<readonly string[]> {
    const { telephony, accounts } = this.#parts;
    const repairs = await this.#back(open, snapshot);
    if (!telephony.status().up) {
      await this.#holdOut(snapshot, ourReasons.noTelephone);
      return repairs;
    }
    const bound = boundBy(open);
    for (const { agentId, state, reason } of snapshot.agents) {
      if (state !== 'not-ready') continue;
      if (reason === ourReasons.outdated && bound.has(agentId)) await this.#set(agentId, HELD);
      else if (
        reason === ourReasons.noTelephone ||
        reason === ourReasons.outdated ||
        (reason === ourReasons.held && !bound.has(agentId))
      )
        await this.#set(agentId, await this.#lastWish(agentId));
    }
    const agents = new Map(snapshot.agents.map((it) => [it.agentId, it]));
    for (const { id, extension, robot } of await accounts.all()) {
      if (extension === undefined || robot || agents.get(id)?.state !== 'ready') continue;
      if (!this.#parts.phones.isRegistered(extension)) {
        await this.#set(id, { state: 'not-ready', reason: 'phone not connected' });
      }
    }
    return repairs;
  }

  /**
   * Routing remembers a state from before what was last worked with: nobody is as it says. All are held out until
   * contacts are as they should be; then they are put back as they wished last.
   */
  async distrust(snapshot: RoutingSnapshot): Promise<void> {
    const out = { state: 'not-ready', reason: ourReasons.outdated } as const;
    for (const { agentId, state } of snapshot.agents)
      if (state !== 'logged-off' && state !== 'ready') await this.#set(agentId, out);
    await this.#holdOut(snapshot, out.reason);
  }

  /** Somebody held here for a contact of a lost Redis is let go when that contact is over. */
  async letGo(agentId: AgentId, next: AgentWish | undefined): Promise<void> {
    const status = await this.#parts.routing.agentStatus(agentId);
    if (status?.state !== 'not-ready' || status.reason !== ourReasons.held) return;
    await this.#set(agentId, next ?? (await this.#lastWish(agentId)));
  }

  /** Who is logged in here and unknown there was lost with Redis. */
  async #back(open: readonly CallbackRecord[], snapshot: RoutingSnapshot): Promise<readonly string[]> {
    const { accounts, present } = this.#parts;
    const here = await present();
    const known = new Set(snapshot.agents.filter((it) => it.state !== 'logged-off').map((it) => it.agentId));
    const bound = boundBy(open);
    const repairs: string[] = [];
    for (const account of await accounts.all()) {
      if (!here.has(account.id) || known.has(account.id) || !account.roles.includes('agent')) continue;
      const wished = await this.#lastWish(account.id);
      if (wished.state === 'logged-off') continue;
      const wish = bound.has(account.id) ? HELD : wished;
      await this.#set(account.id, wish);
      repairs.push(`${account.name} was lost to routing, and is ${wish.state} again`);
    }
    return repairs;
  }

  async #holdOut(snapshot: RoutingSnapshot, reason: string): Promise<void> {
    const out = { state: 'not-ready', reason } as const;
    for (const { agentId, state } of snapshot.agents) if (state === 'ready') await this.#set(agentId, out);
    await this.#withdraw(snapshot, out);
  }

  /** Takes back what is offered, to all or to one of them. */
  async #withdraw(snapshot: RoutingSnapshot, out: AgentWish, from?: AgentId): Promise<void> {
    const { routing } = this.#parts;
    for (const { id, agentId, state } of snapshot.reservations) {
      if (state !== 'pending' || (from !== undefined && agentId !== from)) continue;
      // Nobody can take it; the contact goes back to its place, and it is not the agent who declined.
      this.#declinedForThem.add(agentId);
      await routing.reject(id, agentId);
      const status = await routing.agentStatus(agentId);
      if (status?.state === 'not-ready' && status.reason === DECLINED) await this.#set(agentId, out);
    }
  }

  async #lastWish(agentId: AgentId): Promise<AgentWish> {
    return (await this.#parts.duties.of(agentId)) ?? { state: 'not-ready', reason: 'logged in' };
  }

  async #set(agentId: AgentId, wish: AgentWish): Promise<void> {
    await this.#parts.routing.setAgentState(agentId, wish);
  }
}

/** By what a callback binds an agent, from the first ring to the end of the wrap-up. */
function boundClaims(open: readonly CallbackRecord[]): readonly Claim[] {
  return open.flatMap(({ callback }) =>
    callback.phase.state === 'reserved' ? [] : (claimOf(callback) ?? []),
  );
}

function boundBy(open: readonly CallbackRecord[]): ReadonlySet<AgentId> {
  return new Set(boundClaims(open).map((it) => it.agentId));
}
