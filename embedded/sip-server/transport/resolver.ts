import { lookup, resolveSrv } from 'node:dns/promises';
import type { SrvRecord } from 'node:dns';
import { isIP } from 'node:net';
import type { Endpoint, Protocol } from './flow.ts';

const KEEP_MS = 60_000;
const MOST_NAMES = 1000;

/** Finds the address behind a host name: SRV where no port is given, then A and AAAA (RFC 3263 section 4, one attempt). */
export class Resolver {
  readonly #known = new Map<string, { at: number; found: Promise<Endpoint> }>();
  readonly #family: 4 | 6;

  /** With the kind of addresses that our sockets can send to. */
  constructor(family: 4 | 6) {
    this.#family = family;
  }

  /** Answers at once, in the same turn, for addresses and localhost, so that messages keep their order. */
  find(host: string, port: number, protocol: Protocol, done: (found: Endpoint | undefined) => void): void {
    if (isIP(host)) {
      done({ address: host, port: port || 5060 });
      return;
    }
    if (host === 'localhost') {
      done({ address: '127.0.0.1', port: port || 5060 });
      return;
    }
    void this.#ask(host, port, protocol).then(done, () => done(undefined));
  }

  #ask(host: string, port: number, protocol: Protocol): Promise<Endpoint> {
    const key = `${protocol}/${host}:${port}`;
    const known = this.#known.get(key);
    if (known && Date.now() - known.at < KEEP_MS) return known.found;
    if (this.#known.size >= MOST_NAMES) this.#known.clear();
    const found = query(host, port, protocol, this.#family);
    this.#known.set(key, { at: Date.now(), found });
    found.catch(() => this.#known.delete(key));
    return found;
  }
}

async function query(host: string, port: number, protocol: Protocol, family: 4 | 6): Promise<Endpoint> {
  if (port === 0 && host.includes('.')) {
    const records = await resolveSrv(`_sip._${protocol}.${host}`).catch(() => []);
    const best = choose(records);
    if (best) return { address: (await lookup(best.name, { family })).address, port: best.port };
  }
  return { address: (await lookup(host, { family })).address, port: port || 5060 };
}

/** One of the records with the lowest priority, each as often as its weight says (RFC 2782). */
function choose(records: readonly SrvRecord[]): SrvRecord | undefined {
  const first = Math.min(...records.map(({ priority }) => priority));
  const equal = records.filter(({ priority }) => priority === first);
  let mark = Math.random() * equal.reduce((sum, { weight }) => sum + weight, 0);
  return equal.find(({ weight }) => (mark -= weight) < 0) ?? equal[0];
}
