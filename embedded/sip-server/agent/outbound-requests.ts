import { newId, newTag } from '../ids.ts';
import type { SipMessage } from '../sip/message.ts';
import { own } from '../sip/own.ts';
import { responseTo } from '../sip/respond.ts';
import { after, lingerMs } from '../timing.ts';
import { NOBODY } from '../transaction/client-transaction.ts';
import type { Flow } from '../transport/flow.ts';
import { Unreachable } from '../transport/transports.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { AppCommand, AppLink } from './app-link.ts';
import { appHeader, contentTypeOf, readAppText, type AppText } from './app-text.ts';
import { cancelFor } from './cancel.ts';
import { completeRequest, newRequest } from './compose.ts';
import { Dialog, isOffer } from './dialog.ts';
import type { Exchange } from './exchange.ts';
import { METHODS } from './methods.ts';
import type { Outgoing } from './outgoing.ts';

const BREATH_MS = 10;

/** Requests of the applications, on their way out and back. */
export class OutboundRequests {
  readonly #exchange: Exchange;
  readonly #outgoing = new Map<string, Outgoing>();
  readonly #acks: Acknowledgements;

  constructor(exchange: Exchange, acks: Acknowledgements) {
    this.#exchange = exchange;
    this.#acks = acks;
  }

  get size(): number {
    return this.#outgoing.size;
  }

  /** A request of an application: inside a dialog, a CANCEL, or a new one, in this order of decision. */
  fromApp(command: AppCommand): void {
    const app = readAppText(command.text);
    const [, method = '', uri = ''] = /^(\S+) +(\S+) +SIP\/2\.0$/i.exec(app.start) ?? [];
    if (!METHODS.has(method)) {
      command.answer.refused(`invalid request-uri: ${app.start}`);
      return;
    }
    if (app.body !== '' && contentTypeOf(app) === undefined) {
      command.answer.refused('missing content-type');
      return;
    }
    if (command.dialogId !== '') {
      this.#insideDialog(command, app, method, uri);
      return;
    }
    if (command.txnId !== '') {
      this.#cancel(command, app, method);
      return;
    }
    const known = this.#exchange.dialogs.withCallId(appHeader(app, 'call-id') ?? '');
    if (known?.confirmed) {
      this.#insideDialog({ ...command, dialogId: known.id }, app, method, uri);
      return;
    }
    this.#outsideDialog(command, app, method, own(uri));
  }

  /** Ends the calls that still ring for an application that has gone, and those it was told are lifted and has not acknowledged. */
  linkClosed(link: AppLink): void {
    for (const dialog of this.#exchange.dialogs.ownedBy(link)) {
      if (dialog.accepted?.ack === '') this.#acks.forNobody(dialog);
    }
    for (const outgoing of this.#outgoing.values()) {
      if (outgoing.link !== link || outgoing.request.method !== 'INVITE' || outgoing.cancel) continue;
      this.#cancelWith(outgoing, cancelFor(outgoing.request));
    }
  }

