import { lookup, resolveSrv } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Endpoint, Protocol } from './flow.ts';

const KEEP_MS = 60_000;
const MOST_NAMES = 1000;

/** Finds the address behind a host name: SRV where no port is given, then A and AAAA (RFC 3263 section 4, one attempt). */
export class Resolver {
  readonly #known = new Map<string, { at: number; found: Promise<Endpoint> }>();

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
    const found = query(host, port, protocol);
    this.#known.set(key, { at: Date.now(), found });
    found.catch(() => this.#known.delete(key));
    return found;
  }
}

async function query(host: string, port: number, protocol: Protocol): Promise<Endpoint> {
  if (port === 0 && host.includes('.')) {
    const records = await resolveSrv(`_sip._${protocol}.${host}`).catch(() => []);
    const best = records.sort((a, b) => a.priority - b.priority || b.weight - a.weight)[0];
    if (best) return { address: (await lookup(best.name)).address, port: best.port };
  }
  return { address: (await lookup(host)).address, port: port || 5060 };
}
