import type { CallbackId } from '../../contracts/ids.ts';
import type { ProblemName } from '../../contracts/problem.ts';
import type { CallbackRequest } from '../../contracts/visitor.schema.ts';
import { callbackRequestSchema, idempotencyKeySchema } from '../../contracts/visitor.schema.ts';
import type { Standing } from '../../routing/index.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { checked } from '../../server-kit/read-json.ts';
import type { Callback, Wish } from '../domain/callback.ts';
import type { CallbackRules } from '../domain/callback-rules.ts';
import type { CompanyRules } from '../ports/company.ts';
import type { IdentityProofs } from '../ports/identity.ts';
import type { CallbackRecord, CallbackStore, ConsentRecord, Limits, NewCallback } from '../ports/stores.ts';
import type { VisitorAsk } from '../ports/visitor-desk.ts';
import type { Admission, Screened } from './admission.ts';
import type { Behind } from './behind.ts';
import type { CallbackDesk } from './callback-desk.ts';
import type { ConsentCopies } from './consent-copies.ts';
import { isZone } from './dial-hours.ts';
import { parseVisitorNumber } from './dial-policy.ts';
import type { FormProof } from './form-proof.ts';
import type { Pages } from './pages.ts';
import { type SuppressionList, suppressed } from './suppression-list.ts';
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
  readonly suppressions: Pick<SuppressionList, 'has'>;
  readonly consentCopies: ConsentCopies;
  readonly behind: Behind;
  readonly company: CompanyRules;
  readonly rules: CallbackRules;
  readonly asking: AskingLimits;
  /** This one may be offered to somebody in a moment. */
  readonly screened: (callback: Callback) => void;
  readonly clock: Clock;
  /** Keys for tokens and for keyed hashes. */
  readonly keys: { readonly token: Buffer; readonly hash: Buffer };
}

export interface Asked {
  readonly record: CallbackRecord;
  /** Where it stands in the line it has just entered. */
  readonly standing?: Standing;
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
    const { store, proof, suppressions, company, keys } = this.#parts;
    const key = idempotencyKeySchema.safeParse(ask.key);
    if (!key.success) {
      throw new ProblemError('invalid-request', { detail: 'Send an Idempotency-Key of 128 random bits.' });
    }
    const request = checked(ask.body, callbackRequestSchema);
    const number = parseVisitorNumber(request.phone, request.country ?? company.country);
    const origin = ask.visitor.origin ?? '';
    const phoneHash = keyedHash(keys.hash, number.e164);
    // Asked all at once, and judged while the answers come; none is used before its turn.
    const isSuppressed = suppressions.has(phoneHash);
    const counting = this.#count(ask, phoneHash, hashToken(`${origin} ${key.data}`));
    const proved = proof.check(request.proof, ask.visitor.origin, key.data);
    const judged = this.#judged(ask, request, number.e164);
    for (const it of [isSuppressed, proved, judged]) it.catch(() => {});
    const bodyHash = hashToken(JSON.stringify(request));
    const counted = await counting;
    const repeated = counted.isNew ? undefined : await store.findByKey(origin, key.data);
    if (repeated) {
      // What was answered before and is asked again counts; what was never answered counts once.
      withinLimits(await this.#count(ask, phoneHash));
      return this.#again(repeated.record, repeated.bodyHash === bodyHash);
    }
    try {
      withinLimits(counted);
      if (await isSuppressed) throw refusal(suppressed);
      await proved;
      return await this.#accept(await judged, { origin, idempotencyKey: key.data, bodyHash });
    } catch (refused) {
      // Redis has forgotten, or is away: what was accepted once is not refused the second time.
      const known = counted.isNew && (await store.findByKey(origin, key.data));
      if (known) return this.#again(known.record, known.bodyHash === bodyHash);
      throw refused;
    }
  }

