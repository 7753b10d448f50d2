import type { SipMessage } from '../sip/message.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { TransactionUser } from '../transaction/transaction-table.ts';
import type { Flow } from '../transport/flow.ts';
import { Acknowledgements } from './acknowledgements.ts';
import type { AppCommand, AppLink } from './app-link.ts';
import { AppResponses } from './app-responses.ts';
import type { Exchange } from './exchange.ts';
import { InboundRequests } from './inbound-requests.ts';
import { OutboundRequests } from './outbound-requests.ts';
import { Proxy } from '../proxy/proxy.ts';

/** The user agent between the network and the applications: both directions of requests and responses. */
export class UserAgent implements TransactionUser {
  readonly #inbound: InboundRequests;
  readonly #outbound: OutboundRequests;
  readonly #responses: AppResponses;
  readonly #proxy: Proxy;

  constructor(exchange: Exchange) {
    this.#inbound = new InboundRequests(exchange);
    this.#outbound = new OutboundRequests(exchange, new Acknowledgements(exchange));
    this.#responses = new AppResponses(exchange, this.#inbound);
    this.#proxy = new Proxy(exchange, this.#inbound);
  }

  /** Requests that wait for an application, and requests of applications that wait for the network. */
  get pending(): { inbound: number; outbound: number } {
    return { inbound: this.#inbound.size, outbound: this.#outbound.size };
  }

  onRequest(transaction: ServerTransaction): void {
    if (transaction.request.toTag === '' || !this.#proxy.relay(transaction)) {
      this.#inbound.onRequest(transaction);
    }
  }

  onAck(ack: SipMessage, flow: Flow): void {
    if (!this.#proxy.relayAck(ack, flow.local)) this.#inbound.onAck(ack, flow);
  }

  onCancel(cancel: ServerTransaction, invite: ServerTransaction | undefined): void {
    const proxied = invite !== undefined && this.#proxy.cancel(invite);
    this.#inbound.onCancel(cancel, invite, proxied);
  }

  /** A `sip` frame: a response, or a request. */
  fromApp(command: AppCommand): void {
    if (/^SIP\//i.test(command.text)) this.#responses.fromApp(command);
    else this.#outbound.fromApp(command);
  }

  /** A `proxy` frame. */
  proxy(command: AppCommand, fields: readonly string[]): void {
    this.#proxy.fromApp(command, fields);
  }

  linkClosed(link: AppLink): void {
    this.#inbound.linkClosed(link);
    this.#outbound.linkClosed(link);
  }
}
