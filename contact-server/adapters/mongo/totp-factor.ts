import { generateSecret, generateURI, verify } from 'otplib';
import type { AgentId } from '../../../contracts/ids.ts';
import type { SecondFactor } from '../../ports/log-ins.ts';
import type { MongoAccounts } from './accounts.ts';

/** A clock may be half a minute off, either way. */
const TOLERANCE_S = 30;

interface Parts {
  readonly accounts: MongoAccounts;
  /** Shown in the authenticator beside the name. */
  readonly issuer: string;
  readonly now: () => number;
}

/** Time-based one-time codes (RFC 6238) for local accounts; a code that was taken is not taken again (section 5.2). */
export class TotpFactor implements SecondFactor {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async begin(agentId: AgentId): Promise<{ secret: string; uri: string } | undefined> {
    const { accounts, issuer } = this.#parts;
    const known = await accounts.secretsOfId(agentId);
    if (!known || known.totpSecret !== undefined) return undefined;
    const secret = generateSecret();
    await accounts.saveFreshTotp(agentId, secret);
    return { secret, uri: generateURI({ issuer, label: known.account.username, secret }) };
  }

  async confirm(agentId: AgentId, code: string): Promise<boolean> {
    const { accounts } = this.#parts;
    const fresh = (await accounts.secretsOfId(agentId))?.totpFresh;
    if (fresh === undefined || !(await this.take(agentId, fresh, code))) return false;
    await accounts.setTotp(agentId, fresh);
    return true;
  }

  async end(agentId: AgentId, code: string): Promise<boolean> {
    const { accounts } = this.#parts;
    const secret = (await accounts.secretsOfId(agentId))?.totpSecret;
    if (secret === undefined || !(await this.take(agentId, secret, code))) return false;
    await accounts.setTotp(agentId);
    return true;
  }

  /** True once for a code of this secret, and never for one that is older than the last. */
  async take(agentId: AgentId, secret: string, code: string): Promise<boolean> {
    const epoch = Math.floor(this.#parts.now() / 1000);
    const answer = await verify({ secret, token: code, epoch, epochTolerance: TOLERANCE_S });
    return (
      answer.valid && 'timeStep' in answer && this.#parts.accounts.takeTotpStep(agentId, answer.timeStep)
    );
  }
}
