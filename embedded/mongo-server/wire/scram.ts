import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { Binary } from 'bson';
import { MongoError } from '../mongo-error.ts';
import type { Doc } from '../values/value.ts';

export interface Credentials {
  user: string;
  password: string;
}

const ITERATIONS = 15_000;

/** What is kept of a password: enough to check a client and to prove ourselves (RFC 5802, section 3). */
export class ScramSecret {
  readonly user: string;
  readonly salt = randomBytes(28);
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;

  constructor({ user, password }: Credentials) {
    this.user = user;
    const salted = pbkdf2Sync(password.normalize('NFKC'), this.salt, ITERATIONS, 32, 'sha256');
    this.storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest();
    this.serverKey = hmac(salted, 'Server Key');
  }
}

/** One log-in by SCRAM-SHA-256 over `saslStart` and `saslContinue` (RFC 5802, RFC 7677). */
export class ScramConversation {
  readonly #secret: ScramSecret;
  #binding = '';
  #firstBare = '';
  #serverFirst = '';
  #nonce = '';
  #isProved = false;

  constructor(secret: ScramSecret) {
    this.#secret = secret;
  }

  get isProved(): boolean {
    return this.#isProved;
  }

  start(command: Doc): Doc {
    if (command['mechanism'] !== 'SCRAM-SHA-256') throw failed();
    const text = payloadOf(command);
    const bare = text.replace(/^[ny],[^,]*,/, '');
    const { n, r } = attributes(bare);
    if (!r || n === undefined || bare === text) throw failed();
    this.#binding = Buffer.from(text.slice(0, text.length - bare.length)).toString('base64');
    this.#firstBare = bare;
    this.#nonce = r + randomBytes(24).toString('base64');
    this.#serverFirst = `r=${this.#nonce},s=${this.#secret.salt.toString('base64')},i=${ITERATIONS}`;
    if (n.replaceAll('=2C', ',').replaceAll('=3D', '=') !== this.#secret.user) this.#nonce = ''; // fails at the next step, like a wrong password
    return reply(this.#serverFirst, false);
  }

  continue(command: Doc): Doc {
    if (this.#isProved) return reply('', true);
    const text = payloadOf(command);
    const { c, r, p } = attributes(text);
    const withoutProof = text.slice(0, text.lastIndexOf(',p='));
    const message = `${this.#firstBare},${this.#serverFirst},${withoutProof}`;
    const signature = hmac(this.#secret.storedKey, message);
    const proof = Buffer.from(p ?? '', 'base64');
    if (!this.#nonce || r !== this.#nonce || c !== this.#binding || proof.length !== signature.length)
      throw failed();
    const clientKey = proof.map((byte, i) => byte ^ (signature[i] ?? 0));
    if (!timingSafeEqual(createHash('sha256').update(clientKey).digest(), this.#secret.storedKey))
      throw failed();
    this.#isProved = true;
    return reply(`v=${hmac(this.#secret.serverKey, message).toString('base64')}`, true);
  }
}

function reply(payload: string, done: boolean): Doc {
  return { conversationId: 1, done, payload: new Binary(Buffer.from(payload)) };
}

function payloadOf(command: Doc): string {
  const payload = command['payload'];
  if (payload instanceof Binary) return Buffer.from(payload.value()).toString('utf8');
  throw failed();
}

function attributes(text: string): Partial<Record<string, string>> {
  return Object.fromEntries(text.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function failed(): MongoError {
  return new MongoError('AuthenticationFailed', 'Authentication failed.');
}
