import { endStates } from '../../contracts/states.ts';
import type { CallbackRequest } from '../../contracts/visitor.schema.ts';
import type { CallbackView } from '../../contracts/visitor.ts';
import { backOff } from '../shared/back-off.ts';
import type { WidgetCore } from '../shared/core.ts';
import type { PendingRequest } from '../shared/memory.ts';
import { randomId } from '../shared/random-id.ts';
import { followCallback } from './follow-callback.ts';
import type { Access, Trouble, VisitorApi } from './visitor-api.ts';
import { isUncertain } from './visitor-api.ts';

/** How long a cancelled callback can be taken back before the server hears of it. */
const GRACE_MS = 5000;
/** A request for a call *now* is not sent by itself after this long: the visitor may have moved on. */
const OLD_MS = 60 * 60_000;

/** Where the visitor stands. Each stage has what it needs to be shown, and nothing else. */
export type Stage =
  | { readonly at: 'form'; readonly trouble?: Trouble; readonly note?: Note | undefined }
  | { readonly at: 'sending'; readonly kept: boolean; readonly old: boolean }
  | Followed;
interface Followed {
  readonly at: 'callback';
  /** Absent until the server has told for the first time after a reload. */
  readonly view?: CallbackView | undefined;
  readonly updatedAt: number;
  readonly stale?: boolean;
  readonly promiseBroken?: boolean;
  /** A cancellation that can still be taken back, or one that is on its way. */
  readonly cancelling?: 'undoable' | 'sent' | undefined;
  /** What went wrong with the last thing the visitor did. */
  readonly trouble?: Trouble | undefined;
}
type Note = 'gone' | 'forgotten';

/** One visitor's request from the form to its end. It says where things stand; the views only show it. */
export interface CallbackCase {
  stage(): Stage;
  /** Takes up what an earlier page, or another tab, has left. */
  resume(): void;
  /** Asks for a callback. From here on the request is not lost: it is kept until there is an answer. */
  ask(body: CallbackRequest): void;
  /** Sends a request that had become old. */
  sendOld(): void;
  discard(): void;
  /** Another time, or null for as soon as possible; whether it was taken. */
  move(at: string | null): Promise<boolean>;
  /** Cancels after a grace in which it can be undone. */
  cancel(): void;
  undo(): void;
  /** Leaves what is over behind. */
  startAnew(note?: Note): void;
}

