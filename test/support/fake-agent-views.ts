import type {
  BoardView,
  CallView,
  ContactView,
  DecisionView,
  Figure,
  FlowView,
  KeptDecisionView,
  Me,
  OfferView,
  PagesView,
  StoryView,
  WhoView,
} from '../../contracts/agent.ts';
import type { AgentId, CallbackId, CallId, ReservationId, SessionId } from '../../contracts/ids.ts';

const agentId = (name: string): AgentId => `agent-${name}` as AgentId;

/** Ana, an agent who is also a manager. */
export function anaAs(change: Partial<Me> = {}): Me {
  return {
    id: agentId('ana'),
    name: 'Ana Costa',
    roles: ['agent', 'manager'],
    state: 'not-ready',
    reason: 'lunch',
    since: Date.now() - 42_000,
    extension: '101',
    phone: 'registered',
    preferences: { accept: 'portal', sound: true },
    notReadyReasons: ['break', 'lunch', 'training', 'paperwork'],
    dispositions: ['Sold', 'Call again', 'Question answered', 'Wrong person', 'Complaint passed on'],
    allowed: ['ready', 'not-ready', 'log-out'],
    ...change,
  };
}

/** Maria, who asks to be called back in Portuguese. */
export function mariaAs(change: Partial<WhoView> = {}): WhoView {
  return {
    name: 'Maria Silva',
    phone: '+55 11 91234 0199',
    standing: 'claimed',
    tier: 'Gold',
    since: '2021',
    visits: 2,
    language: 'pt-BR',
    products: [
      { name: 'Fixed rate mortgage, 5 years', status: 'active' },
      { name: 'Credit card', status: 'blocked' },
    ],
    tickets: [{ number: '812', title: 'Statement for March is missing', state: 'open' }],
    ip: '203.0.113.•',
    ...change,
  };
}

/** Why Ana: the record of a decision with three candidates. */
export function decision(): DecisionView {
  return {
    at: Date.now() - 1500,
    rosterVersion: 41,
    chosen: agentId('ana'),
    because: 'idle 4:10, holds lang:pt 3, product:mortgage 2',
    candidates: [
      { agentId: agentId('ana'), name: 'Ana Costa', verdict: 'chosen: idle 4:10' },
      { agentId: agentId('rui'), name: 'Rui Matos', verdict: 'idle 1:02, less than 4:10' },
      { agentId: agentId('bo'), name: 'Bo Lindqvist', verdict: 'no lang:pt' },
    ],
  };
}

/** The decision of an offer that was declined, or of what became of it. */
export function keptDecision(n: number, change: Partial<KeptDecisionView> = {}): KeptDecisionView {
  const why = decision();
  return {
    reservationId: `reservation-${n}` as ReservationId,
    at: why.at,
    agentId: why.chosen,
    agent: 'Ana Costa',
    fence: n,
    state: 'rejected',
    since: why.at + 900,
    why,
    replayed: { same: true, agentId: why.chosen, agent: 'Ana Costa' },
    ...change,
  };
}

const trail = (at: number): NonNullable<PagesView['page']>['trail'] => [
  { url: 'https://shop.example/mortgages/fixed', title: 'Fixed rate mortgages', at: at - 20_000 },
  { url: 'https://shop.example/rates', title: 'Rates today', at: at - 95_000 },
  { url: 'https://shop.example/', title: 'Welcome', at: at - 140_000 },
];

/** The page Maria is on. */
export function mariasPage(): NonNullable<PagesView['page']> {
  const at = Date.now();
  return {
    url: 'https://shop.example/mortgages/fixed?term=5',
    title: 'Fixed rate mortgages',
    at: at - 20_000,
    trail: trail(at),
  };
}

/** An offer of Maria to Ana. */
export function offerOf(n: number, change: Partial<OfferView> = {}): OfferView {
  return {
    reservationId: `reservation-${n}` as ReservationId,
    callbackId: `callback-${n}` as CallbackId,
    deadline: Date.now() + 20_000,
    who: mariaAs(),
    service: 'Sales',
    needs: ['lang:pt', 'product:mortgage'],
    waitedMs: 130_000,
    why: decision(),
    page: mariasPage(),
    allowed: ['accept', 'reject'],
    ...change,
  };
}

