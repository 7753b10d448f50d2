import { parseAddress, splitList, tagOf } from '../sip/header-values.ts';
import { SipMessage } from '../sip/message.ts';
import { own } from '../sip/own.ts';
import { isStrictRouter, paramOf, parseUri } from '../sip/uri.ts';
import type { Timer } from '../timing.ts';
import type { Flow } from '../transport/flow.ts';
import type { AppLink, Source } from './app-link.ts';
import type { Repetition } from './repetition.ts';

/** The id under which applications know a dialog: Call-ID and the From tag of its first request. */
export function dialogIdOf(request: SipMessage): string {
  return `${request.callId};from-tag=${request.fromTag}`;
}

/** Whether a request inside a dialog asks for another session: a re-INVITE always, an UPDATE by its body (RFC 3311). */
export function isOffer(request: SipMessage): boolean {
  return request.method === 'INVITE' || (request.method === 'UPDATE' && request.body !== '');
}

const REFRESHES_TARGET = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER']);

/** A 2xx to an INVITE of ours, which the application acknowledges: our ACK and its way once it has. */
export interface Accepted {
  readonly invite: SipMessage;
  readonly tag: string;
  ack: string;
  way: Flow | undefined;
  giveUp: Timer;
}

/** One dialog (RFC 3261 section 12) of either side, begun by INVITE or SUBSCRIBE. */
export class Dialog {
  readonly id: string;
  readonly callId: string;
  readonly role: 'uac' | 'uas';
  readonly kind: string;
  /** The application that is told of it; another one takes over when the first is gone. */
  owner: AppLink;
  confirmed = false;
  ended = false;
  localTag: string;
  remoteTag = '';
  localSeq: number;
  remoteSeq = -1;
  /** As UAS: our 2xx that is being repeated until its ACK comes. */
  awaitingAck: { seq: number; txnId: string; repetition: Repetition; then: (() => void)[] } | undefined;
  /** As UAC: what the peer has accepted last. */
  accepted: Accepted | undefined;
  /** Set when the call must end as soon as it is acknowledged; says why. */
  endAfterAck = '';
  /** How many offers of ours inside the dialog, by re-INVITE or UPDATE, the peer has not answered. */
  offering = 0;
  /** Unanswered requests of the peer inside the dialog. */
  readonly unanswered = new Set<string>();
  #localParty: string;
  #remoteParty: string;
  #target: string;
  #routes: string[] = [];
  #pinned: Flow | undefined;

  /** As UAC from our request, as UAS from theirs with the tag we chose. */
  constructor(request: SipMessage, role: 'uac' | 'uas', owner: AppLink, localTag: string) {
    this.id = dialogIdOf(request);
    this.callId = request.callId;
    this.role = role;
    this.kind = request.method;
    this.owner = owner;
    this.localTag = localTag;
    const from = request.get('from') ?? '';
    const to = request.get('to') ?? '';
    this.#localParty = role === 'uac' ? from : `${to}${tagOf(to) === '' ? `;tag=${localTag}` : ''}`;
    this.#remoteParty = role === 'uac' ? to : from;
    this.#target = role === 'uac' ? request.uri : '';
    this.localSeq = role === 'uac' ? request.cseq.seq : 0;
  }

  /** As UAS: takes the peer's side from its request (RFC 3261 section 12.1.1). */
  fromRequest(request: SipMessage, flow: Flow): this {
    this.remoteTag = request.fromTag;
    this.remoteSeq = request.cseq.seq;
    this.#routes = request.all('record-route').flatMap(splitList);
    this.#aim(request, flow);
    return this;
  }

  /** As UAC: takes the peer's side from its response, early or final (RFC 3261 section 12.1.2). */
  fromResponse(response: SipMessage, flow: Flow | undefined): void {
    this.remoteTag = own(response.toTag);
    this.#remoteParty = response.get('to') ?? this.#remoteParty;
    this.#routes = response.all('record-route').flatMap(splitList).reverse();
    this.#aim(response, flow);
  }

  /** Follows a peer that has moved (RFC 3261 section 12.2). */
  refresh(message: SipMessage, flow: Flow): void {
    if (REFRESHES_TARGET.has(message.cseq.method)) this.#aim(message, flow);
  }

  /** Where the next request leaves: a way that is already known, or the URI to find it by. */
  get wayOut(): Flow | string {
    if (this.#pinned?.open) return this.#pinned;
    return this.#routes[0] === undefined ? this.#target : parseAddress(this.#routes[0]).uri;
  }

  /**
   * Begins a request inside the dialog (RFC 3261 section 12.2.1.1), without Via: request line, Route, From, To, Call-ID and
   * CSeq. `uri` replaces the remote target.
   */
  request(method: string, seq: number, uri: string | undefined, body: string): SipMessage {
    const target = uri ?? this.#target;
    const first = this.#routes[0] === undefined ? undefined : parseAddress(this.#routes[0]).uri;
    const strict = first !== undefined && isStrictRouter(first);
    const request = new SipMessage({ method, uri: strict ? first : target }, body);
    for (const route of strict ? [...this.#routes.slice(1), `<${target}>`] : this.#routes) {
      request.add('Route', route);
    }
    request.add('From', this.#localParty).add('To', this.#remoteParty);
    return request.add('Call-ID', this.callId).add('CSeq', `${seq} ${method}`);
  }

  /** The next CSeq number, or a higher one that the application asks for. */
  nextSeq(asked = 0): number {
    this.localSeq = Math.max(this.localSeq + 1, asked);
    return this.localSeq;
  }

  /** Passes a message inside the dialog to its application. */
  tell(source: Source, text: string, flow: Flow | undefined, txnId: string): void {
    this.owner.deliver({ source, text, flow, txnId, dialogId: this.id });
  }

  /** Stops everything that still waits for the peer. */
  stop(): void {
    this.ended = true;
    this.awaitingAck?.repetition.stop();
    clearTimeout(this.accepted?.giveUp);
  }

  /**
   * Sends later requests to the Contact. Where no proxy stays on the path, that is the way the message came: over TCP, by its
   * connection; over UDP, also when the Contact names another address, because then the peer is behind a NAT. Only a
   * Contact that asks for another transport is gone to as it says.
   */
  #aim(message: SipMessage, flow: Flow | undefined): void {
    const contact = parseAddress(splitList(message.get('contact') ?? '')[0] ?? '').uri;
    const uri = parseUri(contact);
    if (uri && contact !== this.#target) this.#target = own(contact);
    this.#pinned = undefined;
    if (!flow || this.#routes.length > 0) return;
    const straight = uri?.host === flow.address && (uri.port || 5060) === flow.port;
    const sameWay = uri?.scheme === 'sip' && /^udp$/i.test(paramOf(uri.params, 'transport') ?? 'udp');
    if (flow.protocol === 'tcp' || !straight || sameWay) this.#pinned = flow;
  }
}
