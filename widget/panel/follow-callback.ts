import type { CallbackView } from '../../contracts/visitor.ts';
import { backOff } from '../shared/back-off.ts';
import { eventSplitter } from './read-events.ts';
import type { Access, VisitorApi } from './visitor-api.ts';

/** A stream that says nothing for so long, not even a comment, is dead. */
const SILENCE_MS = 60_000;
const POLL_MS = 10_000;
/** So often is asked before a stream is tried again. */
const POLLS = 6;

/** What is told: views as they change, whether they can still be trusted, and that the callback is gone. */
export interface Follower {
  readonly changed: (view: CallbackView, isPromiseBroken: boolean) => void;
  readonly stale: (isStale: boolean) => void;
  readonly gone: () => void;
}

/**
 * Follows one callback until the function it gives is called: by a stream that is resumed where it broke off, and by asking
 * every ten seconds where something between here and there holds streams back.
 */
export function followCallback(
  access: Access,
  api: VisitorApi,
  life: AbortSignal,
  follower: Follower,
): () => void {
  const ending = new AbortController();
  const end = ending.signal;
  const stop = (): void => ending.abort();
  life.addEventListener('abort', stop);
  const pause = backOff(end);
  let lastEventId: string | undefined;
  /** Streams in a row that were opened and have said nothing. */
  let mute = 0;
  let polls = 0;

  const tell = (view: CallbackView, event?: string): void => {
    follower.stale(false);
    follower.changed(view, event === 'callback.promise-broken');
  };
  const isGone = (status: number): boolean => {
    if (status !== 401 && status !== 404) return false;
    stop();
    follower.gone();
    return true;
  };

  const stream = async (): Promise<void> => {
    const connection = new AbortController();
    const cut = (): void => connection.abort();
    let silence: ReturnType<typeof setTimeout> | undefined;
    const alive = (): void => {
      clearTimeout(silence);
      silence = setTimeout(() => {
        mute++;
        cut();
      }, SILENCE_MS);
    };
    end.addEventListener('abort', cut);
    let hasHeard = false;
    try {
      alive();
      const { status, body } = await api.events(access, lastEventId, connection.signal);
      if (isGone(status)) return;
      // It runs again, though there may be nothing new to tell; one that was mute before has to say something first.
      if (status === 200 && !mute++) follower.stale(false);
      const split = eventSplitter(({ event, data, id }) => {
        mute = 0;
        hasHeard = true;
        pause.reset();
        lastEventId = id ?? lastEventId;
        if (event.startsWith('callback.')) tell(JSON.parse(data) as CallbackView, event);
      });
      const decoder = new TextDecoder();
      const reader = status === 200 ? body?.getReader() : undefined;
      for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
        alive();
        split(decoder.decode(part.value, { stream: true }));
      }
    } catch {
      // Cut off, or never begun: both lead on below.
    }
    clearTimeout(silence);
    end.removeEventListener('abort', cut);
    if (end.aborted) return;
    // Two streams running that say nothing are being held back on the way.
    if (mute >= 2) void poll();
    else wait(hasHeard);
  };

  const wait = (hasHeard: boolean): void => {
    if (!hasHeard) follower.stale(true); // a stream that ends now and then, and comes back at once, is nobody's trouble
    pause.later(() => void stream());
  };

  const poll = async (): Promise<void> => {
    const answer = await api.read(access);
    if (end.aborted) return;
    if (answer.ok) {
      tell(answer.value);
      pause.reset();
      const isDue = ++polls % POLLS === 0;
      pause.later(() => void (isDue ? stream() : poll()), POLL_MS);
    } else if (!isGone(answer.trouble.status)) wait(false);
  };

  void stream();
  return stop;
}
