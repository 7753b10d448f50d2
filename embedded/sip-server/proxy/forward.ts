import { newBranch } from '../ids.ts';
import { parseAddress, splitList } from '../sip/header-values.ts';
import { SipMessage } from '../sip/message.ts';
import { hostPort, isStrictRouter, parseUri } from '../sip/uri.ts';
import type { AppText } from '../agent/app-text.ts';
import type { Endpoint, Flow } from '../transport/flow.ts';

/** Whether the topmost Route names this address of ours, so that the request is to go on along the rest. */
export function isRoutedBy(request: SipMessage, us: Endpoint): boolean {
  const top = routesOf(request)[0];
  return top !== undefined && isUs(parseAddress(top).uri, us);
}

/**
 * A strict router in front of us has written our own Record-Route into the request line, and where the request is going at
 * the end of the Route: puts both right again (RFC 3261 section 16.4).
 */
export function asWrittenByCaller(request: SipMessage, us: Endpoint): SipMessage {
  const routes = routesOf(request);
  const last = routes.pop();
  if (last === undefined || !isUs(request.uri, us)) return request;
  const out = new SipMessage({ method: request.method, uri: parseAddress(last).uri }, request.body);
  for (const route of [`<${request.uri}>`, ...routes]) out.add('Route', route);
  return out.addAll(request.headers.filter(({ key }) => key !== 'route'));
}

function isUs(text: string, us: Endpoint): boolean {
  const uri = parseUri(text);
  return uri?.host === us.address && (uri.port || 5060) === us.port;
}

/** The Route values that are left when ours is taken off. */
export function routesBeyond(request: SipMessage, us: Endpoint): string[] {
  const routes = routesOf(request);
  return isRoutedBy(request, us) ? routes.slice(1) : routes;
}

function routesOf(request: SipMessage): string[] {
  return request.all('route').flatMap(splitList);
}

/**
 * The request as a proxy sends it on (RFC 3261 section 16.6): our Via on top, one hop less, our Record-Route when we are to
 * stay on the path, and what the application wants added.
 */
export function forwardedRequest(
  request: SipMessage,
  uri: string,
  way: Flow,
  options: { recordRoute: boolean; extra?: AppText; branch?: string },
): SipMessage {
  const { address, port } = way.local;
  const routes = routesBeyond(request, way.local);
  const next = routes[0] === undefined ? '' : parseAddress(routes[0]).uri;
  const strict = next !== '' && isStrictRouter(next); // section 16.6, step 6
  const out = new SipMessage({ method: request.method, uri: strict ? next : uri }, request.body);
  const branch = options.branch ?? newBranch();
  out.add('Via', `SIP/2.0/${way.protocol.toUpperCase()} ${hostPort(address, port)};rport;branch=${branch}`);
  if (options.recordRoute) {
    const transport = way.protocol === 'tcp' ? ';transport=tcp' : '';
    out.add('Record-Route', `<sip:${hostPort(address, port)}${transport};lr>`);
  }
  for (const route of strict ? [...routes.slice(1), `<${uri}>`] : routes) out.add('Route', route);
  let hops = false;
  for (const header of request.headers) {
    if (header.key === 'route') continue;
    if (header.key === 'max-forwards') {
      hops = true;
      out.add(header.name, String(Math.max((Number.parseInt(header.value, 10) || 70) - 1, 0)));
    } else out.addAll([header]);
  }
  if (!hops) out.add('Max-Forwards', '69');
  for (const { key, name, value } of options.extra?.headers ?? []) {
    if (!out.get(key)) out.add(name, value);
  }
  return out;
}

/** The response as a proxy sends it back: without our Via (RFC 3261 section 16.7). */
export function returnedResponse(response: SipMessage): SipMessage {
  const out = new SipMessage({ status: response.status, reason: response.reason }, response.body);
  let first = true;
  for (const header of response.headers) {
    if (header.key !== 'via' || !first) {
      out.addAll([header]);
      continue;
    }
    first = false;
    const rest = splitList(header.value).slice(1);
    if (rest.length > 0) out.add(header.name, rest.join(', '));
  }
  return out;
}
