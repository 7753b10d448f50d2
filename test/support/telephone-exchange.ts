import { once } from 'node:events';
import { pino } from 'pino';
import type { Logger } from 'pino';
import type {
  OpenTelephony,
  OpenTelephonyOptions,
} from '../../contact-server/adapters/drachtio/open-telephony.ts';
import { openTelephony } from '../../contact-server/adapters/drachtio/open-telephony.ts';
import type { PhoneAccount } from '../../contact-server/ports/phones.ts';
import type { AgentId } from '../../contracts/ids.ts';
import { SoftPhone } from '../../embedded/demo/phones/soft-phone.ts';
import type { SoftPhoneOptions } from '../../embedded/demo/phones/soft-phone.ts';
import { tone } from '../../embedded/demo/phones/voice.ts';
import { startTelephoneNetwork } from '../../embedded/demo/telephone-network.ts';
import type { TelephoneNetwork, TelephoneNetworkOptions } from '../../embedded/demo/telephone-network.ts';
import { startSipServer } from '../../embedded/sip-server/server.ts';
import type { SipServer, SipServerOptions } from '../../embedded/sip-server/server.ts';
import { systemClock } from '../../server-kit/clock.ts';
import type { AgentLegPlan, CustomerLegPlan } from '../../contact-server/ports/telephony.ts';

export const AGENT_HZ = 440;
export const CUSTOMER_HZ = 880;
export const CALLER_ID = '+442079460000';
export const EXTENSION = '1001';
export const TRUNK = 'fiction';
const SECRET = 'a secret between the two';
const PASSWORD = 'correct-horse-battery';

export interface ExchangeOptions {
  readonly telephony?: Partial<OpenTelephonyOptions>;
  readonly network?: TelephoneNetworkOptions;
  readonly server?: Partial<SipServerOptions>;
  readonly log?: Logger;
}

/** Everything a call needs, over real sockets on this machine: SIP server, our telephony, phones and a telephone network. */
export class TelephoneExchange {
  readonly accounts = new Map<string, PhoneAccount>();
  readonly network: TelephoneNetwork;
  readonly log: Logger;
  server: SipServer;
  open: OpenTelephony;
  readonly #options: ExchangeOptions;
  readonly #phones: SoftPhone[] = [];
  readonly #opened: OpenTelephony[] = [];

  static async start(options: ExchangeOptions = {}): Promise<TelephoneExchange> {
    const network = await startTelephoneNetwork({ ringMs: 20, ...options.network });
    const log = options.log ?? pino({ level: process.env['TELEPHONY_LOG'] ?? 'silent' });
    const server = await startSipServer({ secret: SECRET, ...options.server });
    const exchange = new TelephoneExchange(options, network, server, log);
    exchange.hire(EXTENSION);
    exchange.open = await exchange.openTelephony();
    return exchange;
  }

  private constructor(options: ExchangeOptions, network: TelephoneNetwork, server: SipServer, log: Logger) {
    this.#options = options;
    this.network = network;
    this.server = server;
    this.log = log;
    this.open = undefined as unknown as OpenTelephony; // set by start, before anybody can ask
  }

  get telephony(): OpenTelephony['telephony'] {
    return this.open.telephony;
  }

  get phones(): OpenTelephony['phones'] {
    return this.open.phones;
  }

  /** Of the control connection. */
  get secret(): string {
    return SECRET;
  }

  /** Of every phone that was not given another. */
  get password(): string {
    return PASSWORD;
  }

  /** Gives an extension to somebody, with a password for its phone. */
  hire(extension: string, password = PASSWORD): void {
    this.accounts.set(extension, { agentId: `agent-${extension}` as AgentId, extension, password });
  }

  /** Another telephony on the same server, as after a restart of the process; resolves when it is connected. */
  async openTelephony(more: Partial<OpenTelephonyOptions> = {}): Promise<OpenTelephony> {
    const opened = await openTelephony({
      server: { host: '127.0.0.1', port: this.server.controlPort, secret: SECRET, retryMaxDelayMs: 100 },
      trunks: [
        {
          id: TRUNK,
          address: `127.0.0.1:${this.network.address.port}`,
          allowedPrefixes: ['+44'],
          callerIds: [CALLER_ID],
          maxConcurrent: 100,
          maxPerHour: 10_000,
        },
      ],
      accounts: { byExtension: async (extension) => this.accounts.get(extension) },
      clock: systemClock,
      log: this.log,
      ...this.#options.telephony,
      ...more,
    });
    this.#opened.push(opened);
    await statusIs(opened, true);
    for (const extension of this.accounts.keys()) await opened.phones.open(extension);
    return opened;
  }

  /** A phone on somebody's desk, not registered yet. */
  async phone(more: Partial<SoftPhoneOptions> = {}): Promise<SoftPhone> {
    const phone = await SoftPhone.open({
      user: EXTENSION,
      voice: tone(AGENT_HZ),
      registrar: { host: '127.0.0.1', port: this.server.sipPort },
      password: PASSWORD,
      ...more,
    });
    this.#phones.push(phone);
    return phone;
  }

  async registeredPhone(more: Partial<SoftPhoneOptions> = {}): Promise<SoftPhone> {
    const phone = await this.phone(more);
    await phone.register();
    return phone;
  }

  agentPlan(more: Partial<AgentLegPlan> = {}): AgentLegPlan {
    return { agentId: 'ana' as AgentId, extension: EXTENSION, display: 'Callback', ringMs: 20_000, ...more };
  }

  customerPlan(number: string, more: Partial<CustomerLegPlan> = {}): CustomerLegPlan {
    return { number, trunkId: TRUNK, callerId: CALLER_ID, ringMs: 20_000, maxTalkMs: 60_000, ...more };
  }

  /** The SIP server dies, and one that knows nothing takes its place, at the same ports. */
  async replaceServer(): Promise<void> {
    const { sipPort, controlPort } = this.server;
    await this.server.close();
    this.server = await startSipServer({ secret: SECRET, ...this.#options.server, sipPort, controlPort });
  }

  async close(): Promise<void> {
    await Promise.all(this.#phones.map((phone) => phone.close()));
    await this.network.close();
    for (const opened of this.#opened) opened.close();
    await this.server.close();
  }
}

/** Resolves when the telephony says that the SIP server is there, or gone. */
export function statusIs({ telephony }: OpenTelephony, up: boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (telephony.status().up !== up) return;
      stop();
      resolve();
    };
    const stop = telephony.onStatus(look);
    look();
  });
}

/** Resolves when the phone has no call left. */
export async function isQuiet(
  phone: { readonly calls: readonly object[] } & NodeJS.EventEmitter,
): Promise<void> {
  while (phone.calls.length > 0) await once(phone, 'ended');
}