  /** The callback that a request asks for, and what the screening comes to. Nothing of it is stored. */
  async #judged(ask: VisitorAsk, request: CallbackRequest, phone: string): Promise<Judged> {
    const { admission, clock, company } = this.#parts;
    if (!company.services.has(request.service)) {
      throw new ProblemError('not-entitled', {
        rule: 'service/unknown',
        detail: 'There is no such service here.',
      });
    }
    const at = clock.now();
    const { wish, begun } = await this.#wish(request, ask, phone, at);
    const callback = this.#fresh(newId() as CallbackId, wish, at);
    const screened = await admission.judge(callback);
    if (screened.type === 'screened' && screened.startAt === undefined) this.#parts.screened(callback);
    const consent = this.#consent(request, ask, callback);
    return { callback, screened, consent, ...(begun && { begun }) };
  }

  async #accept(
    { callback, screened, consent, begun }: Judged,
    asked: Pick<NewCallback, 'origin' | 'idempotencyKey' | 'bodyHash'>,
  ): Promise<Asked> {
    const { callbacks, admission, behind, consentCopies } = this.#parts;
    if (screened.type === 'refused') {
      await admission.noteRefusal(callback.id, screened);
      throw refusal(screened);
    }
    const token = this.#tokenFor(callback.id);
    const fresh = { ...asked, callback, tokenHash: hashToken(token), consent };
    const accepted = await callbacks.accept(fresh, screened, () => {
      begun?.keep();
      behind.run('copy of a consent', () => consentCopies.copy(consent));
    });
    if (accepted === 'phone-busy') {
      throw new ProblemError('already-open', { detail: 'We already have an open request for this number.' });
    }
    if ('known' in accepted) return this.#again(accepted.known, accepted.sameBody);
    return { ...accepted, token, ...(begun && { sessionTicket: begun.ticket }) };
  }

  /** Another time for an open callback, checked as a new request for it would be. Throws when it cannot be kept. */
  async otherTime({ id, wish }: Callback, text: string): Promise<number> {
    const now = this.#parts.clock.now();
    const wantedAt = checkedTime(Date.parse(text), now);
    const screened = await this.#parts.admission.screen(this.#fresh(id, { ...wish, wantedAt }, now));
    if (screened.type === 'refused') throw refusal(screened);
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
  async #count(ask: VisitorAsk, phoneHash: string, requestHash?: string): Promise<Counted> {
    const { limits, asking, keys } = this.#parts;
    const from = keyedHash(keys.hash, network(ask.visitor.ip));
    const windows = [
      { key: `ask:h:${from}`, max: asking.perAddressHour, windowMs: HOUR_MS },
      { key: `ask:d:${from}`, max: asking.perAddressDay, windowMs: DAY_MS },
      { key: `ask:p:${phoneHash}`, max: asking.perNumberDay, windowMs: DAY_MS },
    ];
    const request = requestHash === undefined ? undefined : repeatable(requestHash);
    const counted = limits.allowAll(windows, request);
    // A dead Redis must not refuse whom MongoDB would accept: limits are then not known, and the dial gate still stands.
    const { isNew, within } = await counted.catch(() => ({ isNew: false, within: [] }));
    const [inHour = true, inDay = true, forPhone = true] = within;
    return { isNew, inHour, inDay, forPhone };
  }

  async #wish(
    request: CallbackRequest,
    ask: VisitorAsk,
    phone: string,
    at: number,
  ): Promise<{ wish: Wish; begun?: ReturnType<Pages['begin']> }> {
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
    return { wish, ...(begun && { begun }) };
  }

  #wantedAt(request: CallbackRequest, now: number): number | undefined {
    if (request.at === undefined) return undefined;
    return checkedTime(Date.parse(request.at), now);
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

  #consent(request: CallbackRequest, ask: VisitorAsk, callback: Callback): ConsentRecord {
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

interface Judged {
  readonly callback: Callback;
  readonly screened: Screened;
  readonly consent: ConsentRecord;
  /** For a visitor who had no page session yet. */
  readonly begun?: ReturnType<Pages['begin']>;
}

interface Counted {
  /** This request was never seen before, as far as Redis remembers. */
  readonly isNew: boolean;
  readonly inHour: boolean;
  readonly inDay: boolean;
  readonly forPhone: boolean;
}

function withinLimits({ inHour, inDay, forPhone }: Counted): void {
  if (inHour && inDay && forPhone) return;
  throw new ProblemError('too-many', {
    rule: forPhone ? 'limits/address' : 'limits/number',
    retryAfterS: inHour && forPhone ? 6 * 3600 : 3600,
    detail: 'There were several requests already. Please try again later.',
  });
}

function repeatable(requestHash: string): NonNullable<Parameters<Limits['allowAll']>[1]> {
  const repeats = { key: `ask:r:${requestHash}`, max: MAX_REPEATS_HOUR, windowMs: HOUR_MS };
  return { key: `ask:k:${requestHash}`, validMs: DAY_MS, repeats };
}

/** Told before anything is stored. */
export function refusal({ rule, reason }: { readonly rule: string; readonly reason: string }): ProblemError {
  return new ProblemError(problemFor(rule), { rule, detail: reason });
}

/** The kind of problem a refusal is, by the family of its rule. */
function problemFor(rule: string): ProblemName {
  if (rule.startsWith('hours/') || rule === 'dial/outside-hours') return 'invalid-time';
  return rule.startsWith('dial/') || rule.startsWith('number/') ? 'number-refused' : 'not-entitled';
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
