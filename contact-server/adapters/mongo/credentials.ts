import type { CredentialAnswer, Credentials } from '../../ports/log-ins.ts';
import type { MongoAccounts } from './accounts.ts';
import { hashPassword, passwordIs } from './password.ts';
import type { TotpFactor } from './totp-factor.ts';

/** Local accounts. A name that does not exist costs as much time as a wrong password. */
export class LocalCredentials implements Credentials {
  readonly #accounts: MongoAccounts;
  readonly #factor: TotpFactor;
  readonly #nobody = hashPassword('nobody has this password');

  constructor(accounts: MongoAccounts, factor: TotpFactor) {
    this.#accounts = accounts;
    this.#factor = factor;
  }

  async check(logIn: Parameters<Credentials['check']>[0]): Promise<CredentialAnswer> {
    const secrets = await this.#accounts.secretsOf(logIn.username);
    const right = await passwordIs(secrets?.passwordHash ?? (await this.#nobody), logIn.password);
    if (!secrets || !right) return { ok: false, why: 'wrong' };
    const { account, totpSecret } = secrets;
    if (totpSecret !== undefined) {
      if (logIn.totp === undefined) return { ok: false, why: 'code-needed' };
      if (!(await this.#factor.take(account.id, totpSecret, logIn.totp)))
        return { ok: false, why: 'wrong-code' };
    }
    return { ok: true, agentId: account.id };
  }
}
