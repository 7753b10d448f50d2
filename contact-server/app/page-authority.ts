import type { RegistrationAsk } from '../../contracts/agent.schema.ts';
import type { AgentId, SessionId } from '../../contracts/ids.ts';
import { ProblemError } from '../../server-kit/problem.ts';
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

  /** Lives 60 s, is used once, bound to agent and session. */
  viewerTicket(sessionId: SessionId, agentId: AgentId): string {
    const { keys, clock } = this.#parts;
    const payload = [sessionId, agentId, clock.now() + TICKET_MS, newToken()].join('.');
    return sign(keys.session, 'viewer-ticket', payload);
  }

  /** For the life of one frame, over its navigations; worth nothing once the agent is unregistered. */
  viewerCredential(sessionId: SessionId, agentId: AgentId): string {
    return sign(
      this.#parts.keys.session,
      'viewer-credential',
      [sessionId, agentId, '', newToken()].join('.'),
    );
  }

  /** Whom a one-time ticket or a frame's credential stands for. */
  async viewerBehind(shown: string): Promise<{ sessionId: SessionId; agentId: AgentId }> {
    const { keys, clock, limits } = this.#parts;
    const ticket = verified(keys.session, 'viewer-ticket', shown);
    const payload = ticket ?? verified(keys.session, 'viewer-credential', shown);
    const [sessionId, agentId, until] = payload?.split('.') ?? [];
    if (sessionId === undefined || agentId === undefined) throw new ProblemError('wrong-token');
    if (ticket !== undefined) {
      if (Number(until) < clock.now()) throw new ProblemError('wrong-token');
      if (!(await limits.once(`viewer:${shown}`, TICKET_MS))) throw new ProblemError('wrong-token');
    }
    return { sessionId: sessionId as SessionId, agentId: agentId as AgentId };
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
    const { limits, audit, clock } = this.#parts;
    const locked = `code:locked:${viewer.agentId}`;
    if (!(await limits.free(locked))) throw tooOften();
    const sessionId = this.#codes.redeem(ip.trim().toLowerCase(), code);
    if (sessionId !== undefined) return sessionId;
    if (!(await limits.allow(`code:${viewer.agentId}`, WRONG_CODES - 1, LOCK_MS))) {
      await limits.once(locked, LOCK_MS);
      await audit.add({
        at: clock.now(),
        who: viewer.agentId,
        what: 'alarm',
        detail: 'many wrong page codes',
      });
      throw tooOften();
    }
    throw new ProblemError('not-found', { detail: 'The address and the code do not belong together.' });
  }
}

function tooOften(): ProblemError {
  return new ProblemError('locked', {
    retryAfterS: LOCK_MS / 1000,
    detail: 'Wait 15 minutes, then try again.',
  });
}