  #insideDialog(command: AppCommand, app: AppText, method: string, uri: string): void {
    const { answer, link } = command;
    const { transports } = this.#exchange;
    const dialog = this.#exchange.dialogs.get(command.dialogId);
    if (method === 'ACK') {
      this.#acks.fromApp(command, dialog, app);
      return;
    }
    if (!dialog) {
      answer.refused('unable to find dialog for dialog id provided');
      return;
    }
    if (!dialog.owner.open) dialog.owner = link;
    const seq = dialog.nextSeq(Number.parseInt(appHeader(app, 'cseq') ?? '', 10) || 0);
    const target = uri.includes('placeholder') || method === 'PRACK' ? undefined : uri;
    const base = dialog.request(method, seq, target, app.body);
    transports.reach(dialog.wayOut, (way) => {
      if (way instanceof Unreachable) {
        answer.refused(way.message);
        return;
      }
      const request = completeRequest(base, app, way ?? transports.home);
      const send = this.#prepare(command, request, way, dialog, false);
      if (isOffer(request)) dialog.offering++;
      // A callee must not hang up before its 2xx is acknowledged (RFC 3261 section 15).
      if (method === 'BYE' && dialog.awaitingAck) dialog.awaitingAck.then.push(send);
      else send();
    });
  }

  #outsideDialog(command: AppCommand, app: AppText, method: string, uri: string): void {
    const { answer } = command;
    const { transports, dialogs, maxDialogs, apps } = this.#exchange;
    if (method === 'ACK' || method === 'PRACK' || method === 'BYE') {
      answer.refused('unable to find dialog for dialog id provided');
      return;
    }
    const registered = command.routeUri === '' ? this.#exchange.registrations.flowFor(uri) : undefined;
    const next = command.routeUri === '' ? uri : routeTarget(command.routeUri);
    transports.reach(registered ?? next, (way) => {
      if (way instanceof Unreachable) {
        answer.refused(way.message);
        return;
      }
      const known = way ?? transports.home;
      const request = completeRequest(newRequest(method, uri, app, known), app, known);
      let dialog: Dialog | undefined;
      if (method === 'INVITE' || method === 'SUBSCRIBE') {
        if (dialogs.size + dialogs.promised >= maxDialogs) {
          answer.refused('too many dialogs');
          return;
        }
        dialog = new Dialog(request, 'uac', command.link, request.fromTag);
        dialogs.add(dialog);
      }
      if (method === 'INVITE') apps.cdr('attempt', 'application', request);
      this.#prepare(command, request, way, dialog, true)();
    });
  }

  /** Tells the application what goes out under which id, and gives the means to send it. */
  #prepare(
    command: AppCommand,
    request: SipMessage,
    way: Flow | undefined,
    dialog: Dialog | undefined,
    begins: boolean,
  ): () => void {
    const outgoing: Outgoing = {
      txnId: newId(),
      request,
      link: command.link,
      dialog,
      begins: begins && dialog !== undefined,
      transaction: undefined,
      cancel: undefined,
      provisional: false,
      ringing: undefined,
      done: false,
    };
    this.#outgoing.set(outgoing.txnId, outgoing);
    if (!way) {
      command.answer.requestSent(request.toString(), undefined, outgoing.txnId);
      return () => this.#madeUp(outgoing, 503);
    }
    const transaction = this.#exchange.transactions.request(request, way, {
      onResponse: (response, flow) => this.#onResponse(outgoing, response, flow),
      onFailure: (status) => this.#madeUp(outgoing, status),
    });
    outgoing.transaction = transaction;
    command.answer.requestSent(request.toString(), way, outgoing.txnId);
    return () => (transaction ? transaction.start() : this.#madeUp(outgoing, 503));
  }

  #onResponse(outgoing: Outgoing, response: SipMessage, flow: Flow | undefined): void {
    const { dialog, request } = outgoing;
    const { status } = response;
    if (outgoing.done) return;
    if (status < 200) {
      this.#sendHeldCancel(outgoing);
      this.#rings(outgoing);
      if (status === 100) return;
      if (outgoing.begins && dialog && response.toTag !== '') dialog.fromResponse(response, flow);
    } else this.#finish(outgoing, response, flow);
    outgoing.link.deliver({
      source: 'network',
      text: response.toString(),
      flow,
      txnId: outgoing.txnId,
      dialogId: dialog?.id ?? '',
    });
    if (dialog?.accepted?.invite === request && !outgoing.link.open) this.#acks.forNobody(dialog);
  }

  /** A phone that rings and never says more, for an application that never hangs up, is let go in the end. */
  #rings(outgoing: Outgoing): void {
    const { request } = outgoing;
    if (request.method !== 'INVITE') return;
    clearTimeout(outgoing.ringing);
    const letGo = (): void => this.#cancelWith(outgoing, cancelFor(request));
    outgoing.ringing = after(this.#exchange.timing.ringMs, letGo);
  }

  #finish(outgoing: Outgoing, response: SipMessage, flow: Flow | undefined): void {
    const { dialog, request, begins } = outgoing;
    const { status } = response;
    const { dialogs, apps } = this.#exchange;
    outgoing.done = true;
    clearTimeout(outgoing.cancel?.giveUp);
    clearTimeout(outgoing.ringing);
    this.#outgoing.delete(outgoing.txnId);
    const success = status < 300;
    if (request.method === 'INVITE' && begins) {
      if (success) apps.cdr('start', 'network', response, 'uac');
      else apps.cdr('stop', 'network', response, status === 487 ? 'call-canceled' : 'call-rejected');
    }
    if (!dialog) return;
    if (!begins && isOffer(request)) dialog.offering--;
    if (begins && success) {
      dialog.confirmed = true;
      dialog.fromResponse(response, flow);
      if (!response.get('contact') && request.method === 'INVITE')
        dialog.endAfterAck = 'Contact missing in 200 OK';
    } else if (begins) dialogs.remove(dialog);
    else if (success && flow) dialog.refresh(response, flow);
    if (request.method === 'INVITE') {
      if (success)
        outgoing.transaction?.handTo(this.#acks.expect(dialog, request, outgoing.cancel !== undefined));
      else this.#acks.refused(dialog);
    }
    const challenged = status === 401 || status === 407;
    if (request.method === 'BYE' && !challenged) {
      dialogs.remove(dialog);
      apps.cdr('stop', 'application', request, 'normal-release');
    }
    if (request.method === 'NOTIFY' && dialog.kind === 'SUBSCRIBE' && endsSubscription(request)) {
      dialogs.remove(dialog);
    }
  }

  /**
   * A response that no peer sent: time ran out, or there was no way. It waits a moment, because an application that
   * reads it together with the echo of its request has had no chance to listen for it yet.
   */
  #madeUp(outgoing: Outgoing, status: 408 | 503): void {
    after(BREATH_MS, () => {
      if (outgoing.done) return;
      const response = responseTo(outgoing.request, status, newTag()).add('Content-Length', '0');
      this.#onResponse(outgoing, response, undefined);
    });
  }

  #cancel(command: AppCommand, app: AppText, method: string): void {
    const outgoing = this.#outgoing.get(command.txnId);
    if (method !== 'CANCEL' || outgoing?.request.method !== 'INVITE') {
      command.answer.refused(`unable to cancel unknown transaction id: ${command.txnId}`);
      return;
    }
    const message = cancelFor(outgoing.request, app);
    command.answer.requestSent(message.toString(), outgoing.transaction?.flow, newId());
    this.#cancelWith(outgoing, message);
  }

  #cancelWith(outgoing: Outgoing, message: SipMessage): void {
    if (outgoing.cancel) return;
    outgoing.cancel = { message, sent: false, giveUp: undefined };
    if (outgoing.provisional) this.#sendHeldCancel(outgoing);
  }

  #sendHeldCancel(outgoing: Outgoing): void {
    outgoing.provisional = true;
    const { cancel, transaction } = outgoing;
    if (!cancel || cancel.sent || !transaction) return;
    cancel.sent = true;
    const { transactions, timing } = this.#exchange;
    transactions.request(cancel.message, transaction.flow, NOBODY)?.start();
    cancel.giveUp = after(lingerMs(timing), () => {
      transaction.end();
      this.#madeUp(outgoing, 408);
    });
  }
}

/** Whether a NOTIFY says that its subscription is over; a REFER's belongs to another dialog. */
export function endsSubscription(notify: SipMessage): boolean {
  const over = /^terminated/i.test(notify.get('subscription-state') ?? '');
  return over && !/^refer/i.test(notify.get('event') ?? '');
}

function routeTarget(routeUri: string): string {
  return /^[a-z]+:/i.test(routeUri) && !/^[^:]+:\d+$/.test(routeUri) ? routeUri : `sip:${routeUri}`;
}
