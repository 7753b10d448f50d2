import type { IncomingMessage } from 'node:http';
import type { LinkVisitor } from '../contracts/link.schema.ts';
import type { AddressList } from '../server-kit/address.ts';
import { clientAddress } from '../server-kit/address.ts';

/** Who asks, as the inside is told: the address our proxies vouch for, and what the browser says of itself. */
export function visitorOf(request: IncomingMessage, proxies: AddressList): LinkVisitor {
  const { origin, 'user-agent': userAgent, 'accept-language': language } = request.headers;
  return {
    ip: clientAddress(request.socket.remoteAddress ?? '', forwardedFor(request), proxies),
    ...(origin === undefined ? {} : { origin: origin.slice(0, 300) }),
    ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, 400) }),
    ...(language === undefined ? {} : { language: language.slice(0, 100) }),
  };
}

function forwardedFor(request: IncomingMessage): string | undefined {
  const header = request.headers['x-forwarded-for'];
  return Array.isArray(header) ? header.join(',') : header;
}