/** Page sharing as it is when the visitor has said yes. */
export function pagesAs(change: Partial<PagesView> = {}): PagesView {
  return {
    sharing: 'on',
    registered: true,
    mode: 'follow',
    page: mariasPage(),
    viewers: [],
    allowed: ['open-view', 'push', 'lead', 'follow', 'stop'],
    ...change,
  };
}

/** A call between the agent and the visitor of contact `n`. */
export function callOf(n: number, change: Partial<CallView> = {}): CallView {
  return {
    id: `call-${n}` as CallId,
    callbackId: `callback-${n}` as CallbackId,
    agent: 'connected',
    customer: 'connected',
    since: Date.now() - 260_000,
    talkingSince: Date.now() - 250_000,
    callerId: '+44 20 7946 0100',
    codeWord: 'AMBER-17',
    allowed: ['hold', 'drop'],
    ...change,
  };
}

/** The visitor's phone rings. */
export function ringingCall(n: number): CallView {
  const { talkingSince: _talkingSince, ...call } = callOf(n, { customer: 'alerting', allowed: ['drop'] });
  return { ...call, since: Date.now() - 4000 };
}

/** The contact of an accepted offer, talking. */
export function contactOf(n: number, change: Partial<ContactView> = {}): ContactView {
  const at = Date.now();
  return {
    callbackId: `callback-${n}` as CallbackId,
    reservationId: `reservation-${n}` as ReservationId,
    state: 'connected',
    service: 'Sales',
    who: mariaAs(),
    requestedAt: at - 400_000,
    attempts: [{ at: at - 262_000, outcome: 'answered' }],
    call: callOf(n),
    session: { id: `session-${n}` as SessionId, state: 'open', legs: [], pages: pagesAs() },
    notes: { text: '', version: 0 },
    history: [
      { at: at - 400_000, what: 'Asked on the web page' },
      { at: at - 263_000, what: 'Offered to Ana Costa' },
      { at: at - 262_000, what: 'Rang the visitor: answered' },
    ],
    why: decision(),
    allowed: ['check-identity'],
    ...change,
  };
}

/** What is stored of a callback that nobody has taken yet. */
export function storyOf(callbackId: CallbackId, change: Partial<StoryView> = {}): StoryView {
  const at = Date.now();
  return {
    callbackId,
    who: 'Ola Nordmann',
    service: 'Sales',
    state: 'queued',
    history: [
      { at: at - 130_000, what: 'Asked on the web page' },
      { at: at - 129_000, what: 'In line' },
      { at: at - 60_000, what: 'In line again: the offer was declined' },
    ],
    ...change,
  };
}

const figure = (
  id: Figure['id'],
  label: string,
  unit: Figure['unit'],
  definition: string,
  value?: number,
): Figure => ({ id, label, unit, definition, ...(value === undefined ? {} : { value }) });

/** The figures of a busy morning. */
export function figures(waiting: number): Figure[] {
  const today = 'today since 00:00, Europe/Lisbon';
  return [
    figure('waiting', 'Waiting', 'count', 'Callbacks in line now.', waiting),
    figure('longest-waiting', 'Longest', 'ms', 'Time since the oldest start time in line, now.', 401_000),
    figure('reserved', 'Reserved', 'count', 'Offers open or accepted and not yet connected, now.', 3),
    figure('agents-ready', 'Ready', 'count', 'Agents ready now.', 2),
    figure('agents-busy', 'Busy', 'count', 'Agents offered, in a contact or in after-call work, now.', 19),
    figure('agents-not-ready', 'Not ready', 'count', 'Agents logged in and not ready, now.', 4),
    figure(
      'service-level',
      'Offered in 20 s',
      'share',
      `Share of callbacks offered to an agent within 20 s of their start time, ${today}; those given up within 20 s are left out.`,
      0.81,
    ),
    figure('abandoned', 'Given up', 'count', `Callbacks cancelled by the visitor in line, ${today}.`, 6),
    figure(
      'promises-kept',
      'Promises kept',
      'share',
      `Share rung within the promised range, ${today}.`,
      0.83,
    ),
    figure('handle-time', 'Handling', 'ms', `Median from accept to done, ${today}.`),
  ];
}

/** A morning that grew busy: the last four hours in steps of five minutes. */
export function flowAs(): FlowView {
  const steps = Array.from({ length: 48 }, (_, i) => i);
  const stepMs = 300_000;
  return {
    from: (Math.floor(Date.now() / stepMs) - 47) * stepMs,
    stepMs,
    waiting: steps.map((i) => Math.max(0, Math.round(7 * Math.sin(i / 9)))),
    answered: steps.map((i) => (i % 5 === 0 ? 3 : i % 2)),
  };
}

