import { createHash, randomBytes } from 'node:crypto';
import { RawPeer, header, response } from './raw-peer.ts';
import type { Mailbox } from '../../support/mailbox.ts';

/** What the registrar asks and grants. */
export interface RegistrarOptions {
  algorithms: readonly ('MD5' | 'SHA-256')[];
  password: string;
  expires: number;
  minExpires?: number;
  /** Every nonce is good for one use, as with a strict registrar. */
  isStrict?: boolean;
  /** So many requests are answered 503 before it works. */
  outages?: number;
}

/** One REGISTER that was let in. */
export interface Admission {
  contact: string;
  expires: number;
  algorithm: string;
}

/** A registrar of forty lines, with arithmetic of its own so that it checks ours. */
export async function serveRegistrations(
  options: RegistrarOptions,
  admissions: Mailbox<Admission>,
): Promise<{ port: number; challenges: () => number; close: () => void }> {
  const peer = await RawPeer.open();
  const nonces = new Set<string>();
  let challenges = 0;
  let outages = options.outages ?? 0;

  const isRight = (register: string) => {
    const authorization = header(register, 'Authorization');
    const value = (name: string) => new RegExp(`[ ,]${name}="?([^",]+)`).exec(authorization)?.[1] ?? '';
    if (!nonces.has(value('nonce'))) return { isRight: false, isStale: authorization !== '', algorithm: '' };
    const algorithm = value('algorithm');
    const hash = (text: string) =>
      createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
        .update(text)
        .digest('hex');
    const middle = [value('nonce'), value('nc'), value('cnonce'), 'auth'].join(':');
    const secret = hash(`201:ringback.test:${options.password}`);
    const expected = hash(`${secret}:${middle}:${hash(`REGISTER:${value('uri')}`)}`);
    if (options.isStrict === true) nonces.delete(value('nonce'));
    return { isRight: expected === value('response'), isStale: false, algorithm };
  };

  const answer = (register: string): string => {
    if (outages-- > 0) return response('503 Service Unavailable', register);
    const expires = Number(header(register, 'Expires'));
    const { isRight: isAdmitted, isStale, algorithm } = isRight(register);
    if (!isAdmitted) {
      challenges++;
      const nonce = randomBytes(8).toString('hex');
      nonces.add(nonce);
      const extra = options.algorithms.map(
        (one) =>
          `WWW-Authenticate: Digest realm="ringback.test", nonce="${nonce}", qop="auth,auth-int", algorithm=${one}, opaque="o"${isStale ? ', stale=true' : ''}`,
      );
      return response('401 Unauthorized', register, { extra });
    }
    if (expires > 0 && expires < (options.minExpires ?? 0)) {
      return response('423 Interval Too Brief', register, {
        extra: [`Min-Expires: ${options.minExpires ?? 0}`],
      });
    }
    const contact = header(register, 'Contact');
    const granted = Math.min(expires, options.expires);
    admissions.put({ contact, expires, algorithm });
    return response('200 OK', register, {
      extra: granted === 0 ? [] : [`Contact: <sip:other@host>;expires=9, ${contact};expires=${granted}`],
    });
  };

  // a request that is sent again is the same request and gets the same answer (RFC 3261 section 17.2.2)
  const answered = new Map<string, string>();
  const answerOnce = (register: string): string => {
    const via = header(register, 'Via');
    const given = answered.get(via) ?? answer(register);
    answered.set(via, given);
    return given;
  };

  const serve = async () => {
    for (;;) {
      const register = await peer.next(/^REGISTER/, 60_000);
      peer.send(answerOnce(register), Number(/:(\d+);/.exec(header(register, 'Via'))?.[1]));
    }
  };
  void serve().catch(() => {});
  return {
    port: peer.port,
    challenges: () => challenges,
    close: () => {
      peer.close();
    },
  };
}
