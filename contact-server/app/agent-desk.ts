import type { Logger } from 'pino';
import type { AgentPreferences, CallCommand } from '../../contracts/agent.ts';
import type { Complete, StateWish } from '../../contracts/agent.schema.ts';
import type { AgentId, CallbackId, CallId, ReservationId } from '../../contracts/ids.ts';
import type { CallbackState } from '../../contracts/states.ts';
import type { AcceptResult, Routing } from '../../routing/index.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { claimOf } from '../domain/callback.ts';
import { hasLatelyLeft } from '../domain/left-agent.ts';
import type { Account, AccountStore } from '../ports/accounts.ts';
import type { CompanyRules } from '../ports/company.ts';
import type { AgentStreams, Hints } from '../ports/hints.ts';
import type { Phones } from '../ports/phones.ts';
import type { AuditStore, CallbackRecord, CallbackStore } from '../ports/stores.ts';
import type { Telephony } from '../ports/telephony.ts';
import type { AgentDuty } from './agent-duty.ts';
import type { CallTimes } from './call-times.ts';
import type { CallDesk } from './call-desk.ts';
import type { CallbackDesk } from './callback-desk.ts';
import type { DialAnswer } from './dial-policy.ts';
import { claimFrom, contactOf, newCallId } from './order-taker.ts';
import { type Pages } from './pages.ts';
import { Serial } from './serial.ts';
import { momentIn } from './time-words.ts';

interface Parts {
  readonly callbacks: CallbackDesk;
  readonly calls: CallDesk;
  readonly store: CallbackStore;
  readonly times: Pick<CallTimes, 'mayDial'>;
  readonly routing: Routing;
  readonly accounts: AccountStore;
  readonly phones: Phones;
  readonly duty: Pick<AgentDuty, 'keptForLater' | 'wished'>;
  readonly telephony: Telephony;
  /** The call that rings for this offer already, or a new one. */
  readonly callFor: (reservationId: ReservationId) => CallId;
  readonly pages: Pages;
  readonly company: CompanyRules;
  readonly streams: AgentStreams;
  readonly hints: Hints;
  readonly audit: AuditStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What an agent may do. Each command checks that the thing is theirs; a refusal is a ProblemError with a plain sentence. */
export class AgentDesk {
  readonly #parts: Parts;
  /** Coming and going of one person, one after the other. */
  readonly #doors = new Serial();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The portal is open: the phone may register, and the agent begins as not-ready. */
  arrive(account: Account): Promise<void> {
    return this.#doors.run(account.id, () => this.#arrive(account));
  }

