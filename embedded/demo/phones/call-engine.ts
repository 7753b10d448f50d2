import { EventEmitter } from 'node:events';
import type { Call } from './call.ts';
import type { CallContext } from './call-facts.ts';
import { freshToken } from './dialog.ts';
import type { DigestClient } from './digest.ts';
import { IncomingCall } from './incoming-call.ts';
import { OutgoingCall } from './outgoing-call.ts';
import type { DialOptions } from './outgoing-call.ts';
import { RtpAudio } from './rtp-audio.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { SipHeaders, tagOf } from './sip-message.ts';
import type { SipRequest, SipResponse } from './sip-message.ts';
import { SipSocket } from './sip-socket.ts';
import type { Loss } from './sip-socket.ts';
import { addressOf } from './sip-uri.ts';
import type { Address } from './sip-uri.ts';
import { Timers } from './timers.ts';
import { Transactions } from './transactions.ts';

const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE';

/** Where an engine listens and how it behaves on the wire. */
export interface EngineOptions {
  /** An IPv4 address of this machine. */
  host?: string;
  port?: number;
  /** The user part of our Contact. */
  user: string;
  userAgent?: string;
  /** The first retransmission interval, from which RFC 3261 derives all others. */
  t1Ms?: number;
  loses?: Loss;
  /** Refuses an INVITE with that status because of who sends it. */
  refuses?: (source: Address) => number | undefined;
}

/** A request outside any call. */
export interface LooseRequest {
  method: string;
  uri: string;
  from: string;
  to: string;
  callId?: string;
  sequence?: number;
  headers?: Iterable<[string, string]>;
  proxy?: Address | undefined;
  digest?: DigestClient | undefined;
}

/** How many requests have come in, each counted once however often it was repeated; ACKs count each time. */
export interface RequestCounters {
  invites: number;
  reinvites: number;
  acks: number;
  byes: number;
  cancels: number;
  others: number;
}

/** Makes and takes calls on one UDP port: what a telephone and the whole telephone network have in common. */
export class CallEngine extends EventEmitter<{ call: [IncomingCall] }> {
  readonly counters: RequestCounters = { invites: 0, reinvites: 0, acks: 0, byes: 0, cancels: 0, others: 0 };
  readonly timers = new Timers();
  readonly #socket: SipSocket;
  readonly #options: EngineOptions;
  readonly #transactions: Transactions;
  readonly #calls = new Map<string, Call>();
  readonly #incoming = new Map<ServerTransaction, IncomingCall>();
  #isClosed = false;

  static async open(options: EngineOptions): Promise<CallEngine> {
    const { host = '127.0.0.1', port = 0, loses } = options;
    return new CallEngine(await SipSocket.open({ host, port, loses }), options);
  }

