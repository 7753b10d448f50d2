import type { Logger } from 'pino';
import type { CallbackId } from '../../contracts/ids.ts';
import type { ProblemName } from '../../contracts/problem.ts';
import type { CallbackRequest } from '../../contracts/visitor.schema.ts';
import { callbackRequestSchema, idempotencyKeySchema } from '../../contracts/visitor.schema.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { checked } from '../../server-kit/read-json.ts';
import type { Callback, Fact, Wish } from '../domain/callback.ts';
import type { CallbackRules } from '../domain/callback-rules.ts';
import type { CompanyRules } from '../ports/company.ts';
import type { IdentityProofs } from '../ports/identity.ts';
import type { CallbackRecord, CallbackStore, ConsentStore, Limits, Suppressions } from '../ports/stores.ts';
import type { VisitorAsk } from '../ports/visitor-desk.ts';
import type { Admission } from './admission.ts';
import type { CallbackDesk } from './callback-desk.ts';
import { parseVisitorNumber } from './dial-policy.ts';
import type { FormProof } from './form-proof.ts';
import type { Pages } from './pages.ts';
import { hashToken, keyedHash, newId, sign } from './tokens.ts';

export interface AskingLimits {
  readonly perAddressHour: number;
  readonly perAddressDay: number;
  readonly perNumberDay: number;
}

interface Parts {
  readonly store: CallbackStore;
  readonly callbacks: CallbackDesk;
  readonly admission: Admission;
  readonly pages: Pages;
  readonly proof: FormProof;
  readonly identity: IdentityProofs;
  readonly limits: Limits;
  readonly suppressions: Suppressions;
  readonly consents: ConsentStore;
  readonly company: CompanyRules;
  readonly rules: CallbackRules;
  readonly asking: AskingLimits;
  readonly clock: Clock;
  readonly log: Logger;
  /** Keys for tokens and for keyed hashes. */
  readonly keys: { readonly token: Buffer; readonly hash: Buffer };
}

export interface Asked {
  readonly record: CallbackRecord;
  readonly token: string;
  /** For a visitor who had no page session yet. */
  readonly sessionTicket?: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MAX_REPEATS_HOUR = 240;
const FARTHEST_MS = 60 * DAY_MS;

/** Takes a visitor's request: everything is checked before it is stored, and once it is stored it is accepted. */
export class Asking {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async ask(ask: VisitorAsk): Promise<Asked> {
    const { store, proof, clock, company } = this.#parts;
    const key = idempotencyKeySchema.safeParse(ask.key);
    if (!key.success) {
      throw new ProblemError('invalid-request', { detail: 'Send an Idempotency-Key of 128 random bits.' });
    }
    const request = checked(ask.body, callbackRequestSchema);
    const number = parseVisitorNumber(request.phone, request.country ?? company.country);
    const origin = ask.visitor.origin ?? '';
    const known = await store.findByKey(origin, key.data);
    // What was answered before and is asked again counts; what was never answered counts once.
    await this.#withinLimits(ask, number.e164, known ? undefined : hashToken(`${origin} ${key.data}`));

    const id = newId() as CallbackId;
    const bodyHash = hashToken(JSON.stringify(request));
    if (known) return this.#again(known.record, known.bodyHash === bodyHash);

    await proof.check(request.proof, ask.visitor.origin, key.data);
    if (!company.services.has(request.service)) {
      throw new ProblemError('not-entitled', {
        rule: 'service/unknown',
        detail: 'There is no such service here.',
      });
    }
    const at = clock.now();
    const { wish, sessionTicket } = await this.#wish(request, ask, number.e164, at);
    const screened = await this.#screened(id, wish, at);

    const callback = this.#fresh(id, wish, at);
    const consent = this.#consent(request, ask, callback);
    const inserted = await store.insert({
      callback,
      tokenHash: hashToken(this.#tokenFor(id)),
      origin,
      idempotencyKey: key.data,
      bodyHash,
      consent,
    });
    if (inserted === 'phone-busy') {
      throw new ProblemError('already-open', { detail: 'We already have an open request for this number.' });
    }
    if (inserted !== 'inserted') return this.#again(inserted.known, inserted.sameBody);

    // Accepted. What follows may fail and be made up for; the answer stays yes.
    const [record] = await Promise.all([
      this.#parts.callbacks.note(id, screened).catch((err: unknown): CallbackRecord => {
        // What cannot be told now, the watchdog makes up for: the state has its deadline.
        this.#parts.log.warn({ err, callbackId: id }, 'accepted, and left to the watchdog');
        return justStored(callback);
      }),
      // The callback carries its consent; this copy outlives it.
      this.#parts.consents.add(consent).catch(() => undefined),
    ]);
    return { record, token: this.#tokenFor(id), ...(sessionTicket !== undefined && { sessionTicket }) };
  }

