import type { AppCommand } from '../agent/app-link.ts';
import { readAppText, type AppText } from '../agent/app-text.ts';
import { cancelFor } from '../agent/cancel.ts';
import type { Exchange } from '../agent/exchange.ts';
import { newTag } from '../ids.ts';
import { parseAddress, splitList } from '../sip/header-values.ts';
import type { SipMessage } from '../sip/message.ts';
import { responseTo } from '../sip/respond.ts';
import { after, type Timer } from '../timing.ts';
import { NOBODY, type ClientTransaction } from '../transaction/client-transaction.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { Flow } from '../transport/flow.ts';
import { Unreachable } from '../transport/transports.ts';
import { forwardedRequest, returnedResponse } from './forward.ts';

/** RFC 3261 section 16.6, timer C: longer than anybody lets a phone ring. */
const TIMER_C_MS = 185_000;
const MOST_TARGETS = 20;

/** How an application wants a request sent on. */
export interface ProxyPlan {
  readonly recordRoute: boolean;
  readonly followRedirects: boolean;
  readonly simultaneous: boolean;
  readonly provisionalMs: number;
  readonly finalMs: number;
}

/** A refusal as it would go back to the caller. */
interface Refusal {
  readonly status: number;
  readonly text: string;
  /** Whether a target said so, and not we for want of an answer. */
  readonly theirs: boolean;
}

interface Branch {
  transaction: ClientTransaction | undefined;
  provisional: boolean;
  cancelled: boolean;
  done: boolean;
  timer: Timer;
}

/** One request that goes on to one or several targets, and the best answer that goes back (RFC 3261 section 16). */
export class ProxiedCall {
  readonly request: SipMessage;
  readonly plan: ProxyPlan;
  readonly #exchange: Exchange;
  readonly #upstream: ServerTransaction;
  readonly #command: AppCommand;
  readonly #extra: AppText;
  readonly #targets: string[];
  readonly #tried = new Set<string>();
  readonly #branches = new Set<Branch>();
  readonly #onEnd: (accepted: boolean) => void;
  #best: Refusal | undefined;
  #ended = false;
  #cancelled = false;

  constructor(
    exchange: Exchange,
    upstream: ServerTransaction,
    command: AppCommand,
    plan: ProxyPlan,
    targets: readonly string[],
    onEnd: (accepted: boolean) => void,
  ) {
    this.#exchange = exchange;
    this.#upstream = upstream;
    this.request = upstream.request;
    this.#command = command;
    this.#extra = readAppText(command.text);
    this.plan = plan;
    this.#targets = [...targets];
    this.#onEnd = onEnd;
  }

  start(): void {
    this.#next();
  }

