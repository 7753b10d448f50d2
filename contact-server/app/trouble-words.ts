import type { CallbackState } from '../../contracts/states.ts';
import type { AuditStore } from '../ports/stores.ts';
import type { Outage } from './service-watch.ts';

/** What stands in the audit about something that went wrong. */
interface Entry {
  readonly what: string;
  readonly detail?: string;
  /** The callback it is about. */
  readonly about?: string;
}

/** Whom ids mean; undefined for those nobody knows any more. */
interface Names {
  readonly agent: (id: string) => string | undefined;
  readonly visitor: (callbackId: string) => string | undefined;
}

/** Trouble as a sentence for managers: who, what, and what was done about it, without ids and rule names. */
export function troubleInWords({ what, detail = '', about }: Entry, names: Names): string {
  const visitor = (about === undefined ? undefined : names.visitor(about)) ?? 'A visitor';
  if (what === 'dial-refused') {
    return `${visitor} was not rung: ${refusals[detail] ?? 'the number may not be called'}`;
  }
  if (what === OUTAGE) {
    const [service = '', seconds = ''] = detail.split(' ');
    return outages[service]?.replace('$1', `${seconds} s`) ?? detail;
  }
  if (what === 'duplicate-dial-prevented') {
    return `${visitor} was about to be rung twice at once; the second was stopped`;
  }
  const [, from, to = ''] = /^(\S+) was overdue, now (\S+)$/.exec(detail) ?? [];
  if (from === 'scheduled') return `${visitor} was due and had not been woken; they are in line now`;
  if (from !== undefined)
    return `${visitor}: ${stateWords(from)} took longer than it may; now ${stateWords(to)}`;
  return repairInWords(detail, about === undefined ? undefined : visitor, names);
}

/** So an outage stands in the audit: which service, and for how many seconds. */
export const OUTAGE = 'outage';

export function noteOutage(audit: Pick<AuditStore, 'add'>, { service, from, to }: Outage): Promise<void> {
  const seconds = Math.max(1, Math.round((to - from) / 1_000));
  return audit.add({ at: to, who: 'watchdog', what: OUTAGE, detail: `${service} ${String(seconds)}` });
}

/** What an outage meant to those who waited, by the service; `$1` is how long it was. */
const outages: Readonly<Record<string, string>> = {
  redis: 'Redis did not answer for $1; it is back, and whoever waits has kept their place',
  mongodb: 'MongoDB did not answer for $1; it is back, and nothing that was accepted is lost',
  sip: 'The telephone system was away for $1; it is back. No call was begun meanwhile; phones that were in one then have to be put down by hand',
  dmz: 'The link to the visitors was broken for $1; it is back, and their requests are sent again',
};

const refusals: Readonly<Record<string, string>> = {
  'dial/outside-hours': 'it is outside the calling hours where they are',
  'dial/no-caller-id': 'no line can show our number for this service',
  'dial/prefix-not-allowed': 'we do not call this country or network',
  'dial/own-number': 'it is one of our own numbers',
  'number/suppressed': 'they asked not to be called',
};

const states: Partial<Readonly<Record<CallbackState, string>>> = {
  requested: 'checking the request',
  screened: 'checking the request',
  queued: 'waiting in line',
  reserved: 'an offer to an agent',
  'dialing-agent': 'ringing the agent',
  'dialing-customer': 'ringing them',
  connected: 'the call',
  'wrap-up': 'writing up',
  expired: 'given up',
};

function stateWords(state: string): string {
  return states[state as CallbackState] ?? state.replaceAll('-', ' ');
}

/** What routing and the watchdog mended, by what they wrote of it; `$1` is whom it names. */
const repairs: readonly (readonly [RegExp, string])[] = [
  [
    /^agent (\S+): was \S+ with a reservation that is over$/,
    '$1 was held for a contact that is over, and is free again',
  ],
  [/^agent (\S+): was ready and in no list$/, '$1 was ready and was passed over, and gets calls again'],
  [/^agent (\S+): stood idle in the list and was not$/, '$1 was taken for free and was not; put right'],
  [
    /^contact (\S+): waited though an agent was idle$/,
    '$1 waited though somebody was free, and is offered now',
  ],
  [/^contact (\S+): stood in line and did not wait$/, '$1 stood in line and no longer waited; taken out'],
  [/^reservation \S+: had no deadline$/, 'An offer had no end; it has one again'],
  [
    /^reservation \S+: was \S+ for too long$/,
    'An agent was held by one contact for too long, and was let go',
  ],
  [/^redis: its data were lost/, 'The line was lost with Redis; everybody who waits gets their place back'],
  [
    /^(\S+) was held for a contact that is over, and is free again$/,
    '$1 was held for a contact that is over, and is free again',
  ],
  [
    /^(?:dialing|connected|reserved)\S* without a call after a restart$/,
    'the call was lost in a restart; they are rung again',
  ],
];

function repairInWords(detail: string, visitor: string | undefined, names: Names): string {
  const found = repairs.find(([shape]) => shape.test(detail));
  const [, id = ''] = found?.[0].exec(detail) ?? [];
  const somebody = detail.startsWith('contact ') ? 'A visitor' : 'An agent';
  const said = found?.[1].replace('$1', names.agent(id) ?? names.visitor(id) ?? somebody) ?? detail;
  return visitor === undefined ? said.charAt(0).toUpperCase() + said.slice(1) : `${visitor}: ${said}`;
}
