import { endStates } from '../../contracts/states.ts';
import type { CallbackRequest } from '../../contracts/visitor.schema.ts';
import type { CallbackView } from '../../contracts/visitor.ts';
import { BackOff } from '../shared/back-off.ts';
import type { WidgetCore } from '../shared/core.ts';
import type { PendingRequest } from '../shared/memory.ts';
import { randomId } from '../shared/random-id.ts';
import { CallbackStream } from './callback-stream.ts';
import type { Access, Trouble, VisitorApi } from './visitor-api.ts';
import { isUncertain } from './visitor-api.ts';

/** How long a cancelled callback can be taken back before the server hears of it. */
const GRACE_MS = 5000;
/** A request for a call *now* is not sent by itself after this long: the visitor may have moved on. */
const OLD_MS = 60 * 60_000;

/** Where the visitor stands. Each stage has what it needs to be shown, and nothing else. */
export type Stage =
  | { readonly at: 'form'; readonly trouble?: Trouble; readonly note?: 'gone' | 'forgotten' }
  | { readonly at: 'sending'; readonly kept: boolean; readonly old: boolean }
  | {
      readonly at: 'callback';
      /** Absent until the server has told for the first time after a reload. */
      readonly view: CallbackView | undefined;
      readonly stale: boolean;
      readonly updatedAt: number;
      readonly promiseBroken: boolean;
      /** Set while a cancellation can still be taken back. */
      readonly cancelling: boolean;
      /** What went wrong with the last thing the visitor did. */
      readonly trouble?: Trouble | undefined;
    };
type Followed = Extract<Stage, { at: 'callback' }>;

/** One visitor's request from the form to its end. It says where things stand; the views only show it. */
export class CallbackCase {
  readonly #core: WidgetCore;
  readonly #api: VisitorApi;
  readonly #tell: () => void;
  readonly #backOff: BackOff;
  #stream: CallbackStream | undefined;
  #grace: ReturnType<typeof setTimeout> | undefined;
  #stage: Stage = { at: 'form' };

