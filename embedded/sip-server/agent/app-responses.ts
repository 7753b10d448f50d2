import { splitList, tagOf } from '../sip/header-values.ts';
import type { SipMessage } from '../sip/message.ts';
import { responseTo } from '../sip/respond.ts';
import type { Flow } from '../transport/flow.ts';
import type { AppCommand } from './app-link.ts';
import { appHeader, contentTypeOf, readAppText, type AppText } from './app-text.ts';
import { completeResponse } from './compose.ts';
import { Dialog } from './dialog.ts';
import type { Exchange } from './exchange.ts';
import { hangUp } from './hang-up.ts';
import type { InboundRequests } from './inbound-requests.ts';
import type { Incoming } from './incoming.ts';
import { endsSubscription } from './outbound-requests.ts';
import { Repetition } from './repetition.ts';

/** Responses of the applications, on their way to the network. */
export class AppResponses {
  readonly #exchange: Exchange;
  readonly #inbound: InboundRequests;

  constructor(exchange: Exchange, inbound: InboundRequests) {
    this.#exchange = exchange;
    this.#inbound = inbound;
  }

  fromApp(command: AppCommand): void {
    const { answer } = command;
    const app = readAppText(command.text);
    const [, code = '', reason = ''] = /^SIP\/2\.0 +([1-6]\d\d)(?: +(.*))?$/i.exec(app.start) ?? [];
    const incoming = this.#inbound.waiting(command.txnId);
    if (!incoming || code === '') {
      answer.refused('Response not sent due to unknown transaction');
      return;
    }
    if (app.body !== '' && contentTypeOf(app) === undefined) {
      answer.refused('missing content-type');
      return;
    }
    const status = Number(code);
    const reliable = status > 100 && status < 200 && /\b100rel\b/i.test(appHeader(app, 'require') ?? '');
    if (reliable && !supports100rel(incoming.request)) {
      answer.refused('Remote endpoint does not support 100rel');
      return;
    }
    this.#takeTag(incoming, app, status);
    const base = responseTo(incoming.request, status, status === 100 ? '' : incoming.toTag, reason, app.body);
    if (reliable) base.add('RSeq', String(++incoming.rseq));
    const { flow } = incoming.transaction;
    const response = completeResponse(base, incoming.request, app, flow);
    const text = response.toString();
    const { dialog } = incoming;
    if (status < 200) this.#inbound.heard(incoming);
    else this.#inbound.finished(incoming);
    const dialogId = dialog && !dialog.ended ? dialog.id : '';
    answer.responseSent(
      text,
      this.#exchange.transports.backTo(incoming.request, flow),
      incoming.txnId,
      dialogId,
    );
    incoming.transaction.respond(status, text);
    if (reliable) this.#repeatProvisional(incoming, text);
    if (status >= 200) this.#concluded(incoming, response, flow);
  }

  /** The first answer with a tag begins the dialog; the application may choose the tag. */
  #takeTag(incoming: Incoming, app: AppText, status: number): void {
    if (incoming.dialog || incoming.request.toTag !== '' || status === 100) return;
    const chosen = tagOf(appHeader(app, 'to') ?? '');
    if (/^[\w.!%*+`'~-]{1,128}$/.test(chosen)) incoming.toTag = chosen;
    if (!incoming.begins) return;
    const { request, transaction, link, toTag } = incoming;
    incoming.dialog = new Dialog(request, 'uas', link, toTag).fromRequest(request, transaction.flow);
    this.#exchange.dialogs.add(incoming.dialog);
    this.#exchange.dialogs.promised--;
  }

  /** RFC 3262 section 3: repeated until PRACK; a caller that never sends one is refused. */
  #repeatProvisional(incoming: Incoming, text: string): void {
    const { transports, timing } = this.#exchange;
    const { request, transaction, rseq } = incoming;
    incoming.reliable?.repetition.stop();
    const send = (): void => transports.backTo(request, transaction.flow).send(text);
    const repetition = new Repetition(send, timing, Number.POSITIVE_INFINITY, () => {
      incoming.reliable = undefined;
      this.#inbound.abandon(incoming, 504);
    });
    incoming.reliable = { rseq, repetition };
  }

  #concluded(incoming: Incoming, response: SipMessage, flow: Flow): void {
    const { dialog, request, begins } = incoming;
    const { dialogs, registrations, apps } = this.#exchange;
    const success = response.status < 300;
    if (begins && request.method === 'INVITE') {
      if (success) apps.cdr('start', 'application', response, 'uas');
      else apps.cdr('stop', 'application', response, 'call-rejected');
    }
    if (success && (request.method === 'REGISTER' || request.method === 'SUBSCRIBE')) {
      registrations.keep(request, response, flow);
    }
    if (!dialog) return;
    if (begins) dialog.confirmed = success;
    if (begins && !success) {
      dialogs.remove(dialog);
      return;
    }
    if (success && request.method === 'INVITE') this.#repeatAnswer(incoming, dialog, response.toString());
    if (request.method === 'NOTIFY' && dialog.kind === 'SUBSCRIBE' && endsSubscription(request)) {
      dialogs.remove(dialog);
    }
  }

  /** RFC 3261 section 13.3.1.4: the 2xx is repeated until its ACK; without one, the call is ended. */
  #repeatAnswer(incoming: Incoming, dialog: Dialog, text: string): void {
    const { transports, timing } = this.#exchange;
    const { request, transaction, txnId } = incoming;
    const send = (): void => transports.backTo(request, transaction.flow).send(text);
    const repetition = new Repetition(send, timing, timing.t2, () => {
      dialog.awaitingAck = undefined;
      hangUp(this.#exchange, dialog, 'ACK timeout');
    });
    dialog.awaitingAck = { seq: request.cseq.seq, txnId, repetition, then: [] };
  }
}

function supports100rel(invite: SipMessage): boolean {
  const named = [...invite.all('supported'), ...invite.all('require')].flatMap(splitList);
  return named.some((option) => option.toLowerCase() === '100rel');
}
