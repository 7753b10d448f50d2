import { newId, newTag } from '../ids.ts';
import { parseAddress, splitList } from '../sip/header-values.ts';
import type { SipMessage } from '../sip/message.ts';
import { responseTo } from '../sip/respond.ts';
import { parseUri } from '../sip/uri.ts';
import { after } from '../timing.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { Flow } from '../transport/flow.ts';
import type { AppLink } from './app-link.ts';
import { dialogIdOf, isOffer, type Dialog } from './dialog.ts';
import type { Exchange } from './exchange.ts';
import { METHODS } from './methods.ts';
import { hangUp } from './hang-up.ts';
import type { Incoming } from './incoming.ts';

const CALLABLE = /^(?:sips?|tel):/i;
const SHORTEST_SESSION_S = 90;
const ONLY_INSIDE = new Set(['BYE', 'UPDATE', 'PRACK']);

/** Requests from the network, on their way to the applications. */
export class InboundRequests {
  readonly #exchange: Exchange;
  readonly #waiting = new Map<string, Incoming>();
  readonly #byTransaction = new Map<ServerTransaction, Incoming>();

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** The request that an application answers, while it waits for a final response. */
  waiting(txnId: string): Incoming | undefined {
    return this.#waiting.get(txnId);
  }

  /** A request that is no retransmission, no ACK and no CANCEL. */
  onRequest(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (transaction.isInvite) answer(transaction, 100);
    const wanted = Number.parseInt(request.get('session-expires') ?? '', 10);
    if (wanted < SHORTEST_SESSION_S && (transaction.isInvite || request.method === 'UPDATE')) {
      answer(transaction, 422, ['Min-SE', String(SHORTEST_SESSION_S)]);
      return;
    }
    if (request.toTag === '') this.#outsideDialog(transaction);
    else this.#insideDialog(transaction);
  }

  /** The ACK to a 2xx of ours. */
  onAck(ack: SipMessage, flow: Flow): void {
    const dialog = this.#exchange.dialogs.of(ack);
    const awaited = dialog?.awaitingAck;
    if (!dialog || awaited?.seq !== ack.cseq.seq) {
      this.#exchange.counters.count('stray-ack');
      return;
    }
    dialog.awaitingAck = undefined;
    awaited.repetition.stop();
    dialog.tell('network', ack.toString(), flow, awaited.txnId);
    for (const send of awaited.then) send();
  }

  /** RFC 3261 section 9.2; a CANCEL that crosses our 2xx ends the call as the caller wished. */
  onCancel(cancel: ServerTransaction, invite: ServerTransaction | undefined, proxied: boolean): void {
    if (!invite) {
      answer(cancel, 481);
      return;
    }
    if (proxied) {
      answer(cancel, 200);
      return;
    }
    const incoming = this.#byTransaction.get(invite);
    if (invite.accepted) {
      answer(cancel, 481);
      const dialog = this.#exchange.dialogs.get(dialogIdOf(invite.request));
      if (dialog?.awaitingAck) hangUp(this.#exchange, dialog, 'CANCEL after 200 OK');
      return;
    }
    answer(cancel, 200, undefined, incoming?.toTag);
    if (!incoming) return;
    answer(invite, 487, undefined, incoming.toTag);
    this.finished(incoming);
    this.#refused(incoming);
    incoming.link.deliver({
      source: 'network',
      text: cancel.request.toString(),
      flow: cancel.flow,
      txnId: incoming.txnId,
      dialogId: dialogIdOf(invite.request),
    });
  }

  /** Stops waiting for the application: the final response has gone out, or never will. */
  finished(incoming: Incoming): void {
    clearTimeout(incoming.silence);
    incoming.reliable?.repetition.stop();
    if (incoming.begins && !incoming.dialog) this.#exchange.dialogs.promised--;
    incoming.dialog?.unanswered.delete(incoming.request.method);
    this.#waiting.delete(incoming.txnId);
    this.#byTransaction.delete(incoming.transaction);
  }

  /** Gives the application its time again, because it has said something. */
  heard(incoming: Incoming): void {
    const { ringMs } = this.#exchange.timing;
    clearTimeout(incoming.silence);
    incoming.silence = after(ringMs, () => this.abandon(incoming, 480));
  }

  /** An application has gone: what it has not answered is refused, so that callers can try elsewhere. */
  linkClosed(link: AppLink): void {
    for (const incoming of this.#waiting.values()) if (incoming.link === link) this.abandon(incoming, 503);
  }

  /** Refuses a request that its application can no longer answer. */
  abandon(incoming: Incoming, status: number): void {
    answer(incoming.transaction, status, undefined, incoming.toTag);
    this.finished(incoming);
    this.#refused(incoming);
  }

  #refused(incoming: Incoming): void {
    const { dialogs, apps } = this.#exchange;
    if (incoming.begins && incoming.dialog) dialogs.remove(incoming.dialog);
    if (incoming.begins && incoming.transaction.isInvite) {
      apps.cdr('stop', 'network', incoming.request, 'call-canceled');
    }
  }

  #outsideDialog(transaction: ServerTransaction): void {
    const { request } = transaction;
    const { dialogs, apps, maxDialogs } = this.#exchange;
    const begins = request.method === 'INVITE' || request.method === 'SUBSCRIBE';
    if (ONLY_INSIDE.has(request.method)) {
      answer(transaction, 481);
      return;
    }
    if (transaction.isInvite && !hasContact(request)) {
      answer(transaction, 400);
      return;
    }
    if (!CALLABLE.test(request.uri)) {
      answer(transaction, 416); // RFC 3261 section 8.2.2.1
      return;
    }
    if (begins && dialogs.get(dialogIdOf(request))) {
      answer(transaction, 482);
      return;
    }
    const link =
      begins && dialogs.size + dialogs.promised >= maxDialogs ? undefined : apps.pick(request.method);
    if (transaction.isInvite) apps.cdr('attempt', 'network', request);
    if (!link) {
      answer(transaction, METHODS.has(request.method) ? 503 : 501);
      return;
    }
    this.#handOver(transaction, link, undefined, begins);
  }

