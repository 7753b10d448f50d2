import { pino, type Logger } from 'pino';
import { DialogTable } from './agent/dialog-table.ts';
import type { Exchange } from './agent/exchange.ts';
import { Registrations } from './agent/registrations.ts';
import { UserAgent } from './agent/user-agent.ts';
import { AppServer } from './control/app-server.ts';
import { Counters } from './counters.ts';
import { STANDARD_TIMING, type Timing } from './timing.ts';
import { TransactionTable } from './transaction/transaction-table.ts';
import { Transports } from './transport/transports.ts';

/** What peers and applications can make the server hold at once. */
export interface Limits {
  /** SIP over TCP, in all and from one address. */
  readonly connections: number;
  readonly connectionsPerSource: number;
  readonly transactions: number;
  readonly dialogs: number;
  /** New SIP requests a second from one address; 0 sets no limit. */
  readonly requestsPerSourceSecond: number;
  /** Words in the User-Agent of programs that look for servers to abuse, in lower case: they get no answer. */
  readonly scanners: readonly string[];
  readonly applications: number;
}

/** Enough for a thousand calls a second, and an end to memory. */
export const STANDARD_LIMITS: Limits = {
  connections: 10_000,
  connectionsPerSource: 1000,
  transactions: 200_000,
  dialogs: 50_000,
  requestsPerSourceSecond: 0,
  scanners: 'friendly-scanner sipvicious sipcli sundayddr vaxsipuseragent sip-scan pplsip'.split(' '),
  applications: 100,
};

/** How to start the server; what is left out is loopback, any free port, and the RFC's timers. */
export interface SipServerOptions {
  readonly sipHost?: string;
  readonly sipPort?: number;
  readonly controlHost?: string;
  readonly controlPort?: number;
  readonly secret: string;
  readonly timing?: Partial<Timing>;
  readonly limits?: Partial<Limits>;
  readonly log?: Logger;
}

/** A running server. */
export interface SipServer {
  readonly sipPort: number;
  readonly controlPort: number;
  /** What is held now, and what was dropped or refused since the start, by reason. */
  stats(): SipServerStats;
  close(): Promise<void>;
}

export interface SipServerStats {
  readonly applications: number;
  readonly transactions: number;
  readonly dialogs: number;
  readonly pending: { readonly inbound: number; readonly outbound: number };
  readonly dropped: Readonly<Record<string, number>>;
}

/** Starts the SIP server and its control port, or rejects with the reason why it cannot. */
export async function startSipServer(options: SipServerOptions): Promise<SipServer> {
  const timing = { ...STANDARD_TIMING, ...options.timing };
  const limits = { ...STANDARD_LIMITS, ...options.limits };
  const log = options.log ?? pino({ level: 'silent' });
  const { sipHost = '127.0.0.1', sipPort = 0, controlHost = '127.0.0.1', controlPort = 0 } = options;
  const counters = new Counters();
  const dialogs = new DialogTable();

  const transports = await Transports.open({ address: sipHost, port: sipPort }, limits, (text, flow) => {
    try {
      transactions.receive(text, flow);
    } catch (error) {
      counters.count('failed'); // one message must not take the others' calls down
      log.error({ err: error }, 'a SIP message could not be handled');
    }
  });
  const transactions: TransactionTable = new TransactionTable(
    timing,
    limits,
    counters,
    (request, flow) => transports.backTo(request, flow),
    {
      onRequest: (transaction) => agent.onRequest(transaction),
      onAck: (ack, flow) => agent.onAck(ack, flow),
      onCancel: (cancel, invite) => agent.onCancel(cancel, invite),
    },
  );
  const apps = new AppServer(
    {
      secret: options.secret,
      maxConnections: limits.applications,
      timing,
      log,
      hostPorts: () => ({ advertised: transports.hostPorts, bound: transports.localHostPorts }),
    },
    {
      fromApp: (command) => agent.fromApp(command),
      proxy: (command, fields) => agent.proxy(command, fields),
      linkClosed: (link) => agent.linkClosed(link),
    },
  );
  const exchange: Exchange = {
    transports,
    transactions,
    dialogs,
    registrations: new Registrations(),
    apps,
    timing,
    counters,
    log,
    maxDialogs: limits.dialogs,
  };
  const agent = new UserAgent(exchange);
  try {
    await apps.listen({ address: controlHost, port: controlPort });
  } catch (error) {
    await transports.close();
    throw error;
  }
  const closeAll = async (): Promise<void> => {
    await apps.close();
    dialogs.close();
    transactions.close();
    await transports.close();
  };
  let closing: Promise<void> | undefined;
  return {
    sipPort: transports.port,
    controlPort: apps.port,
    stats: () => ({
      applications: apps.size,
      transactions: transactions.size,
      dialogs: dialogs.size,
      pending: agent.pending,
      dropped: counters.all,
    }),
    close: () => (closing ??= closeAll()),
  };
}
