import { newBranch, newId, newTag } from '../ids.ts';
import { tagOf } from '../sip/header-values.ts';
import { SipMessage, type Header } from '../sip/message.ts';
import { hostPort } from '../sip/uri.ts';
import type { Endpoint, Protocol } from '../transport/flow.ts';
import { appHeader, contentTypeOf, ourContact, withOurAddress, type AppText } from './app-text.ts';

/** What a message needs to know of the way it will take: protocol, and our address there. */
export interface Way {
  readonly protocol: Protocol;
  readonly local: Endpoint;
}

/** Requests whose answer, or whose peer, needs to know where we can be reached. */
const NEEDS_CONTACT = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'UPDATE', 'NOTIFY']);
const FILLED_IN = new Set(['max-forwards', 'from', 'to', 'call-id', 'cseq', 'contact', 'content-type']);

/** The parts of a request outside any dialog that an application left out (RFC 3261 section 8.1.1). */
export function newRequest(method: string, uri: string, app: AppText, way: Way): SipMessage {
  const request = new SipMessage({ method, uri }, app.body);
  const from = ownParty(app, 'from', way) ?? ourContact('udp', way.local);
  request.add('From', tagOf(from) === '' ? `${from};tag=${newTag()}` : from);
  request.add('To', ownParty(app, 'to', way) ?? `<${uri}>`);
  request.add('Call-ID', appHeader(app, 'call-id') ?? newId());
  const seq = Number.parseInt(appHeader(app, 'cseq') ?? '', 10) || 1;
  return request.add('CSeq', `${seq} ${method}`);
}

/** Completes a request for the wire: a Via with a fresh branch on top, the application's own headers at the end. */
export function completeRequest(base: SipMessage, app: AppText, way: Way): SipMessage {
  const request = new SipMessage({ method: base.method, uri: base.uri }, base.body);
  const { local, protocol } = way;
  const sentBy = hostPort(local.address, local.port);
  request.add('Via', `SIP/2.0/${protocol.toUpperCase()} ${sentBy};rport;branch=${newBranch()}`);
  request.add('Max-Forwards', appHeader(app, 'max-forwards') ?? '70');
  request.addAll(base.headers);
  const contact =
    contactOf(app, way) ?? (NEEDS_CONTACT.has(base.method) ? ourContact(protocol, local) : undefined);
  if (contact !== undefined) request.add('Contact', contact);
  return addRest(request, app, way);
}

/** Completes a response begun by `responseTo` with what the application set. */
export function completeResponse(base: SipMessage, request: SipMessage, app: AppText, way: Way): SipMessage {
  const { method } = request;
  const { status } = base;
  const early = status > 100 && status < 200 && method === 'INVITE';
  const success = status >= 200 && status < 300;
  if ((early || success) && (method === 'INVITE' || method === 'SUBSCRIBE')) {
    for (const route of request.all('record-route')) base.add('Record-Route', route);
  }
  const needed = early || (success && NEEDS_CONTACT.has(method));
  const contact = contactOf(app, way) ?? (needed ? ourContact(way.protocol, way.local) : undefined);
  if (contact !== undefined) base.add('Contact', contact);
  return addRest(base, app, way);
}

function addRest(message: SipMessage, app: AppText, way: Way): SipMessage {
  for (const header of app.headers) {
    if (!FILLED_IN.has(header.key)) message.add(header.name, withOurAddress(header, way.protocol, way.local));
  }
  const type = message.body === '' ? appHeader(app, 'content-type') : contentTypeOf(app);
  if (type !== undefined) message.add('Content-Type', type);
  return message.add('Content-Length', String(message.body.length));
}

function contactOf(app: AppText, way: Way): string | undefined {
  const values = app.headers.filter(({ key }) => key === 'contact');
  if (values.length === 0) return undefined;
  return values.map((header) => withOurAddress(header, way.protocol, way.local)).join(', ');
}

function ownParty(app: AppText, key: string, way: Way): string | undefined {
  const header: Header | undefined = app.headers.find((one) => one.key === key);
  return header && withOurAddress(header, way.protocol, way.local);
}
