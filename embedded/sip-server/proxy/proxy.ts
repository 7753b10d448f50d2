import type { AppCommand } from '../agent/app-link.ts';
import type { Exchange } from '../agent/exchange.ts';
import { cancelFor } from '../agent/cancel.ts';
import type { InboundRequests } from '../agent/inbound-requests.ts';
import { newTag } from '../ids.ts';
import { parseAddress } from '../sip/header-values.ts';
import type { SipMessage } from '../sip/message.ts';
import { responseTo } from '../sip/respond.ts';
import { parseUri } from '../sip/uri.ts';
import { NOBODY, type ClientTransaction } from '../transaction/client-transaction.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import { Unreachable } from '../transport/transports.ts';
import {
  asWrittenByCaller,
  forwardedRequest,
  isRoutedBy,
  returnedResponse,
  routesBeyond,
} from './forward.ts';
import { ProxiedCall } from './proxied-call.ts';

const LONGEST_CALL_MS = 24 * 60 * 60_000;
const MOST_CALLS = 50_000;

/**
 * The stateful proxy of RFC 3261 section 16, for requests that an application hands to it. Later requests are sent on only
 * inside calls that began so: nobody can use this server as a way to elsewhere without an application's word.
 */
export class Proxy {
  readonly #exchange: Exchange;
  readonly #inbound: InboundRequests;
  readonly #calls = new Map<ServerTransaction, ProxiedCall>();
  readonly #relayed = new Map<ServerTransaction, ClientTransaction>();
  /** Calls whose path we are to stay on, by Call-ID, with the time they are forgotten. */
  readonly #staying = new Map<string, number>();

  constructor(exchange: Exchange, inbound: InboundRequests) {
    this.#exchange = exchange;
    this.#inbound = inbound;
  }

  /** A `proxy` frame; the fields after the transaction id are the plan and the targets. */
  fromApp(command: AppCommand, fields: readonly string[]): void {
    const [remain, , follow, order, provisional, final, ...targets] = fields;
    const incoming = this.#inbound.waiting(command.txnId);
    if (!incoming || incoming.dialog) {
      command.answer.refused('proxy of unknown transaction');
      return;
    }
    const known = targets.filter((target) => parseUri(target) !== undefined);
    if (known.length === 0) {
      command.answer.refused('no valid destination');
      return;
    }
    this.#inbound.finished(incoming);
    const { transaction, request } = incoming;
    const required = request.all('proxy-require');
    if (required.length > 0) {
      // RFC 3261 section 16.3, step 5: we know no extension that a proxy has to know.
      const refusal = responseTo(request, 420, newTag()).add('Unsupported', required.join(', '));
      transaction.respond(420, refusal.add('Content-Length', '0').toString());
      command.answer.refused('the request asks proxies for an extension');
      return;
    }
    const plan = {
      recordRoute: remain === 'remainInDialog',
      followRedirects: follow === 'followRedirects',
      simultaneous: order === 'simultaneous',
      provisionalMs: duration(provisional),
      finalMs: duration(final),
    };
    const call = new ProxiedCall(this.#exchange, transaction, command, plan, known, (accepted) => {
      this.#calls.delete(transaction);
      if (request.method !== 'INVITE') return;
      if (accepted && plan.recordRoute) this.#stay(request.callId);
      const { apps } = this.#exchange;
      if (accepted) apps.cdr('start', 'network', request, 'proxy-uas');
      else apps.cdr('stop', 'network', request, 'call-rejected');
    });
    this.#calls.set(transaction, call);
    call.start();
  }

  /** Passes a CANCEL on; false when the INVITE is not a proxied one. */
  cancel(invite: ServerTransaction): boolean {
    const relayed = this.#relayed.get(invite);
    const call = this.#calls.get(invite);
    call?.cancel();
    if (relayed) {
      this.#exchange.transactions.request(cancelFor(relayed.request), relayed.flow, NOBODY)?.start();
    }
    return call !== undefined || relayed !== undefined;
  }

  /** Sends a request on inside a call whose path we are on; false when it is not of such a call. */
  relay(upstream: ServerTransaction): boolean {
    const request = asWrittenByCaller(upstream.request, upstream.flow.local);
    if (!this.#isInside(request, upstream.flow.local)) return false;
    const refuse = (status: number): void => {
      const response = responseTo(request, status, newTag()).add('Content-Length', '0');
      upstream.respond(status, response.toString());
    };
    if (upstream.isInvite) {
      upstream.respond(100, responseTo(request, 100, '').add('Content-Length', '0').toString());
    }
    this.#exchange.transports.reach(nextHop(request, upstream.flow.local), (way) => {
      if (!way || way instanceof Unreachable) {
        refuse(503);
        return;
      }
      const sent = forwardedRequest(request, request.uri, way, { recordRoute: false });
      const transaction = this.#exchange.transactions.request(sent, way, {
        onResponse: (response) => {
          if (response.status === 100) return;
          upstream.respond(response.status, returnedResponse(response).toString());
          if (response.status >= 200) this.#relayed.delete(upstream);
        },
        onFailure: (status) => {
          this.#relayed.delete(upstream);
          refuse(status);
        },
      });
      if (!transaction) {
        refuse(503);
        return;
      }
      this.#relayed.set(upstream, transaction);
      transaction.start();
    });
    if (request.method === 'BYE') {
      this.#staying.delete(request.callId);
      this.#exchange.apps.cdr('stop', 'network', request, 'normal-release');
    }
    return true;
  }

  /** Sends an ACK on, which has no transaction; false when it is not of a call whose path we are on. */
  relayAck(received: SipMessage, us: { address: string; port: number }): boolean {
    const ack = asWrittenByCaller(received, us);
    if (!this.#isInside(ack, us)) return false;
    this.#exchange.transports.reach(nextHop(ack, us), (way) => {
      if (!way || way instanceof Unreachable) return;
      way.send(forwardedRequest(ack, ack.uri, way, { recordRoute: false }).toString());
    });
    return true;
  }

  #isInside(request: SipMessage, us: { address: string; port: number }): boolean {
    const until = this.#staying.get(request.callId);
    return until !== undefined && until > Date.now() && isRoutedBy(request, us);
  }

  #stay(callId: string): void {
    const oldest = this.#staying.keys().next().value;
    if (this.#staying.size >= MOST_CALLS && oldest !== undefined) this.#staying.delete(oldest);
    this.#staying.set(callId, Date.now() + LONGEST_CALL_MS);
  }
}

function nextHop(request: SipMessage, us: { address: string; port: number }): string {
  const next = routesBeyond(request, us)[0];
  return next === undefined ? request.uri : parseAddress(next).uri;
}

/** `2s` or `1500ms` in milliseconds; 0 for none. */
function duration(text = ''): number {
  const [, amount, unit] = /^(\d{1,7})(ms|s)?$/.exec(text) ?? [];
  return amount === undefined ? 0 : Number(amount) * (unit === 'ms' ? 1 : 1000);
}