  /** The caller has hung up: every branch is cancelled, and the call ends with what they answer. */
  cancel(): void {
    this.#cancelled = true;
    for (const branch of this.#branches) this.#cancelBranch(branch);
  }

  /** Begins what is to be tried now, or ends when nothing is left. */
  #next(): void {
    while (!this.#ended && !this.#cancelled) {
      if (!this.plan.simultaneous && [...this.#branches].some(({ done }) => !done)) return;
      const uri = this.#targets.shift();
      if (uri === undefined || this.#tried.size >= MOST_TARGETS) break;
      if (this.#tried.has(uri)) continue;
      this.#tried.add(uri);
      this.#launch(uri);
    }
    if (!this.#ended && [...this.#branches].every(({ done }) => done)) this.#giveUp();
  }

  #launch(uri: string): void {
    const branch: Branch = {
      transaction: undefined,
      provisional: false,
      cancelled: false,
      done: false,
      timer: undefined,
    };
    this.#branches.add(branch);
    this.#exchange.transports.reach(uri, (way) => {
      if (!way || way instanceof Unreachable) {
        this.#failed(branch, 503);
        return;
      }
      const { recordRoute } = this.plan;
      const request = forwardedRequest(this.request, uri, way, { recordRoute, extra: this.#extra });
      branch.transaction = this.#exchange.transactions.request(request, way, {
        onResponse: (response, flow) => this.#onResponse(branch, response, flow),
        onFailure: (status) => this.#failed(branch, status),
      });
      if (!branch.transaction) {
        this.#failed(branch, 503);
        return;
      }
      branch.timer = after(this.plan.provisionalMs || this.plan.finalMs || TIMER_C_MS, () =>
        this.#late(branch),
      );
      branch.transaction.start();
    });
  }

  #onResponse(branch: Branch, response: SipMessage, flow: Flow): void {
    const { status } = response;
    if (status < 200) {
      this.#sign(branch);
      if (status > 100) this.#upstream.respond(status, returnedResponse(response).toString());
      return;
    }
    const repeated = branch.done;
    this.#concluded(branch);
    if (status < 300) this.#upstream.respond(status, returnedResponse(response).toString());
    if (repeated) return;
    this.#command.answer.proxied(response.toString(), flow);
    if (status < 300) this.#accepted();
    else {
      if (this.plan.followRedirects && status < 400) {
        const contacts = response.all('contact').flatMap(splitList);
        this.#targets.push(...contacts.map((contact) => parseAddress(contact).uri));
      } else {
        const text = returnedResponse(response).toString();
        this.#best = better(this.#best, { status, text, theirs: true });
      }
      if (status >= 600) this.#targets.length = 0;
      this.#next();
    }
  }

  /** The first sign of life: now only the final answer is waited for, and a CANCEL that was held back goes out. */
  #sign(branch: Branch): void {
    if (branch.provisional || branch.done) return;
    branch.provisional = true;
    clearTimeout(branch.timer);
    branch.timer = after(this.plan.finalMs || TIMER_C_MS, () => this.#late(branch));
    if (branch.cancelled) this.#sendCancel(branch);
  }

  /** Time has run out: the phone is let go, and the next one tried. */
  #late(branch: Branch): void {
    if (branch.done) return;
    if (branch.provisional) this.#sendCancel(branch);
    else branch.transaction?.end();
    this.#failed(branch, 408);
  }

  #failed(branch: Branch, status: number): void {
    if (branch.done) return;
    this.#concluded(branch);
    this.#best = better(this.#best, this.#ownRefusal(status));
    this.#next();
  }

  #concluded(branch: Branch): void {
    branch.done = true;
    clearTimeout(branch.timer);
  }

  #accepted(): void {
    for (const branch of this.#branches) this.#cancelBranch(branch);
    this.#end(true);
  }

  #cancelBranch(branch: Branch): void {
    if (branch.done || branch.cancelled) return;
    branch.cancelled = true;
    if (branch.provisional) this.#sendCancel(branch);
  }

  #sendCancel({ transaction }: Branch): void {
    if (transaction?.request.method !== 'INVITE') return;
    const cancel = cancelFor(transaction.request);
    this.#exchange.transactions.request(cancel, transaction.flow, NOBODY)?.start();
  }

  #giveUp(): void {
    const { status, text } = this.#best ?? this.#ownRefusal(480);
    this.#upstream.respond(status, text);
    this.#end(false);
  }

  #ownRefusal(status: number): Refusal {
    const response = responseTo(this.request, status, newTag()).add('Content-Length', '0');
    return { status, text: response.toString(), theirs: false };
  }

  #end(accepted: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#command.answer.proxyDone();
    this.#onEnd(accepted);
  }
}

/** RFC 3261 section 16.7: a 6xx before all, else the lowest class; an answer of ours only for want of others. */
function better(known: Refusal | undefined, next: Refusal): Refusal {
  if (!known) return next;
  if (known.theirs !== next.theirs) return known.theirs ? known : next;
  const rank = ({ status }: Refusal): number => (status >= 600 ? 0 : Math.floor(status / 100));
  return rank(next) < rank(known) ? next : known;
}
