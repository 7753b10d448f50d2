import { randomBytes } from 'node:crypto';
import { SipHeaders, cseqOf, tagOf } from './sip-message.ts';
import type { SipMessage, SipRequest, SipResponse } from './sip-message.ts';
import { addressOf, parseAddress, parseUri } from './sip-uri.ts';
import type { Address } from './sip-uri.ts';

/** A fresh tag or Call-ID. */
export function freshToken(): string {
  return randomBytes(8).toString('hex');
}

/** What a dialog knows at its start. */
export interface DialogStart {
  callId: string;
  /** Our From or To without its tag, and theirs as it is. */
  local: string;
  remote: string;
  target: string;
  /** Where requests go as long as there is no route set. */
  proxy: Address | undefined;
}

/** One side of a dialog: it makes requests that the far end will take as part of it (RFC 3261 section 12). */
export class Dialog {
  readonly callId: string;
  readonly localTag = freshToken();
  #local: string;
  #remote: string;
  #target: string;
  #proxy: Address | undefined;
  #routes: string[] = [];
  #sequence = 1;
  #remoteSequence: number | undefined;

  constructor(start: DialogStart) {
    this.callId = start.callId;
    this.#local = `${start.local};tag=${this.localTag}`;
    this.#remote = start.remote;
    this.#target = start.target;
    this.#proxy = start.proxy;
  }

  /** The dialog that an INVITE opens on the side that is called. */
  static from(invite: SipRequest): Dialog {
    const dialog = new Dialog({
      callId: invite.headers.get('Call-ID') ?? '',
      local: invite.headers.get('To') ?? '',
      remote: invite.headers.get('From') ?? '',
      target: contactOf(invite) ?? parseAddress(invite.headers.get('From') ?? '').uri,
      proxy: undefined,
    });
    dialog.#routes = invite.headers.list('Record-Route');
    dialog.#remoteSequence = cseqOf(invite).number;
    return dialog;
  }

  /** The other dialog that a second phone opens by answering the same INVITE (RFC 3261 section 13.2.2.4). */
  fork(response: SipResponse): Dialog {
    const twin = new Dialog({
      callId: this.callId,
      local: '',
      remote: this.#remote,
      target: this.#target,
      proxy: this.#proxy,
    });
    twin.#local = this.#local;
    twin.#sequence = this.#sequence;
    twin.learn(response);
    return twin;
  }

  get remoteTag(): string | undefined {
    return parseAddress(this.#remote).params.get('tag');
  }

  /** Takes over what a response to our INVITE says: tag, contact, routes (RFC 3261 section 12.1.2). */
  learn(response: SipResponse): void {
    if (tagOf(response, 'To') === undefined) return;
    this.#remote = response.headers.get('To') ?? this.#remote;
    this.#routes = response.headers.list('Record-Route').reverse();
    this.refresh(response);
  }

  /** Takes over a changed contact: a target refresh (RFC 3261 section 12.2). */
  refresh(message: SipMessage): void {
    this.#target = contactOf(message) ?? this.#target;
  }

  /** Whether a request comes in order; one that comes late must be refused (RFC 3261 section 12.2.2). */
  isInOrder(request: SipRequest): boolean {
    const { number } = cseqOf(request);
    if (this.#remoteSequence !== undefined && number < this.#remoteSequence) return false;
    this.#remoteSequence = number;
    return true;
  }

  /** Where the next request goes. */
  get nextHop(): Address {
    const [route] = this.#routes;
    if (route !== undefined) return addressOf(parseAddress(route).uri);
    return this.#proxy ?? addressOf(this.#target);
  }

  /** A request of this dialog; ACK takes the number of its INVITE, all others the next one. */
  request(
    method: string,
    parts: { sequence?: number; headers?: Iterable<[string, string]>; body?: string } = {},
  ): SipRequest {
    const sequence = parts.sequence ?? this.#sequence++;
    const headers = new SipHeaders([['Max-Forwards', '70']]);
    for (const route of this.#routes) headers.add('Route', route);
    headers.add('From', this.#local).add('To', this.#remote);
    headers.add('Call-ID', this.callId).add('CSeq', `${sequence} ${method}`);
    for (const [name, value] of parts.headers ?? []) headers.add(name, value);
    return { method, uri: this.#target, headers, body: parts.body ?? '' };
  }

  /** The same request once more under the next number, for one that was challenged. */
  again(request: SipRequest): SipRequest {
    const headers = new SipHeaders(request.headers).set('CSeq', `${this.#sequence++} ${request.method}`);
    return { ...request, headers };
  }
}

function contactOf(message: SipMessage): string | undefined {
  const [contact] = message.headers.list('Contact');
  if (contact === undefined) return undefined;
  const { uri } = parseAddress(contact);
  return parseUri(uri) ? uri : undefined;
}
