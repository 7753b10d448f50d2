import { parseAddress, splitList } from '../sip/header-values.ts';
import type { SipMessage } from '../sip/message.ts';
import { hostPort, paramOf, parseUri } from '../sip/uri.ts';
import type { Flow } from '../transport/flow.ts';

const MOST_KEPT = 20_000;
const LONGEST_S = 86_400;

/**
 * Remembers over which connection a phone registered, because only that connection leads back to a phone whose Contact
 * names an address nobody can reach (as RFC 5626 does with its flows).
 */
export class Registrations {
  readonly #kept = new Map<string, { flow: Flow; until: number }>();

  /** Notes the connection of a REGISTER or SUBSCRIBE that an application has accepted. */
  keep(request: SipMessage, response: SipMessage, flow: Flow): void {
    if (!flow.reliable) return;
    for (const contact of request.all('contact').flatMap(splitList)) {
      const { uri, params } = parseAddress(contact);
      const key = keyOf(uri);
      if (key === undefined) continue;
      const asked = paramOf(params, 'expires') ?? response.get('expires') ?? request.get('expires') ?? '3600';
      const seconds = Math.min(Number.parseInt(asked, 10) || 0, LONGEST_S);
      this.#kept.delete(key);
      if (seconds > 0) this.#kept.set(key, { flow, until: Date.now() + seconds * 1000 });
    }
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }

  /** The connection that this URI registered over, while it is open. */
  flowFor(uri: string): Flow | undefined {
    const key = this.#kept.size === 0 ? undefined : keyOf(uri);
    const known = key === undefined ? undefined : this.#kept.get(key);
    if (key === undefined || !known) return undefined;
    if (known.flow.open && known.until > Date.now()) return known.flow;
    this.#kept.delete(key);
    return undefined;
  }
}

function keyOf(uri: string): string | undefined {
  const parsed = parseUri(uri);
  return parsed && parsed.scheme !== 'tel'
    ? `${parsed.user}@${hostPort(parsed.host, parsed.port)}`
    : undefined;
}
