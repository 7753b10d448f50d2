import type { Logger } from 'pino';
import type { Clock } from '../../../server-kit/clock.ts';
import type { BindingStore, PhoneAccounts } from '../../ports/phones.ts';
import { DrachtioPhones } from './drachtio-phones.ts';
import type { PhonesOptions } from './drachtio-phones.ts';
import { DrachtioTelephony } from './drachtio-telephony.ts';
import type { TelephonyOptions } from './drachtio-telephony.ts';
import { SipLink } from './sip-link.ts';
import type { SipLinkOptions } from './sip-link.ts';
import { Trunks } from './trunks.ts';
import type { TrunkConfig } from './trunks.ts';

export interface OpenTelephonyOptions {
  readonly server: SipLinkOptions;
  readonly trunks: readonly TrunkConfig[];
  readonly accounts: PhoneAccounts;
  readonly store?: BindingStore;
  /** Extensions of agents who are logged in already: open before the first phone can ask. */
  readonly openExtensions?: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Digest realm, expiry limits, asked algorithm. */
  readonly registrar?: Pick<
    PhonesOptions,
    'realm' | 'algorithm' | 'minExpiresS' | 'maxExpiresS' | 'maxContacts'
  >;
  /** Patience with far ends and with calls that were adopted. */
  readonly patience?: Pick<TelephonyOptions, 'silentMs' | 'guardMs' | 'adoptedGuardMs' | 'adoptedTalkMs'>;
}

/** Calls and phones over one drachtio SIP server. */
export interface OpenTelephony {
  readonly telephony: DrachtioTelephony;
  readonly phones: DrachtioPhones;
  readonly trunks: Trunks;
  /** Leaves the SIP server; calls that are up stay up. */
  close(): void;
}

/**
 * Starts call control and registrar on one connection, which is kept up from then on; `status()` tells when it is there.
 */
export async function openTelephony(options: OpenTelephonyOptions): Promise<OpenTelephony> {
  const { clock, log, accounts, store } = options;
  const link = new SipLink(options.server, log);
  const trunks = new Trunks(options.trunks, clock);
  const phones = new DrachtioPhones({
    link,
    accounts,
    clock,
    log,
    isTrunk: (address, port) => trunks.isTrunk(address, port),
    ...(store && { store }),
    ...options.registrar,
  });
  const telephony = new DrachtioTelephony({
    link,
    clock,
    log,
    trunks,
    phoneOf: (extension) => phones.phoneOf(extension),
    ...options.patience,
  });
  await phones.load();
  for (const extension of options.openExtensions ?? []) await phones.open(extension);
  link.connect();
  return {
    telephony,
    phones,
    trunks,
    close() {
      telephony.close();
      phones.stop();
      link.close();
    },
  };
}
