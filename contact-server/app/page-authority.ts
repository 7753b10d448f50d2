import type { RegistrationAsk } from '../../contracts/agent.schema.ts';
import type { SessionId } from '../../contracts/ids.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { auditPages } from './page-audit.ts';
import type { PageCodes } from './page-codes.ts';
import type { PageParts } from './page-parts.ts';
import type { Viewer } from './pages.ts';
import { newToken, sign, verified } from './tokens.ts';

const TICKET_MS = 60_000;
const WRONG_CODES = 5;
const LOCK_MS = 15 * 60_000;

/** Who may see whose pages: sessions by ticket, viewers by reservation or code, frames by one-time ticket and credential. */
export class PageAuthority {
  readonly #parts: PageParts;
  readonly #codes: PageCodes;

  constructor(parts: PageParts, codes: PageCodes) {
    this.#parts = parts;
    this.#codes = codes;
  }

  sessionTicket(id: SessionId, origin: string | undefined): string {
    return sign(this.#parts.keys.session, `session ${origin ?? ''}`, id);
  }

  sessionOf(ticket: string, origin: string | undefined): SessionId | undefined {
    return verified(this.#parts.keys.session, `session ${origin ?? ''}`, ticket) as SessionId | undefined;
  }

  /** Lives 60 s, is used once, bound to one registration: agent, session and role. */
  viewerTicket(sessionId: SessionId, registrationId: string): string {
    const { keys, clock } = this.#parts;
    const payload = [sessionId, registrationId, clock.now() + TICKET_MS, newToken()].join('.');
    return sign(keys.session, 'viewer-ticket', payload);
  }

  /** For the life of one frame, over its navigations; dies with the registration. */
  viewerCredential(sessionId: SessionId, registrationId: string): string {
    const payload = [sessionId, registrationId, newToken()].join('.');
    return sign(this.#parts.keys.session, 'viewer-credential', payload);
  }

  /** The registration a one-time ticket or a frame's credential stands for. */
  async viewerBehind(shown: string): Promise<{ sessionId: SessionId; registrationId: string }> {
    const { keys, clock, limits } = this.#parts;
    const ticket = verified(keys.session, 'viewer-ticket', shown);
    const payload = ticket ?? verified(keys.session, 'viewer-credential', shown);
    const [sessionId, registrationId, until] = payload?.split('.') ?? [];
    if (sessionId === undefined || registrationId === undefined) throw new ProblemError('wrong-token');
    if (ticket !== undefined) {
      if (Number(until) < clock.now()) throw new ProblemError('wrong-token');
      if (!(await limits.once(`viewer:${shown}`, TICKET_MS))) throw new ProblemError('wrong-token');
    }
    return { sessionId: sessionId as SessionId, registrationId };
  }

  /** The session a registration is for. Throws when the asker has no right to it. */
  async sessionFor(viewer: Viewer, ask: RegistrationAsk): Promise<SessionId> {
    if ('code' in ask) return this.#byCode(viewer, ask.ip, ask.code);
    const sessionId = await this.#parts.sessionOfReservation(viewer.agentId, ask.reservationId);
    if (sessionId === undefined)
      throw new ProblemError('not-permitted', { detail: 'Accept the contact first.' });
    return sessionId;
  }

  /** Unknown address and wrong code look alike; five failures lock for a quarter of an hour. */
  async #byCode(viewer: Viewer, ip: string, code: string): Promise<SessionId> {
    const { limits } = this.#parts;
    const locked = `code:locked:${viewer.agentId}`;
    if (!(await limits.free(locked).catch(unavailable))) throw tooOften();
    // A try counts before it is judged: many at once are no way round the limit.
    const tries = `code:${viewer.agentId}`;
    const isLast = !(await limits.allow(tries, WRONG_CODES - 1, LOCK_MS).catch(unavailable));
    const sessionId = this.#codes.redeem(ip, code);
    if (sessionId !== undefined) {
      await limits.giveBack([tries]).catch(() => {}); // then it counts for a quarter of an hour
      return sessionId;
    }
    if (!isLast)
      throw new ProblemError('not-found', { detail: 'The address and the code do not belong together.' });
    await limits.once(locked, LOCK_MS);
    auditPages(this.#parts, { who: viewer.agentId, what: 'alarm', detail: 'many wrong page codes' });
    throw tooOften();
  }
}

/** With nowhere to count, no code is tried. */
function unavailable(cause: unknown): never {
  throw new ProblemError('unavailable', { cause });
}

function tooOften(): ProblemError {
  return new ProblemError('locked', {
    retryAfterS: LOCK_MS / 1000,
    detail: 'Wait 15 minutes, then try again.',
  });
}