  #insideDialog(transaction: ServerTransaction): void {
    const { request, flow } = transaction;
    const { method } = request;
    const dialog = this.#exchange.dialogs.of(request);
    if (!dialog) {
      answer(transaction, 481);
      return;
    }
    if (request.cseq.seq < dialog.remoteSeq) {
      answer(transaction, 500);
      return;
    }
    dialog.remoteSeq = request.cseq.seq;
    if (method === 'BYE') {
      this.#exchange.dialogs.remove(dialog);
      this.#exchange.apps.cdr('stop', 'network', request, 'normal-release');
      this.#endUnanswered(dialog);
    }
    if (!dialog.owner.open) {
      // The application has gone. A BYE is as good as done; the rest may be tried again when it is back.
      if (method === 'BYE') answer(transaction, 200);
      else answer(transaction, 503, ['Retry-After', '5']);
      return;
    }
    if (method === 'PRACK') {
      this.#onPrack(transaction, dialog);
      return;
    }
    // RFC 3261 section 14.2, RFC 3311 section 5.2: of two offers that cross, neither is taken.
    const crosses = isOffer(request) && dialog.offering > 0;
    if (crosses || (method === 'INVITE' && (dialog.unanswered.has('INVITE') || dialog.awaitingAck))) {
      answer(transaction, 491);
      return;
    }
    if (method === 'UPDATE' && dialog.unanswered.has('UPDATE')) {
      answer(transaction, 500, ['Retry-After', '1']);
      return;
    }
    dialog.refresh(request, flow);
    this.#handOver(transaction, dialog.owner, dialog, false);
  }

  #handOver(
    transaction: ServerTransaction,
    link: AppLink,
    dialog: Dialog | undefined,
    begins: boolean,
  ): void {
    const { request, flow } = transaction;
    const incoming: Incoming = {
      txnId: newId(),
      transaction,
      request,
      link,
      dialog,
      begins,
      toTag: request.toTag === '' ? newTag() : '',
      silence: after(this.#exchange.timing.appSilenceMs, () => this.abandon(incoming, 480)),
      reliable: undefined,
      rseq: 0,
    };
    dialog?.unanswered.add(request.method);
    if (begins) this.#exchange.dialogs.promised++;
    this.#waiting.set(incoming.txnId, incoming);
    this.#byTransaction.set(transaction, incoming);
    link.deliver({
      source: 'network',
      text: request.toString(),
      flow,
      txnId: incoming.txnId,
      dialogId: dialog?.id ?? '',
      isNew: dialog === undefined,
    });
  }

  /**
   * RFC 3262 section 3: the PRACK that names our RSeq stops its repetition. We answer it ourselves; the application
   * only hears of it.
   */
  #onPrack(transaction: ServerTransaction, dialog: Dialog): void {
    const { request, flow } = transaction;
    const [rseq] = (request.get('rack') ?? '').split(/\s+/);
    for (const incoming of this.#waiting.values()) {
      if (incoming.dialog !== dialog || incoming.reliable?.rseq !== Number(rseq)) continue;
      incoming.reliable.repetition.stop();
      incoming.reliable = undefined;
      answer(transaction, 200);
      dialog.tell('network', request.toString(), flow, newId());
      return;
    }
    answer(transaction, 481);
  }

  /** A caller may say BYE before we have answered (RFC 3261 section 15.1.2): its INVITE is over too. */
  #endUnanswered(dialog: Dialog): void {
    for (const incoming of this.#waiting.values()) {
      if (incoming.dialog === dialog && incoming.transaction.isInvite) this.abandon(incoming, 487);
    }
  }
}

function hasContact(request: SipMessage): boolean {
  const [contact] = splitList(request.get('contact') ?? '');
  return parseUri(parseAddress(contact ?? '').uri) !== undefined;
}

/** Answers a request ourselves. */
function answer(
  transaction: ServerTransaction,
  status: number,
  header?: readonly [string, string],
  toTag = newTag(),
): void {
  const response = responseTo(transaction.request, status, status === 100 ? '' : toTag);
  if (header) response.add(header[0], header[1]);
  transaction.respond(status, response.add('Content-Length', '0').toString());
}
