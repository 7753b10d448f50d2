import type {
  BoardView,
  CommandTaken,
  DecisionsView,
  DeskSnapshot,
  FreshSecondFactor,
  StoryView,
  ViewerTicket,
  WaitingView,
  WhatIfView,
} from '../../contracts/agent.ts';
import type { LogIn, RegistrationAsk, WhatIf } from '../../contracts/agent.schema.ts';
import type { CallbackId, SessionId } from '../../contracts/ids.ts';
import type { RulesChange, RulesRestore } from '../../contracts/rules.schema.ts';
import type { RulesView } from '../../contracts/rules.ts';
import type { Problem } from '../../contracts/problem.ts';

const answerMs = 10_000;

/** A request that was refused (`problem` says why) or not answered at all (no `problem`). */
export class RequestFailed extends Error {
  readonly problem: Problem | undefined;

  constructor(problem?: Problem) {
    super(problem === undefined ? 'The server did not answer' : (problem.detail ?? problem.title));
    this.problem = problem;
  }
}

/** Says what went wrong, whatever was thrown: a sentence without its full stop. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : 'Something went wrong';
}

/** The commands and questions this page has for its server. */
export interface Api {
  logIn(who: LogIn): Promise<void>;
  logOut(): Promise<void>;
  desk(): Promise<DeskSnapshot>;
  /** Who waits and could be taken by this agent. */
  waiting(): Promise<WaitingView>;
  board(): Promise<BoardView>;
  story(id: CallbackId): Promise<StoryView>;
  decisions(id: CallbackId): Promise<DecisionsView>;
  whatIf(id: CallbackId, qualifications: WhatIf['qualifications']): Promise<WhatIfView>;
  /** A command that completes by an event, or at once where the answer carries no request id. */
  command(method: 'POST' | 'PUT', path: string, body: object): Promise<CommandTaken | undefined>;
  /** `last` lets the request outlive the page. */
  saveNotes(
    id: CallbackId,
    notes: { text: string; version: number },
    last?: boolean,
  ): Promise<{ version: number; savedAt: number }>;
  register(ask: RegistrationAsk): Promise<{ id: string; sessionId: SessionId }>;
  unregister(id: string): Promise<void>;
  viewer(session: SessionId, kind: 'viewer' | 'watch'): Promise<ViewerTicket>;
  /** A key for an authenticator; it counts from the first code on. */
  beginSecondFactor(password: string): Promise<FreshSecondFactor>;
  confirmSecondFactor(code: string): Promise<void>;
  endSecondFactor(code: string): Promise<void>;
  rules(): Promise<RulesView>;
  changeRules(change: Partial<RulesChange> & { base: number }): Promise<RulesView>;
  restoreRules(restore: RulesRestore): Promise<RulesView>;
}

async function failure(response: Response): Promise<RequestFailed> {
  try {
    return new RequestFailed((await response.json()) as Problem);
  } catch {
    // not ours: a proxy in between has answered
    return new RequestFailed({
      type: 'unexpected',
      status: response.status,
      title: `The server answered with ${response.status}`,
    });
  }
}

/** The API over `fetch` on this origin; `onLoggedOut` hears of every 401 that is not a failed log-in. */
export function httpApi(onLoggedOut: () => void): Api {
  async function ask(method: string, path: string, body?: object, keepalive = false): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(`/api/v1${path}`, {
        method,
        keepalive,
        credentials: 'same-origin',
        headers: { 'content-type': 'application/json', accept: 'application/json, application/problem+json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(keepalive ? {} : { signal: AbortSignal.timeout(answerMs) }),
      });
    } catch {
      throw new RequestFailed();
    }
    if (!response.ok) {
      const failed = await failure(response);
      if (response.status === 401 && failed.problem?.type !== 'wrong-credentials') onLoggedOut();
      throw failed;
    }
    const text = await response.text();
    return text === '' ? undefined : JSON.parse(text);
  }

  return {
    async logIn(who) {
      await ask('POST', '/sessions', who);
    },
    async logOut() {
      await ask('DELETE', '/sessions/current');
    },
    desk: async () => (await ask('GET', '/me')) as DeskSnapshot,
    waiting: async () => (await ask('GET', '/line')) as WaitingView,
    board: async () => (await ask('GET', '/board')) as BoardView,
    whatIf: async (id, qualifications) =>
      (await ask('POST', `/callbacks/${id}/forecast`, { qualifications })) as WhatIfView,
    story: async (id) => (await ask('GET', `/callbacks/${id}`)) as StoryView,
    decisions: async (id) => (await ask('GET', `/callbacks/${id}/decisions`)) as DecisionsView,
    async command(method, path, body) {
      const answer = (await ask(method, path, body)) as Partial<CommandTaken> | undefined;
      return answer?.requestId === undefined ? undefined : { requestId: answer.requestId };
    },
    saveNotes: async (id, notes, last) =>
      (await ask('PUT', `/contacts/${id}/notes`, notes, last)) as { version: number; savedAt: number },
    register: async (it) => (await ask('POST', '/registrations', it)) as { id: string; sessionId: SessionId },
    async unregister(id) {
      await ask('DELETE', `/registrations/${id}`);
    },
    beginSecondFactor: async (password) => (await ask('POST', '/me/totp', { password })) as FreshSecondFactor,
    async confirmSecondFactor(code) {
      await ask('POST', '/me/totp/confirm', { code });
    },
    async endSecondFactor(code) {
      await ask('POST', '/me/totp/end', { code });
    },
    rules: async () => (await ask('GET', '/rules')) as RulesView,
    changeRules: async (change) => (await ask('POST', '/rules', change)) as RulesView,
    restoreRules: async (restore) => (await ask('POST', '/rules/restore', restore)) as RulesView,
    viewer: async (session, kind) => (await ask('POST', `/pages/${session}/${kind}`, {})) as ViewerTicket,
  };
}