  /** Whose log-ins have all ended, by log-out or in time, is gone: no offers, the phone unreachable, pages closed. */
  async leaveAbsent(
    present: ReadonlySet<AgentId>,
    isPresent: (agentId: AgentId) => Promise<boolean>,
  ): Promise<void> {
    const { accounts, routing, phones } = this.#parts;
    const agents = await routing.loggedIn();
    const off = new Set(
      agents
        .filter((it) => it.state === 'logged-off' || it.next?.state === 'logged-off')
        .map((it) => it.agentId),
    );
    const on = new Set(agents.map((it) => it.agentId).filter((it) => !off.has(it)));
    const all = await accounts.all();
    const known = new Set(all.map((it) => it.id));
    for (const id of on) if (!known.has(id)) await routing.setAgentState(id, { state: 'logged-off' });
    for (const account of all) {
      const { id, extension } = account;
      const isOpen = extension !== undefined && phones.isRegistered(extension);
      if (present.has(id) || !(on.has(id) || isOpen)) continue;
      await this.#doors.run(id, async () => {
        if (!(await isPresent(id))) await this.#depart(account);
      });
    }
  }

  async #arrive(account: Account): Promise<void> {
    const { routing, phones } = this.#parts;
    if (account.extension !== undefined) await phones.open(account.extension);
    if (!account.roles.includes('agent')) return;
    const status = await routing.agentStatus(account.id);
    if (!status || status.state === 'logged-off')
      await this.#wish(account.id, { state: 'not-ready', reason: 'logged in' });
  }

  async #depart(account: Account): Promise<void> {
    const { routing, phones, pages, hints } = this.#parts;
    if (account.roles.includes('agent')) await routing.setAgentState(account.id, { state: 'logged-off' });
    const busy = (await this.#parts.store.ofAgent(account.id)).some((it) =>
      onThePhone.includes(it.callback.phase.state),
    );
    // A call in progress keeps its phone; when it is over, the next look at who is absent closes it.
    if (account.extension !== undefined && !busy) await phones.close(account.extension);
    await pages.leave(account.id);
    hints.give({ about: 'board' });
  }

  async setState(account: Account, wish: StateWish): Promise<void> {
    if (!account.roles.includes('agent')) throw new ProblemError('not-permitted');
    if (wish.state === 'ready') {
      const { extension } = account;
      if (extension === undefined || !this.#parts.phones.isRegistered(extension)) {
        throw new ProblemError('not-now', {
          detail: `Your phone ${extension ?? ''} is not connected. Check that it is on, then press Ready again.`,
        });
      }
    }
    if (await this.#parts.duty.keptForLater(account.id, wish)) await this.#changed(account.id);
    else await this.#wish(account.id, wish);
  }

  async setPreferences(account: Account, preferences: AgentPreferences): Promise<void> {
    await this.#parts.accounts.savePreferences(account.id, preferences);
    await this.#changed(account.id);
  }

  async accept(agentId: AgentId, reservationId: ReservationId): Promise<void> {
    const { telephony, routing } = this.#parts;
    if (!telephony.status().up) {
      throw new ProblemError('unavailable', {
        detail: 'The telephone system is not reachable at the moment.',
      });
    }
    await this.taken(await routing.accept(reservationId, agentId), this.#parts.callFor(reservationId));
  }

  /** Routing said yes (or no) to an acceptance: tells the callback, which rings the phones. */
  async taken(result: AcceptResult, callId: CallId): Promise<void> {
    if (!result.ok) throw new ProblemError('offer-gone', { detail: whyGone[result.why] });
    const { reservation } = result;
    const { callbacks, clock, log, pages } = this.#parts;
    const record = await callbacks.note(
      reservation.contactId,
      { type: 'offer-accepted', at: clock.now(), claim: claimFrom(reservation), callId },
      reservation.decision,
    );
    if (claimOf(record.callback)?.reservationId !== reservation.id) {
      // It was cancelled or moved in the same moment: the agent is not to wait until somebody finds that out.
      await this.#parts.routing.complete(reservation.id, { state: 'as-wished' });
      throw new ProblemError('offer-gone', { detail: whyGone.gone });
    }
    const account = await this.#parts.accounts.byId(reservation.agentId);
    if (!account) return;
    // The agent is registered under the visitor's address from here on; without an open page there is nothing to see yet.
    const viewer = { agentId: account.id, name: account.name, role: 'agent' as const };
    await pages.register(viewer, { reservationId: reservation.id }).catch((err: unknown) => {
      log.debug({ err, callbackId: reservation.contactId }, 'not registered for pages');
    });
  }

  async reject(agentId: AgentId, reservationId: ReservationId): Promise<void> {
    const result = await this.#parts.routing.reject(reservationId, agentId);
    if (!result.ok) throw new ProblemError('offer-gone', { detail: whyGone[result.why] });
    const { callbacks, clock } = this.#parts;
    const at = clock.now();
    await callbacks.note(result.reservation.contactId, {
      type: 'offer-ended',
      at,
      reservationId,
      why: 'rejected',
    });
    await this.#changed(agentId);
  }

  /** TE-5: the agent calls a waiting or scheduled contact now, whoever is first in line. */
  async callNow(account: Account, id: CallbackId): Promise<void> {
    const { store, routing, phones, telephony, times, audit, clock } = this.#parts;
    const record = await store.find(id);
    if (!record) throw new ProblemError('not-found');
    const { state } = record.callback.phase;
    if (state !== 'queued' && state !== 'scheduled') {
      throw new ProblemError('not-now', { detail: 'This callback is not waiting any more.' });
    }
    if (!telephony.status().up) throw new ProblemError('unavailable');
    const dial = times.mayDial(record.callback.wish, clock.now());
    if (!dial.ok) throw new ProblemError('not-now', { rule: dial.rule, detail: this.#notRung(dial) });
    if (account.extension === undefined || !phones.isRegistered(account.extension)) {
      throw new ProblemError('not-now', { detail: 'Your phone is not connected.' });
    }
    const result = await routing.claim(contactOf(record.callback), account.id);
    await audit.add({ at: clock.now(), who: account.id, what: 'call-now', about: id });
    await this.taken(result, newCallId());
  }

  #notRung({ reason, notBefore }: Extract<DialAnswer, { ok: false }>): string {
    if (notBefore === undefined) return `This number may not be called: ${reason}`;
    return `This number may be called from ${momentIn(this.#parts.company.timezone, notBefore)} on.`;
  }

  async call(agentId: AgentId, callId: CallId, command: CallCommand): Promise<void> {
    await this.#parts.calls.command(agentId, callId, command);
  }

  async saveNotes(
    agentId: AgentId,
    id: CallbackId,
    notes: { text: string; version: number },
  ): Promise<{ version: number; savedAt: number }> {
    const { store, clock } = this.#parts;
    const savedAt = clock.now();
    const record = await store.find(id);
    const isTheirs =
      record &&
      (isOnDesk(record, agentId) || hasLatelyLeft(record.callback, record.lastWith, agentId, savedAt));
    if (!isTheirs) throw new ProblemError('not-found');
    const version = await store.saveNotes(id, notes.text, notes.version, savedAt);
    if (version === 'stale')
      throw new ProblemError('version-conflict', { detail: 'These notes were changed elsewhere.' });
    return { version, savedAt };
  }

  /** Ready only when everything is saved: the notes first, then the end of the contact. */
  async complete(agentId: AgentId, id: CallbackId, done: Complete): Promise<void> {
    const record = await this.#mine(agentId, id);
    const { company, callbacks, clock } = this.#parts;
    if (!company.dispositions.includes(done.disposition)) {
      throw new ProblemError('invalid-request', { detail: 'Choose one of the outcomes.' });
    }
    if (record.callback.phase.state !== 'wrap-up') {
      throw new ProblemError('not-now', { detail: 'The call is not over yet.' });
    }
    if (done.notes) await this.saveNotes(agentId, id, done.notes);
    const at = clock.now();
    await callbacks.note(id, { type: 'wrapped-up', at, disposition: done.disposition, next: done.next });
    await this.#parts.streams.add(agentId, 'contact.closed', { callbackId: id });
    await this.#changed(agentId);
  }

  async identityChecked(agentId: AgentId, id: CallbackId): Promise<void> {
    await this.#mine(agentId, id);
    const { store, audit, clock, streams } = this.#parts;
    await store.markIdentityChecked(id);
    await audit.add({ at: clock.now(), who: agentId, what: 'identity-checked', about: id });
    await streams.add(agentId, 'contact.changed', { callbackId: id });
  }

  async #mine(agentId: AgentId, id: CallbackId): Promise<CallbackRecord> {
    const record = await this.#parts.store.find(id);
    if (!record || !isOnDesk(record, agentId)) throw new ProblemError('not-found');
    return record;
  }

  async #wish(agentId: AgentId, wish: Parameters<Routing['setAgentState']>[1]): Promise<void> {
    await this.#parts.routing.setAgentState(agentId, wish);
    await this.#parts.duty.wished(agentId, wish);
    await this.#changed(agentId);
  }

  async #changed(agentId: AgentId): Promise<void> {
    await this.#parts.streams.add(agentId, 'me.changed', {});
    this.#parts.hints.give({ about: 'board' });
  }
}

function isOnDesk({ callback }: CallbackRecord, agentId: AgentId): boolean {
  return callback.phase.state !== 'reserved' && claimOf(callback)?.agentId === agentId;
}

const onThePhone: readonly CallbackState[] = ['dialing-agent', 'dialing-customer', 'connected'];

const whyGone: Readonly<Record<Extract<AcceptResult, { ok: false }>['why'], string>> = {
  unknown: 'This offer is no longer open.',
  // Nobody learns of the offers of others.
  'not-yours': 'This offer is no longer open.',
  gone: 'This offer is no longer open.',
  'not-able': 'You cannot take this contact now.',
};