  private constructor(socket: SipSocket, options: EngineOptions) {
    super();
    this.#socket = socket;
    this.#options = options;
    this.#transactions = new Transactions(
      socket,
      this.timers,
      options.t1Ms ?? 500,
      (request, transaction) => {
        this.#receive(request, transaction);
      },
    );
  }

  get address(): Address {
    return this.#socket.address;
  }

  /** Our own address as a URI, for that user or our own. */
  uri(user = this.#options.user): string {
    const { host, port } = this.#socket.address;
    return `sip:${user}@${host}:${port}`;
  }

  /** Starts a call; its events tell how it goes. */
  dial(options: DialOptions): OutgoingCall {
    return new OutgoingCall(this.#context(this.#options.user), options);
  }

  /** Sends a request outside any call and resolves with the final answer; 408 if none comes. */
  request(loose: LooseRequest): Promise<SipResponse> {
    const { method, uri, digest, sequence = 1, callId = `${freshToken()}@${this.address.host}` } = loose;
    const headers = new SipHeaders([['Max-Forwards', '70']]);
    headers.add('From', `<${loose.from}>;tag=${freshToken()}`).add('To', `<${loose.to}>`);
    headers.add('Call-ID', callId).add('CSeq', `${sequence} ${method}`);
    headers.add('User-Agent', this.#userAgent);
    for (const [name, value] of loose.headers ?? []) headers.add(name, value);
    const request = { method, uri, headers, body: '' };
    digest?.authorize(request);
    return new Promise((resolve) => {
      this.#transactions.send(request, loose.proxy ?? addressOf(uri), (response) => {
        if (response.status < 200) return;
        const isChallenge = response.status === 401 || response.status === 407;
        if (isChallenge && digest?.learn(response)) {
          resolve(this.request({ ...loose, callId, sequence: sequence + 1 }));
          return;
        }
        digest?.proven();
        resolve(response);
      });
    });
  }

  /** Drops everything at once, without a word to anybody: sockets, timers, calls. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
    this.timers.close();
    for (const call of [...this.#calls.values()]) call.drop();
    this.#transactions.close();
  }

  get #userAgent(): string {
    return this.#options.userAgent ?? 'Ringback-Phone';
  }

  #context(user: string): CallContext {
    return {
      transactions: this.#transactions,
      timers: this.timers,
      host: this.address.host,
      contact: `<${this.uri(user)}>`,
      headers: [
        ['Allow', ALLOW],
        ['User-Agent', this.#userAgent],
      ],
      openAudio: () => RtpAudio.open(this.address.host),
      remember: (call) => this.#calls.set(call.key, call),
      forget: (call) => this.#calls.delete(call.key),
    };
  }

  #receive(request: SipRequest, transaction: ServerTransaction | undefined): void {
    this.#count(request);
    const callId = request.headers.get('Call-ID') ?? '';
    const toTag = tagOf(request, 'To');
    const call = this.#calls.get(`${callId} ${toTag ?? ''}`);
    if (!transaction) call?.acknowledged(request);
    else if (request.method === 'CANCEL') this.#cancel(request, transaction);
    else if (call) call.receive(request, transaction);
    else if (toTag !== undefined) transaction.respond(481);
    else if (request.method === 'INVITE') this.#invite(request, transaction);
    else this.#answer(request, transaction);
  }

  #answer(request: SipRequest, transaction: ServerTransaction): void {
    const headers: [string, string][] = [
      ['Allow', ALLOW],
      ['Accept', 'application/sdp'],
      ['User-Agent', this.#userAgent],
    ];
    transaction.respond(request.method === 'OPTIONS' ? 200 : 405, { toTag: freshToken(), headers });
  }

  #invite(request: SipRequest, transaction: ServerTransaction): void {
    const refusal = this.#options.refuses?.(transaction.source);
    const required = request.headers.list('Require');
    if (refusal !== undefined) transaction.respond(refusal, { toTag: freshToken() });
    else if (required.length > 0) {
      const headers: [string, string][] = [['Unsupported', required.join(', ')]];
      transaction.respond(420, { toTag: freshToken(), headers });
    } else {
      const call = new IncomingCall(this.#context(this.#options.user), transaction);
      this.#incoming.set(transaction, call);
      call.once('ended', () => this.#incoming.delete(transaction));
      if (!this.emit('call', call)) call.reject(480);
    }
  }

  #cancel(request: SipRequest, transaction: ServerTransaction): void {
    const invite = this.#transactions.inviteOf(request);
    transaction.respond(invite ? 200 : 481, { toTag: freshToken() });
    if (invite) this.#incoming.get(invite)?.cancel(request);
  }

  #count(request: SipRequest): void {
    const isFirst = tagOf(request, 'To') === undefined;
    if (request.method === 'INVITE') this.counters[isFirst ? 'invites' : 'reinvites']++;
    else if (request.method === 'ACK') this.counters.acks++;
    else if (request.method === 'BYE') this.counters.byes++;
    else if (request.method === 'CANCEL') this.counters.cancels++;
    else this.counters.others++;
  }
}
