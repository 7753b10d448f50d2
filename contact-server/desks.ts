import type { Logger } from 'pino';
import type { SessionId } from '../contracts/ids.ts';
import { Admission } from './app/admission.ts';
import { AgentDesk } from './app/agent-desk.ts';
import { AgentDuty } from './app/agent-duty.ts';
import { AgentLine } from './app/agent-line.ts';
import { AgentViews } from './app/agent-views.ts';
import { Asking } from './app/asking.ts';
import { AskingTries } from './app/asking-tries.ts';
import { Behind } from './app/behind.ts';
import { Board } from './app/board.ts';
import { CallDesk } from './app/call-desk.ts';
import { CallTimes } from './app/call-times.ts';
import { CallbackDesk } from './app/callback-desk.ts';
import { ConsentCopies } from './app/consent-copies.ts';
import { DecisionDesk } from './app/decision-desk.ts';
import { DecisionLog } from './app/decision-log.ts';
import { DueDesk } from './app/due-desk.ts';
import { DialGate } from './app/dial-gate.ts';
import { FormProof } from './app/form-proof.ts';
import { heldSession } from './app/held-session.ts';
import { LogInDesk } from './app/log-in-desk.ts';
import { LogInThrottle } from './app/log-in-throttle.ts';
import { ManagerDesk } from './app/manager-desk.ts';
import { Offers } from './app/offers.ts';
import { Orders } from './app/order-taker.ts';
import { Owed } from './app/owed.ts';
import { PageDesk } from './app/page-desk.ts';
import { Reconciler } from './app/reconciler.ts';
import { RoutingPump } from './app/routing-pump.ts';
import { SessionDesk } from './app/session-desk.ts';
import { Slots } from './app/slots.ts';
import { SuppressionList } from './app/suppression-list.ts';
import { TermsRenewal } from './app/terms-renewal.ts';
import { VisitorStreams } from './app/visitor-streams.ts';
import { VisitorViews } from './app/visitor-view.ts';
import { Visitors } from './app/visitors.ts';
import { Watchdog } from './app/watchdog.ts';
import type { Ground } from './ground.ts';
import { serviceRegistry } from './services/registry.ts';

const FORM_VALID_MS = 2 * 3_600_000;

