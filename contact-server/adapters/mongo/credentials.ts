import { verify as totpIs } from 'otplib';
import type { Credentials } from '../../ports/log-ins.ts';
import type { MongoAccounts } from './accounts.ts';
import { hashPassword, passwordIs } from './password.ts';

/** Local accounts. A name that does not exist costs as much time as a wrong password. */
export class LocalCredentials implements Credentials {
  readonly #accounts: MongoAccounts;
  readonly #nobody = hashPassword('nobody has this password');

  constructor(accounts: MongoAccounts) {
    this.#accounts = accounts;
  }

  async check(logIn: Parameters<Credentials['check']>[0]): ReturnType<Credentials['check']> {
    const secrets = await this.#accounts.secretsOf(logIn.username);
    const right = await passwordIs(secrets?.passwordHash ?? (await this.#nobody), logIn.password);
    if (!secrets || !right) return { ok: false };
    if (secrets.totpSecret !== undefined) {
      if (logIn.totp === undefined) return { ok: false };
      const answer = await totpIs({ secret: secrets.totpSecret, token: logIn.totp, epochTolerance: 30 });
      if (!answer.valid) return { ok: false };
    }
    return { ok: true, agentId: secrets.account.id };
  }
}
