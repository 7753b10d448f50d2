import type { AgentId } from '../../contracts/ids.ts';

/** One log-in of one person in one browser; several tabs share it. */
export interface LogIn {
  readonly agentId: AgentId;
  /** Absolute end (epoch ms). */
  readonly until: number;
  readonly rotatedAt: number;
}

/** Log-ins by the hash of their opaque token. */
export interface LogInStore {
  put(tokenHash: string, logIn: LogIn): Promise<void>;
  find(tokenHash: string): Promise<LogIn | undefined>;
  /** The old token stays good for a moment, for requests on their way. */
  rotate(oldHash: string, newHash: string, logIn: LogIn, oldUntil: number): Promise<void>;
  /** Ends this person's log-ins, all of them or one. */
  end(agentId: AgentId, tokenHash?: string): Promise<void>;
  /** Anybody of this person still logged in? */
  any(agentId: AgentId, now: number): Promise<boolean>;
}

/** Checks a name, a password and where there is one a second factor, always at the same cost. */
export interface Credentials {
  check(logIn: {
    username: string;
    password: string;
    totp?: string | undefined;
  }): Promise<{ readonly ok: true; readonly agentId: AgentId } | { readonly ok: false }>;
}