/** All desks, put together. Nothing runs before `start`. */
export interface Desks {
  readonly visitors: Visitors;
  readonly agents: AgentDesk;
  readonly manager: ManagerDesk;
  readonly logIns: LogInDesk;
  readonly views: AgentViews;
  readonly agentLine: AgentLine;
  readonly board: Board;
  readonly decisions: DecisionDesk;
  readonly pages: PageDesk;
  /** The rules were changed: who waits follows them. */
  rulesChanged(): void;
  /** Adopts what an earlier process left, then begins to listen and to watch. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Puts the use cases together. */
export function openDesks(ground: Ground): Desks {
  const { stores, routing, telephony, phones, hints, limits, company, rules, keys, clock, log, policy } =
    ground;
  const { callbacks: store, calls: callStore, accounts, audit } = stores;
  const streams = hints;
  const part = (name: string): Logger => log.child({ part: name });

  const slots = new Slots({ routing, company, clock });
  const callbacks = new CallbackDesk({ store, slots, rules, hints, clock, log: part('callbacks') });
  const calls = new CallDesk({ calls: callStore, telephony, streams, hints, clock, log: part('calls') });
  const services = serviceRegistry(company);
  const sessions = new SessionDesk({ store: stores.sessions, services, hints, clock });
  const pages = new PageDesk({
    store: stores.pages,
    sessions,
    consents: stores.consents,
    limits,
    audit,
    hints,
    company,
    siteOrigins: ground.siteOrigins,
    keys: { session: keys.session, hash: keys.hash },
    sessionOfReservation: (agentId, reservationId) => heldSession(store, agentId, reservationId),
    clock,
    log: part('pages'),
  });
  sessions.onCallOver((id: SessionId, graceMs) => pages.endAfter(id, graceMs));

  const proof = new FormProof({
    key: keys.form,
    clock,
    difficulty: ground.proof.difficulty,
    minFillMs: ground.proof.minFillMs,
    validMs: FORM_VALID_MS,
    // With Redis gone a form cannot be marked as used; the limits and the dial gate still stand.
    useOnce: (token, ms, request) => limits.once(`form:${token}`, ms, request).catch(() => true),
  });
  const times = new CallTimes({ routing, policy, clock });
  const admission = new Admission({ routing, times, store, audit, clock });
  const suppressions = new SuppressionList({ store: stores.suppressions, clock });
  const gate = new DialGate({ store, times, list: stores.suppressions, hashKey: keys.hash, audit, clock });
  const logIns = new LogInDesk({
    credentials: ground.credentials,
    logIns: stores.logIns,
    accounts,
    throttle: new LogInThrottle({ limits, audit, clock, tries: ground.logInTries }),
    audit,
    clock,
    log: part('log-ins'),
  });
  const duty = new AgentDuty({
    routing,
    telephony,
    phones,
    accounts,
    duties: stores.duties,
    store,
    present: async () => (await logIns.present()).agents,
  });
  const desk: AgentDesk = new AgentDesk({
    callFor: (reservationId) => offers.callFor(reservationId),
    times,
    callbacks,
    calls,
    store,
    routing,
    accounts,
    phones,
    duty,
    telephony,
    pages,
    company,
    streams,
    hints,
    audit,
    clock,
    log: part('agents'),
  });
  const owed = new Owed();
  const offers: Offers = new Offers({
    routing,
    desk,
    calls,
    store,
    accounts,
    company,
    clock,
    log: part('offers'),
  });
  callbacks.use(
    new Orders({
      store,
      routing,
      calls,
      gate,
      times,
      admission,
      accounts,
      phones,
      telephony,
      sessions,
      company,
      streams,
      hints,
      rules,
      clock,
      log: part('orders'),
      owed,
      duty,
      onMoved: (callback) => offers.moved(callback),
    }),
  );
  calls.use(async (id, fact) => {
    if (!(await offers.heard(id, fact))) await callbacks.note(id, fact);
  });

  const behind = new Behind(clock, part('behind'));
  const consentCopies = new ConsentCopies({ store, consents: stores.consents, clock });
  const watched = { callbacks, calls, callStore, store, routing, times, telephony, audit, clock };
  const terms = new TermsRenewal({ callbacks, store, routing, clock });
  const reconciler = new Reconciler({
    ...watched,
    consentCopies,
    cursors: stores.cursors,
    duty,
    owed,
    terms,
  });
  const watchdog = new Watchdog({
    ...watched,
    log: part('watchdog'),
    reconcile: () => reconciler.run(),
    everyMs: 1_000,
    reconcileMs: 5_000,
  });
  const decisionLog = new DecisionLog(stores.decisions, part('decisions'));
  const due = new DueDesk({ callbacks, store, times });
  const pump = new RoutingPump({
    routing,
    callbacks,
    cursors: stores.cursors,
    decisions: decisionLog,
    streams,
    hints,
    audit,
    clock,
    log: part('pump'),
    offered: (reservation) => offers.made(reservation),
    due: (id, at) => due.come(id, at),
    reconcile: () => reconciler.run(),
    heard: (status) => duty.heard(status),
  });

  const shown = { store, calls: callStore, accounts, routing, company, clock, codeKey: keys.code };
  const views: AgentViews = new AgentViews({
    beingOffered: (id) => callbacks.offered(id),
    ...shown,
    sessions: stores.sessions,
    customers: stores.customers,
    phones,
    pages,
    managerTotp: ground.managerTotp === 'required',
  });
  const visitorViews = new VisitorViews({ ...shown, times, behind });
  const visitorStreams = new VisitorStreams({
    store,
    views: visitorViews,
    hints,
    clock,
    log: part('visitors'),
  });
  const asking = new Asking({
    store,
    callbacks,
    admission,
    pages,
    proof,
    identity: ground.identity,
    tries: new AskingTries({ limits, asking: ground.asking, hashKey: keys.hash }),
    suppressions,
    consentCopies,
    behind,
    company,
    rules,
    screened: (callback) => {
      if (duty.someoneIsReady) views.lookAhead(callback);
    },
    clock,
    keys,
  });
  const visitors = new Visitors({
    times,
    store,
    callbacks,
    asking,
    views: visitorViews,
    streams: visitorStreams,
    pages,
    routing,
    proof,
    company,
    keepDays: ground.keepDays,
    clock,
    log: part('visitors'),
  });
  const board = new Board({
    store,
    routing,
    accounts,
    phones,
    pages,
    audit,
    company,
    clock,
    services: ground.services,
  });
  return {
    visitors,
    agents: desk,
    manager: new ManagerDesk({ callbacks, store, times, routing, company, audit, clock }),
    logIns,
    views,
    agentLine: new AgentLine({ store, routing, phones, company, times, clock }),
    board,
    decisions: new DecisionDesk({ decisions: stores.decisions, log: decisionLog, store, accounts }),
    pages,
    rulesChanged: () => watchdog.hint(),
    async start() {
      await board.prepare();
      await suppressions.start();
      await watchdog.recover();
      pump.start();
      visitorStreams.start();
      watchdog.start();
      logIns.onLook(({ agents }) => desk.leaveAbsent(agents, (id) => logIns.isPresent(id)));
      logIns.start();
    },
    async stop() {
      logIns.stop();
      watchdog.stop();
      suppressions.stop();
      visitorStreams.stop();
      await pump.stop();
      await calls.idle();
      await callbacks.idle();
      await behind.idle();
    },
  };
}