/** A board with something in every list. */
export function boardAs(change: Partial<BoardView> = {}): BoardView {
  const now = Date.now();
  const callback = (name: string): CallbackId => `callback-${name}` as CallbackId;
  const agent = (
    name: string,
    state: BoardView['agents'][number]['state'],
    forS: number,
    more: Partial<BoardView['agents'][number]> = {},
  ): BoardView['agents'][number] => ({
    agentId: agentId(name),
    name,
    state,
    since: now - forS * 1000,
    phone: 'registered',
    ...more,
  });
  return {
    serverNow: now,
    line: [
      {
        callbackId: callback('li'),
        place: 1,
        who: 'Li Wei',
        service: 'Cards',
        needs: ['lang:zh', 'product:cards'],
        tier: 'Gold',
        since: now - 401_000,
        estimate: { from: now + 60_000, to: now + 300_000 },
        state: 'queued',
        candidates: ['Rui', 'Cy'],
        allowed: ['cancel', 'move'],
      },
      {
        callbackId: callback('ola'),
        place: 2,
        who: 'Ola Nordmann',
        service: 'Support',
        needs: ['lang:no'],
        tier: 'Basic',
        since: now - 130_000,
        estimate: { from: now + 240_000, to: now + 540_000 },
        state: 'queued',
        candidates: [],
        allowed: ['cancel', 'move'],
      },
      {
        callbackId: callback('ada'),
        place: 3,
        who: 'Adaeze Chukwuemeka-Oyelaran of Lagos',
        service: 'Sales',
        needs: [],
        tier: 'Basic',
        since: now - 20_000,
        state: 'scheduled',
        at: now + 5_400_000,
        candidates: ['Rui'],
        allowed: ['cancel', 'move'],
      },
    ],
    reservations: [
      {
        reservationId: 'reservation-a' as ReservationId,
        callbackId: callback('maria'),
        who: 'Maria Silva',
        agent: 'Ana',
        state: 'pending',
        since: now - 8000,
        deadline: now + 12_000,
      },
      {
        reservationId: 'reservation-b' as ReservationId,
        callbackId: callback('li'),
        who: 'Li Wei',
        agent: 'Rui',
        state: 'future',
        since: now - 60_000,
        deadline: now + 180_000,
      },
    ],
    agents: [
      agent('Ana', 'reserved', 8, { with: 'Maria Silva' }),
      agent('Rui', 'busy', 250, { with: 'Tom Baker' }),
      agent('Cy', 'working-after-call', 31, { with: 'Jo Ito' }),
      agent('Bo', 'not-ready', 900, { reason: 'lunch' }),
      agent('Dee', 'not-ready', 62, { reason: 'missed', phone: 'unreachable' }),
      agent('Eve', 'ready', 44),
    ],
    live: [
      {
        callbackId: callback('tom'),
        sessionId: 'session-tom' as SessionId,
        who: 'Tom Baker',
        agent: 'Rui',
        state: 'connected',
        since: now - 250_000,
        page: 'https://shop.example/cards/compare',
      },
      { callbackId: callback('jo'), who: 'Jo Ito', agent: 'Cy', state: 'wrap-up', since: now - 31_000 },
    ],
    figures: figures(3),
    flow: flowAs(),
    services: {
      redis: { up: true },
      mongodb: { up: true },
      sip: { up: false, detail: 'no answer since 14:02' },
      dmz: { up: true },
    },
    trouble: [
      { at: now - 60_000, text: 'Bo freed: call ended 0:03 ago, no BYE seen' },
      { at: now - 300_000, text: 'Telephony does not answer; callbacks wait in line' },
    ],
    ...change,
  };
}

/** A board on a morning before anybody came. */
export function emptyBoard(): BoardView {
  return boardAs({
    line: [],
    reservations: [],
    agents: [],
    live: [],
    trouble: [],
    figures: figures(0).map(({ value: _value, ...it }) => it),
    services: {
      redis: { up: true },
      mongodb: { up: true },
      sip: { up: true },
      dmz: { up: true },
    },
  });
}

/** A contact that is only to be written up. */
export function contactInWrapUp(n: number): ContactView {
  return contactOf(n, { state: 'wrap-up', call: callOf(n, { allowed: [] }), allowed: ['complete'] });
}