  /** Another time for an open callback, checked as a new request for it would be. Throws when it cannot be kept. */
  async otherTime({ id, wish }: Callback, text: string): Promise<number> {
    const now = this.#parts.clock.now();
    const wantedAt = checkedTime(Date.parse(text), now);
    await this.#screened(id, { ...wish, wantedAt }, now);
    return wantedAt;
  }

  /** Derived, so that a repeated request gets the same answer although only a hash is stored. */
  #tokenFor(id: CallbackId): string {
    return sign(this.#parts.keys.token, 'callback', id).slice(id.length + 1);
  }

  #again(record: CallbackRecord, sameBody: boolean): Asked {
    if (!sameBody) throw new ProblemError('key-reused');
    return { record, token: this.#tokenFor(record.callback.id) };
  }

  /** The same request, sent again because it was not answered, does not count again; only not without end. */
  async #withinLimits(ask: VisitorAsk, phone: string, requestHash: string | undefined): Promise<void> {
    const { limits, asking, suppressions, keys } = this.#parts;
    const from = keyedHash(keys.hash, network(ask.visitor.ip));
    const phoneHash = keyedHash(keys.hash, phone);
    // A dead Redis must not refuse whom MongoDB would accept: limits are then not known, and the dial gate still stands.
    const within = async (key: string, max: number, ms: number): Promise<boolean> =>
      limits.allow(key, max, ms).catch(() => true);
    const again = async (): Promise<boolean> =>
      requestHash !== undefined &&
      !(await limits.once(`ask:k:${requestHash}`, DAY_MS)) &&
      (await limits.allow(`ask:r:${requestHash}`, MAX_REPEATS_HOUR, HOUR_MS));
    const counts = async (key: string, max: number, ms: number): Promise<boolean> =>
      isRepeat || within(key, max, ms);
    const isRepeat = await again().catch(() => false);
    const [inHour, inDay, forPhone, suppressed] = await Promise.all([
      counts(`ask:h:${from}`, asking.perAddressHour, HOUR_MS),
      counts(`ask:d:${from}`, asking.perAddressDay, DAY_MS),
      counts(`ask:p:${phoneHash}`, asking.perNumberDay, DAY_MS),
      suppressions.has(phoneHash),
    ]);
    if (!inHour || !inDay || !forPhone) {
      throw new ProblemError('too-many', {
        rule: forPhone ? 'limits/address' : 'limits/number',
        retryAfterS: inHour && forPhone ? 6 * 3600 : 3600,
        detail: 'There were several requests already. Please try again later.',
      });
    }
    if (suppressed) {
      throw new ProblemError('number-refused', {
        rule: 'number/suppressed',
        detail: 'The owner of this number asked us not to call it.',
      });
    }
  }

