import type { PagesView, PageView, RegistrationView, ViewerTicket } from '../../contracts/agent.ts';
import type { RegistrationAsk } from '../../contracts/agent.schema.ts';
import type { AgentId, SessionId } from '../../contracts/ids.ts';
import type { Role, ViewerMode } from '../../contracts/states.ts';
import type { VisitorStream } from '../ports/visitor-desk.ts';

/** Who wants to see or move pages. */
export interface Viewer {
  readonly agentId: AgentId;
  readonly name: string;
  readonly role: Role;
}

/**
 * Shared pages: who is registered under which visitor's address and session, who may see and lead, and the mirroring
 * of every move. The registry is keyed by address; identity is the session id; authority is an accepted reservation
 * for that very session or the code the visitor reads out, and then the visitor's consent.
 */
export interface Pages {
  /** A page session of a visitor, or the frame of a viewer. Throws a ProblemError to refuse it. */
  open(stream: VisitorStream): Promise<void>;
  /** The session a ticket proves; undefined when it is forged, old or of another site. */
  sessionOf(ticket: string, origin: string | undefined): SessionId | undefined;
  /** A session for a visitor who has none yet, and the ticket that proves it; kept when that is asked for. */
  begin(
    ip: string,
    origin: string | undefined,
  ): { readonly id: SessionId; readonly ticket: string; keep(): void };

  /** Who is here under this address, in any spelling: candidates, never a person. */
  lookup(ip: string): readonly SessionId[];
  /**
   * Registers an agent under the visitor's address, and tells how to open each channel of the session [SE-14, SE-15]. The same agent
   * twice is one registration. Unknown address and wrong code look alike.
   */
  register(viewer: Viewer, ask: RegistrationAsk): Promise<RegistrationView>;
  unregister(viewer: Viewer, registrationId: string): Promise<void>;
  askConsent(viewer: Viewer, sessionId: SessionId): Promise<void>;
  setMode(viewer: Viewer, sessionId: SessionId, mode: ViewerMode): Promise<void>;
  push(viewer: Viewer, sessionId: SessionId, url: string): Promise<void>;
  /** Where to point the viewer's frame; managers watch only. */
  ticket(viewer: Viewer, sessionId: SessionId): Promise<ViewerTicket>;

  /** The sharing as this viewer may see it. */
  viewFor(viewer: Viewer, sessionId: SessionId): Promise<PagesView>;
  /** Where the visitor is; only after the visitor's page consent. */
  pageOf(sessionId: SessionId): Promise<PageView | undefined>;
  /** The call is over: sharing ends after so long, unless a new call of the session begins before. */
  endAfter(sessionId: SessionId, graceMs: number): void;
  /** The viewer has logged out: everything they could see is closed. */
  leave(agentId: AgentId): Promise<void>;
}