  constructor(core: WidgetCore, api: VisitorApi, tell: () => void) {
    this.#core = core;
    this.#api = api;
    this.#tell = tell;
    this.#backOff = new BackOff(core.life, 60_000);
    core.memory.onOtherTab(() => this.resume(), core.life);
    // A cancellation in its grace must not be lost with the page.
    addEventListener('pagehide', () => this.#grace && this.#cancelNow(true), { signal: core.life });
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Takes up what an earlier page, or another tab, has left. */
  resume(): void {
    const { callback, pending, cancelling } = this.#core.memory.kept;
    if (callback) {
      this.#follow(callback);
      if (cancelling) this.#cancelNow();
    } else if (pending) {
      if (this.#stage.at === 'sending') return;
      if (Date.now() - pending.since > OLD_MS) this.#to({ at: 'sending', kept: true, old: true });
      else void this.#send(pending);
    } else if (this.#stage.at !== 'form') {
      this.#stream?.stop();
      this.#to({ at: 'form' });
    }
  }

  /** Asks for a callback. From here on the request is not lost: it is kept until there is an answer. */
  ask(body: CallbackRequest): void {
    const pending = { key: randomId(), body, since: Date.now() };
    this.#core.memory.keep({ pending });
    void this.#send(pending);
  }

  /** Sends a request that had become old. */
  sendOld(): void {
    const { pending } = this.#core.memory.kept;
    if (pending) void this.#send(pending);
  }

  discard(): void {
    this.#backOff.stop();
    this.#core.memory.keep({ pending: undefined });
    this.#to({ at: 'form' });
  }

  /** Another time, or null for as soon as possible. */
  async move(at: string | null): Promise<boolean> {
    const access = this.#core.memory.kept.callback;
    if (!access) return false;
    const answer = await this.#api.move(access, at);
    if (answer.ok) this.#changed(answer.value, false);
    else this.#patch({ trouble: answer.trouble });
    return answer.ok;
  }

  /** Cancels after a grace in which it can be undone. */
  cancel(): void {
    this.#grace = setTimeout(() => this.#cancelNow(), GRACE_MS);
    this.#patch({ cancelling: true, trouble: undefined });
  }

  undo(): void {
    clearTimeout(this.#grace);
    this.#grace = undefined;
    this.#patch({ cancelling: false });
  }

  /** Leaves what is over behind. */
  startAnew(note?: 'gone' | 'forgotten'): void {
    this.#stream?.stop();
    this.#stream = undefined;
    this.#core.memory.keep({ callback: undefined, cancelling: undefined });
    this.#to(note ? { at: 'form', note } : { at: 'form' });
  }

  async #send(pending: PendingRequest): Promise<void> {
    if (this.#stage.at !== 'sending' || this.#stage.old) this.#to({ at: 'sending', kept: false, old: false });
    const answer = await this.#api.create(pending);
    const { memory } = this.#core;
    if (this.#core.life.aborted || memory.kept.pending?.key !== pending.key) return; // discarded, or done in another tab
    if (answer.ok) {
      const { token, ...view } = answer.value;
      const callback = { id: view.id, token, service: view.service };
      memory.keep({ callback, pending: undefined });
      this.#backOff.reset();
      this.#core.emit('requested', view);
      this.#follow(callback, view);
    } else if (isUncertain(answer.trouble)) {
      this.#to({ at: 'sending', kept: true, old: false });
      this.#backOff.later(() => void this.#send(pending), (answer.trouble.retryAfterS ?? 0) * 1000);
    } else {
      memory.keep({ pending: undefined });
      this.#core.emit('problem', { problem: answer.trouble.type });
      this.#to({ at: 'form', trouble: answer.trouble });
    }
  }

  #follow(access: Access, view?: CallbackView): void {
    if (this.#stage.at === 'callback' && this.#stage.view?.id === access.id) return;
    this.#stream?.stop();
    this.#to({
      at: 'callback',
      view,
      stale: false,
      updatedAt: Date.now(),
      promiseBroken: false,
      cancelling: false,
    });
    if (view) this.#core.emit('changed', view);
    this.#stream = new CallbackStream(access, this.#api, this.#core.life, {
      changed: (next, isBroken) => this.#changed(next, isBroken),
      stale: (stale) => this.#patch({ stale }),
      gone: () => this.startAnew('gone'),
    });
  }

  #changed(view: CallbackView, isBroken: boolean): void {
    const { stage } = this;
    if (stage.at !== 'callback' || (stage.view && view.revision < stage.view.revision)) return; // overtaken on the way
    const before = stage.view;
    const isRinging = view.state === 'dialing-customer';
    if (this.#grace && (view.state === 'dialing-agent' || isRinging)) this.#cancelNow(); // there is no time left to undo
    this.#patch({
      view,
      updatedAt: Date.now(),
      // The apology stands until there is a new promise.
      promiseBroken: isBroken || (stage.promiseBroken && before?.estimate?.to === view.estimate?.to),
      trouble: undefined,
    });
    if (before?.revision === view.revision) return;
    this.#core.emit('changed', view);
    if (isRinging && before?.state !== 'dialing-customer') this.#core.emit('ringing', view);
    if (endStates.includes(view.state) && before?.state !== view.state) this.#core.emit('ended', view);
    if (endStates.includes(view.state) && !view.allowed.includes('retry')) this.#stream?.stop();
  }

  #cancelNow(isLeaving = false): void {
    clearTimeout(this.#grace);
    this.#grace = undefined;
    const { memory } = this.#core;
    const access = memory.kept.callback;
    if (!access) return;
    memory.keep({ cancelling: true }); // the next page sends it again if this one cannot
    void this.#api.cancel(access, isLeaving).then((answer) => {
      if (answer.ok || !isUncertain(answer.trouble)) {
        memory.keep({ cancelling: undefined });
        this.#patch({ cancelling: false, trouble: answer.ok ? undefined : answer.trouble });
        if (answer.ok) this.#cancelled(answer.value);
      } else this.#backOff.later(() => this.#cancelNow());
    });
  }

  #cancelled(view: CallbackView | undefined): void {
    const now = this.#stage.at === 'callback' ? this.#stage.view : undefined;
    if (view) this.#changed(view, false);
    else if (now) this.#changed({ ...now, state: 'cancelled', allowed: [] }, false);
  }

  #patch(change: Partial<Followed>): void {
    if (this.#stage.at === 'callback') this.#to({ ...this.#stage, ...change });
  }

  #to(stage: Stage): void {
    this.#stage = stage;
    this.#tell();
  }
}