/** Opens the case of this visitor; `tell` hears of every change. */
export function callbackCase(core: WidgetCore, api: VisitorApi, tell: () => void): CallbackCase {
  const { memory, life } = core;
  const pause = backOff(life, 60_000);
  let stage: Stage = { at: 'form' };
  let unfollow: (() => void) | undefined;
  let grace: ReturnType<typeof setTimeout> | undefined;

  const to = (next: Stage): void => {
    stage = next;
    tell();
  };
  const patch = (change: Partial<Followed>): void => {
    if (stage.at === 'callback') to({ ...stage, ...change });
  };

  const send = async (pending: PendingRequest): Promise<void> => {
    if (stage.at !== 'sending' || stage.old) to({ at: 'sending', kept: false, old: false });
    const answer = await api.create(pending);
    if (life.aborted || memory.kept.pending?.key !== pending.key) return; // discarded, or done in another tab
    if (answer.ok) {
      const { token, ...view } = answer.value;
      const callback = { id: view.id, token, service: view.service };
      memory.keep({ callback, pending: undefined });
      pause.reset();
      core.emit('requested', view);
      follow(callback, view);
    } else if (isUncertain(answer.trouble)) {
      to({ at: 'sending', kept: true, old: false });
      pause.later(() => void send(pending), (answer.trouble.retryAfterS ?? 0) * 1000);
    } else {
      memory.keep({ pending: undefined });
      core.emit('problem', { problem: answer.trouble.type });
      to({ at: 'form', trouble: answer.trouble });
    }
  };

  const follow = (access: Access, view?: CallbackView): void => {
    if (stage.at === 'callback' && stage.view?.id === access.id) return;
    unfollow?.();
    to({ at: 'callback', view, updatedAt: Date.now() });
    if (view) core.emit('changed', view);
    unfollow = followCallback(access, api, life, {
      changed,
      stale: (stale) => patch({ stale }),
      gone: () => startAnew(stage.at === 'callback' && stage.view ? 'gone' : undefined),
    });
  };

  const changed = (view: CallbackView, isBroken = false): void => {
    if (stage.at !== 'callback') return;
    const before = stage.view;
    const { state } = view;
    if (grace && state.startsWith('dialing')) cancelNow(); // there is no time left to undo
    patch({
      view,
      updatedAt: Date.now(),
      // The apology stands until there is a new promise.
      promiseBroken: isBroken || (stage.promiseBroken === true && before?.estimate?.to === view.estimate?.to),
      trouble: undefined,
    });
    if (before?.revision === view.revision && before.state === state) return;
    core.emit('changed', view);
    const isEnd = endStates.includes(state);
    // It was over before this page was loaded: what the visitor wants next is the form.
    if (isEnd && !before && !view.allowed.includes('retry')) {
      startAnew();
      return;
    }
    if (before?.state !== state) {
      if (state === 'dialing-customer') core.emit('ringing', view);
      if (isEnd) core.emit('ended', view);
    }
    if (isEnd && !view.allowed.includes('retry')) unfollow?.();
  };

  const cancelNow = (isLeaving = false): void => {
    clearTimeout(grace);
    grace = undefined;
    const access = memory.kept.callback;
    if (!access) return;
    memory.keep({ cancelling: true }); // the next page sends it again if this one cannot
    patch({ cancelling: 'sent' });
    void api.cancel(access, isLeaving).then((answer) => {
      if (!answer.ok && isUncertain(answer.trouble)) {
        pause.later(cancelNow);
        return;
      }
      memory.keep({ cancelling: undefined });
      patch({ cancelling: undefined, trouble: answer.ok ? undefined : answer.trouble });
      const now = stage.at === 'callback' && stage.view;
      if (answer.ok && now) changed(answer.value ?? { ...now, state: 'cancelled', allowed: [] });
    });
  };

  const startAnew = (note?: Note): void => {
    unfollow?.();
    memory.keep({ callback: undefined, cancelling: undefined });
    to({ at: 'form', note });
  };

  const resume = (): void => {
    const { callback, pending, cancelling } = memory.kept;
    if (callback) {
      follow(callback);
      if (cancelling) cancelNow();
    } else if (pending) {
      if (stage.at === 'sending') return;
      if (Date.now() - pending.since > OLD_MS) to({ at: 'sending', kept: true, old: true });
      else void send(pending);
    } else if (stage.at !== 'form') {
      unfollow?.();
      to({ at: 'form' });
    }
  };

  memory.onOtherTab(resume, life);
  // A cancellation in its grace must not be lost with the page.
  addEventListener('pagehide', () => grace && cancelNow(true), { signal: life });

  return {
    stage: () => stage,
    resume,
    startAnew,
    ask(body) {
      if (stage.at !== 'form') return; // in another tab, say
      const pending = { key: randomId(), body, since: Date.now() };
      memory.keep({ pending });
      void send(pending);
    },
    sendOld() {
      const { pending } = memory.kept;
      if (pending) void send(pending);
    },
    discard() {
      pause.stop();
      memory.keep({ pending: undefined });
      to({ at: 'form' });
    },
    async move(at) {
      const access = memory.kept.callback;
      if (!access) return false;
      const answer = await api.move(access, at);
      if (answer.ok) changed(answer.value);
      else patch({ trouble: answer.trouble });
      return answer.ok;
    },
    cancel() {
      grace = setTimeout(cancelNow, GRACE_MS);
      patch({ cancelling: 'undoable', trouble: undefined });
    },
    undo() {
      clearTimeout(grace);
      grace = undefined;
      patch({ cancelling: undefined });
    },
  };
}
