import type { AgentId } from '../../contracts/ids.ts';

/** An agent's phone: who may register it. */
export interface PhoneAccount {
  readonly agentId: AgentId;
  readonly extension: string;
  /** Digest secret, random unless the company file set it. */
  readonly password: string;
}

/** What the registrar asks: which account an extension has, if its user may be reached now (logged in). */
export interface PhoneAccounts {
  byExtension(extension: string): Promise<PhoneAccount | undefined>;
}

/** We are the registrar for agents' phones: digest authentication, bindings reached over their own source flow. */
export interface Phones {
  /** The extension has a live binding. */
  isRegistered(extension: string): boolean;
  /** Log-in makes the phone reachable; log-out removes its bindings and refuses new ones. */
  open(extension: string): Promise<void>;
  close(extension: string): Promise<void>;
  onChange(listener: (extension: string, registered: boolean) => void): () => void;
}
