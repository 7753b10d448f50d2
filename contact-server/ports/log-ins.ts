import type { AgentId } from '../../contracts/ids.ts';

/** One log-in of one person in one browser; several tabs share it, and it keeps its id when its token is rotated. */
export interface LogIn {
  readonly id: string;
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
  /** Ends this person's log-ins with all their tokens: all of them, or one. */
  end(agentId: AgentId, logInId?: string): Promise<void>;
  /** Anybody of this person still logged in? */
  any(agentId: AgentId, now: number): Promise<boolean>;
  /** All that are good now. */
  live(now: number): Promise<readonly Pick<LogIn, 'id' | 'agentId'>[]>;
}

export type CredentialAnswer =
  | { readonly ok: true; readonly agentId: AgentId }
  /** `code-needed`: name and password are right, a second factor is missing; `wrong-code`: it is not right. */
  | { readonly ok: false; readonly why: 'wrong' | 'code-needed' | 'wrong-code' };

/** Checks a name, a password and where there is one a second factor, always at the same cost. */
export interface Credentials {
  check(logIn: { username: string; password: string; totp?: string | undefined }): Promise<CredentialAnswer>;
}

/** A second factor of time-based codes (RFC 6238); each code is good once. */
export interface SecondFactor {
  /** A fresh secret, not asked for before it is confirmed. Undefined where there is a second factor already. */
  begin(agentId: AgentId): Promise<{ readonly secret: string; readonly uri: string } | undefined>;
  /** Asked for at every log-in from here on. False when the code does not fit the fresh secret. */
  confirm(agentId: AgentId, code: string): Promise<boolean>;
  /** Not asked for any more. False when the code is not right. */
  end(agentId: AgentId, code: string): Promise<boolean>;
}
