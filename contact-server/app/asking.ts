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
import { plainText } from '../domain/plain-text.ts';
import type { CompanyRules } from '../ports/company.ts';
import type { IdentityProofs } from '../ports/identity.ts';
import type { CallbackRecord, CallbackStore, ConsentRecord, NewCallback } from '../ports/stores.ts';
import type { VisitorAsk } from '../ports/visitor-desk.ts';
import type { Admission, Screened } from './admission.ts';
import { type AskingTries, type Tried, withinLimits } from './asking-tries.ts';
import type { Behind } from './behind.ts';
import type { CallbackDesk } from './callback-desk.ts';
import type { ConsentCopies } from './consent-copies.ts';
import { isZone } from './dial-hours.ts';
import { parseVisitorNumber } from './dial-policy.ts';
import type { Form, FormProof } from './form-proof.ts';
import { mustBeOffered } from './offered-services.ts';
import type { Pages } from './pages.ts';
import { type SuppressionList, suppressed } from './suppression-list.ts';
import { hashToken, keyedHash, newId, sign } from './tokens.ts';

interface Parts {
  readonly store: CallbackStore;
  readonly callbacks: CallbackDesk;
  readonly admission: Admission;
  readonly pages: Pages;
  readonly proof: FormProof;
  readonly identity: IdentityProofs;
  readonly tries: AskingTries;
  readonly suppressions: Pick<SuppressionList, 'has'>;
  readonly consentCopies: ConsentCopies;
  readonly behind: Behind;
  readonly company: CompanyRules;
  readonly rules: CallbackRules;
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

const FARTHEST_MS = 60 * 24 * 3_600_000;

/** Takes a visitor's request: everything is checked before it is stored, and once it is stored it is accepted. */
export class Asking {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async ask(ask: VisitorAsk): Promise<Asked> {
    const { store, suppressions, company, keys, tries } = this.#parts;
    const key = idempotencyKeySchema.safeParse(ask.key);
    if (!key.success) {
      throw new ProblemError('invalid-request', { detail: 'Send an Idempotency-Key of 128 random bits.' });
    }
    const request = checked(ask.body, callbackRequestSchema);
    const number = parseVisitorNumber(request.phone, request.country ?? company.country);
    const origin = ask.visitor.origin ?? '';
    const bodyHash = hashToken(JSON.stringify(request));
    const sent = { origin, idempotencyKey: key.data, bodyHash };
    const form = await this.#form(ask, request, sent);
    if ('record' in form) return form;
    const phoneHash = keyedHash(keys.hash, number.e164);
    const asker = {
      ip: ask.visitor.ip,
      phone: phoneHash,
      request: hashToken(`${origin} ${key.data} ${bodyHash}`),
    };
    // Asked all at once, and judged while the answers come; none is used before its turn.
    const isSuppressed = suppressions.has(phoneHash);
    const counting = tries.take(asker);
    const used = form.use(key.data);
    const judged = this.#judged(ask, request, number.e164, form);
    for (const it of [isSuppressed, used, judged]) it.catch(() => {});
    const tried = await counting;
    const repeated = tried.isNew ? undefined : await store.findByKey(origin, key.data);
    if (repeated) {
      // What was answered before and is asked again counts; what was never answered counts once.
      withinLimits(await tries.note(ask.visitor.ip));
      return this.#again(repeated.record, repeated.bodyHash === bodyHash);
    }
    try {
      return await this.#decided({ isSuppressed, used, judged, tried }, sent);
    } catch (refused) {
      // An outage decides nothing: sent again, the request finds its place.
      const isFinal = refused instanceof ProblemError && refused.problem.status < 500;
      if (isFinal && tried.hasPlace) await tries.giveBack(asker);
      throw refused;
    }
  }

  /** Without a good proof nothing is judged, and it is nobody's but the address's try. What was accepted once is answered. */
  async #form(ask: VisitorAsk, request: CallbackRequest, sent: Sent): Promise<Form | Asked> {
    const { proof, store, tries } = this.#parts;
    try {
      return proof.read(request.proof, ask.visitor.origin);
    } catch (refused) {
      withinLimits(await tries.note(ask.visitor.ip));
      const known = await store.findByKey(sent.origin, sent.idempotencyKey);
      if (known) return this.#again(known.record, known.bodyHash === sent.bodyHash);
      throw refused;
    }
  }

  async #decided({ isSuppressed, used, judged, tried }: Begun, sent: Sent): Promise<Asked> {
    try {
      withinLimits(tried);
      if (await isSuppressed) throw refusal(suppressed);
      await used;
      return await this.#accept(await judged, sent);
    } catch (refused) {
      // Redis has forgotten, or is away, or it was sent twice at once: what was accepted is not refused the second time.
      const known = await this.#parts.store.findByKey(sent.origin, sent.idempotencyKey);
      if (known) return this.#again(known.record, known.bodyHash === sent.bodyHash);
      throw refused;
    }
  }

  /** The callback that a request asks for, and what the screening comes to. Nothing of it is stored. */
  async #judged(ask: VisitorAsk, request: CallbackRequest, phone: string, form: Form): Promise<Judged> {
    const { admission, clock, company } = this.#parts;
    // The proof is worth something only if it names what was shown: the company's words of today, or those of this form.
    const agreed = consentWords(request.consent);
    if (agreed !== consentWords(company.consent.call) && !form.hasShown(agreed)) {
      throw new ProblemError('consent-missing', {
        rule: 'consent/other-text',
        detail: 'What you agree to is written differently now. Read it again, please, and tick it.',
      });
    }
    mustBeOffered(request.service, company);
    const at = clock.now();
    const { wish, begun } = await this.#wish(request, ask, phone, at);
    const callback = this.#fresh(newId() as CallbackId, wish, at);
    const screened = await admission.judge(callback);
    if (screened.type === 'screened' && screened.startAt === undefined) this.#parts.screened(callback);
    const consent = this.#consent(request, ask, callback);
    return { callback, screened, consent, ...(begun && { begun }) };
  }

  async #accept({ callback, screened, consent, begun }: Judged, sent: Sent): Promise<Asked> {
    const { callbacks, admission, behind, consentCopies } = this.#parts;
    if (screened.type === 'refused') {
      await admission.noteRefusal(callback.id, screened);
      throw refusal(screened);
    }
    const token = this.#tokenFor(callback.id);
    const fresh = { ...sent, callback, tokenHash: hashToken(token), consent };
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
    const name = plainText(request.name ?? '');
    const wish: Wish = {
      service: request.service,
      phone,
      ...(name !== '' && { name }),
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

/** How a request is known when it comes again. */
type Sent = Pick<NewCallback, 'origin' | 'idempotencyKey' | 'bodyHash'>;

/** What was begun all at once. */
interface Begun {
  readonly isSuppressed: Promise<boolean>;
  readonly used: Promise<void>;
  readonly judged: Promise<Judged>;
  readonly tried: Tried;
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

/** What a visitor agrees to, in one text: a version and its words. */
export function consentWords({ text, version }: { readonly text: string; readonly version: string }): string {
  return `${version}\n${text}`;
}
