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
  /**
   * Log-in makes the phone reachable; log-out makes it unreachable and refuses new registrations. A registration that
   * is still running at the next log-in counts again: the phone does not know that its user was away.
   */
  open(extension: string): Promise<void>;
  close(extension: string): Promise<void>;
  onChange(listener: (extension: string, registered: boolean) => void): () => void;
}

/** One registration of one phone. It is rung at `address` and `port`, where it came from; its contact is only echoed. */
export interface PhoneBinding {
  readonly extension: string;
  /** The contact address as the phone wrote it: names the binding together with the extension. */
  readonly contact: string;
  /** The user part of the contact, which the phone expects in requests to it. */
  readonly user: string;
  readonly address: string;
  readonly port: number;
  readonly transport: string;
  readonly registeredAt: number;
  readonly expiresAt: number;
  /** Of the REGISTER that made it: an older one must not undo a newer one. */
  readonly sipCallId: string;
  readonly sequence: number;
}

/** Where bindings outlive the process: the phone will not register again for up to an hour. */
export interface BindingStore {
  load(): Promise<readonly PhoneBinding[]>;
  save(binding: PhoneBinding): Promise<void>;
  remove(extension: string, contact: string): Promise<void>;
}