  async #wish(
    request: CallbackRequest,
    ask: VisitorAsk,
    phone: string,
    at: number,
  ): Promise<{ wish: Wish; sessionTicket?: string }> {
    const { pages, identity } = this.#parts;
    const wantedAt = this.#wantedAt(request, at);
    const proved = request.identity === undefined ? undefined : await identity.verify(request.identity);
    if (request.identity !== undefined && !proved) {
      throw new ProblemError('wrong-token', { rule: 'identity/not-valid', detail: 'Sign in again, please.' });
    }
    const session =
      request.session === undefined ? undefined : pages.sessionOf(request.session, ask.visitor.origin);
    const begun = session === undefined ? pages.begin(ask.visitor.ip, ask.visitor.origin) : undefined;
    const sessionId = session ?? begun?.id;
    if (sessionId === undefined) throw new Error('no session');
    const language = languageOf(request.consent.language ?? ask.visitor.language);
    const wish: Wish = {
      service: request.service,
      phone,
      ...(request.name !== undefined && request.name.trim() !== '' && { name: request.name.trim() }),
      ...(request.email !== undefined && { email: request.email }),
      ...(request.timezone !== undefined && isZone(request.timezone) && { timezone: request.timezone }),
      ...(language !== undefined && { language }),
      ...(request.page !== undefined && { page: request.page }),
      sessionId,
      ip: ask.visitor.ip,
      standing: proved ? 'proved' : 'claimed',
      ...(proved && { customerId: proved.customerId }),
      anyHour: request.consent.anyHour ?? false,
      ...(wantedAt !== undefined && { wantedAt }),
    };
    return { wish, ...(begun && { sessionTicket: begun.ticket }) };
  }

  #wantedAt(request: CallbackRequest, now: number): number | undefined {
    if (request.at === undefined) return undefined;
    return checkedTime(Date.parse(request.at), now);
  }

  /** Refusals are told before anything is stored. */
  async #screened(id: CallbackId, wish: Wish, at: number): Promise<Fact> {
    const fact = await this.#parts.admission.screen(this.#fresh(id, wish, at));
    if (fact.type === 'refused') {
      throw new ProblemError(problemFor(fact.rule), { rule: fact.rule, detail: fact.reason });
    }
    return fact;
  }

  #fresh(id: CallbackId, wish: Wish, at: number): Callback {
    return {
      id,
      wish,
      phase: { state: 'requested' },
      requestedAt: at,
      startedAt: wish.wantedAt ?? at,
      entry: 0,
      attempts: [],
      agentFailures: 0,
      deadline: at + this.#parts.rules.screenMs,
      history: [{ at, state: 'requested', why: 'asked on the web page' }],
    };
  }

  #consent(
    request: CallbackRequest,
    ask: VisitorAsk,
    callback: Callback,
  ): Parameters<CallbackStore['insert']>[0]['consent'] {
    const { keys } = this.#parts;
    const { consent } = request;
    return {
      purpose: 'call',
      text: consent.text,
      version: consent.version,
      ...(consent.language !== undefined && { language: consent.language }),
      ...(consent.anyHour !== undefined && { anyHour: consent.anyHour }),
      at: callback.requestedAt,
      ...(request.page !== undefined && { page: request.page }),
      ...(request.timezone !== undefined && { timezone: request.timezone }),
      phoneHash: keyedHash(keys.hash, callback.wish.phone),
      ipHash: keyedHash(keys.hash, ask.visitor.ip),
      ...(ask.visitor.userAgent !== undefined && { userAgent: ask.visitor.userAgent }),
      callbackId: callback.id,
      sessionId: callback.wish.sessionId,
    };
  }
}

/** The kind of problem a refusal is, by the family of its rule. */
function problemFor(rule: string): ProblemName {
  if (rule.startsWith('hours/') || rule === 'dial/outside-hours') return 'invalid-time';
  return rule.startsWith('dial/') || rule.startsWith('number/') ? 'number-refused' : 'not-entitled';
}

/** A callback as it was inserted. */
function justStored(callback: Callback): CallbackRecord {
  return {
    callback,
    version: 1,
    notes: { text: '', version: 0 },
    promiseBroken: false,
    identityChecked: false,
  };
}

/** A picked time we can promise: in the future and not too far. Throws `invalid-time`. */
export function checkedTime(at: number, now: number): number {
  if (!Number.isFinite(at)) throw new ProblemError('invalid-time');
  if (at < now - 60_000)
    throw new ProblemError('invalid-time', { detail: 'This time has passed. Pick a later one.' });
  if (at > now + FARTHEST_MS) {
    throw new ProblemError('invalid-time', {
      detail: 'This is more than 60 days ahead. Pick an earlier time.',
    });
  }
  return Math.max(at, now);
}

/** The first language of an Accept-Language header (RFC 9110 section 12.5.4) or of a form; `*` names none. */
export function languageOf(header: string | undefined): string | undefined {
  return /^\s*([a-z]{2,3})\b/i.exec(header ?? '')?.[1]?.toLowerCase();
}

/** IPv6 privacy addresses change within a /64: limits count the network. */
function network(ip: string): string {
  return ip.includes(':') ? `${expanded(ip).slice(0, 4).join(':')}::/64` : ip;
}

function expanded(ip: string): readonly string[] {
  const [head = '', tail] = ip.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  return [...front, ...gap, ...back];
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
