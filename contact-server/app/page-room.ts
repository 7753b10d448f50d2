import type { PageHears } from '../../contracts/visitor.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { GO_MS, heading, type PageEnd, sent, without } from '../domain/page-end.ts';
import { activeTab, isSharing, type PageSession } from '../domain/page-session.ts';
import { originOf, withoutSecrets } from '../domain/page-url.ts';
import type { VisitorStream } from '../ports/visitor-desk.ts';

/** One end of the mirror with its connection; between two pages it has none for a moment. */
export interface Station {
  readonly tab: string;
  end: PageEnd;
  stream: VisitorStream | undefined;
  /** Stops waiting for its return. */
  cancelGone: (() => void) | undefined;
}

/** The frame of a viewer. */
export interface Frame extends Station {
  readonly registration: string;
  /** When its page last moved by itself (epoch ms). */
  moves: readonly number[];
}

/** A page that moves by itself so often within so long has a will of its own, and is not followed. */
const RESTLESS = { moves: 8, withinMs: 10_000 };

/**
 * The connections of one page session in this process, and what is said on them: whoever moves last leads, everybody else is sent
 * there, and landing where one was sent leads nobody. The masked mirror of the page itself would pass through here too: opaque pieces
 * from the shared tab to every frame, in the order of that tab, beside the `go`s.
 */
export class PageRoom {
  session: PageSession;
  readonly tabs = new Map<string, Station>();
  readonly frames = new Map<string, Frame>();
  /** Where everybody is to be. */
  #aim: string | undefined;
  /** Ends sharing after the call, by the session's rule. */
  cancelEnd: (() => void) | undefined;
  cancelCode: (() => void) | undefined;
  /** Ends the wait until the agents' screens are drawn again. */
  cancelHint: (() => void) | undefined;
  hasNews = false;
  /** Screens show something of this room. */
  isShown = false;
  readonly #clock: Clock;
  #lastGo = 0;
  #cancelGo: (() => void) | undefined;

  constructor(session: PageSession, clock: Clock) {
    this.session = session;
    this.#clock = clock;
    this.#aim = activeTab(session)?.url;
  }

  get online(): boolean {
    return this.tabs.size > 0;
  }

  get sharing(): boolean {
    return isSharing(this.session);
  }

  /** Nobody is here, and nobody is expected. */
  get isEmpty(): boolean {
    return !this.online && this.frames.size === 0 && this.session.registrations.length === 0;
  }

  get shared(): Station | undefined {
    const tab = activeTab(this.session)?.tab;
    return tab === undefined ? undefined : this.tabs.get(tab);
  }

  framesOf(registration: string): readonly Frame[] {
    return [...this.frames.values()].filter((it) => it.registration === registration);
  }

  /** The mover is there: everybody else goes there too. */
  lead(url: string, by: 'agent' | 'visitor', mover?: Station): void {
    this.#aim = url;
    if (!this.sharing) return;
    const { shared } = this;
    if (by === 'agent' && shared) this.#send(shared, url, by);
    this.gather(by, mover);
  }

  /** Everybody goes where the visitor's shared tab is. */
  leadFromShared(): void {
    const tab = activeTab(this.session);
    if (tab) this.lead(tab.url, 'visitor', this.shared);
  }

  /** The agent has chosen this page; the visitor is sent to the whole address, the others to what may be shown of it. */
  push(url: string): void {
    const shown = withoutSecrets(url);
    this.#aim = shown;
    if (this.shared) this.#say(this.shared, url, 'agent', shown);
    this.gather('agent');
  }

  /** Every frame is brought to where everybody is to be. */
  gather(by: 'agent' | 'visitor', except?: Station): void {
    for (const frame of this.frames.values()) if (frame !== except) this.bring(frame, by);
  }

  /** Frames stay on the site of the session: elsewhere they would have no credential. */
  bring(frame: Frame, by: 'agent' | 'visitor' = 'visitor'): void {
    const url = this.#aim;
    if (this.sharing && url !== undefined && originOf(url) === this.session.origin)
      this.#send(frame, url, by);
  }

  /** A frame has landed where it was sent, or somewhere else. */
  landed(frame: Frame, sentTo: string | undefined): void {
    // Where the page leads on from there is the page's doing; but if everybody is elsewhere by now, it is sent after them.
    if (sentTo !== this.#aim && frame.end.url !== this.#aim) this.bring(frame);
  }

  /** The last `go` may have been lost with its connection. */
  sayAgain(station: Station): void {
    const { go } = station.end;
    if (go) this.#say(station, go.said, this.tabs.has(station.tab) ? 'agent' : 'visitor', go.url);
  }

  isRestless(frame: Frame): boolean {
    const now = this.#clock.now();
    frame.moves = [...frame.moves.filter((at) => now - at < RESTLESS.withinMs), now].slice(
      -RESTLESS.moves - 1,
    );
    return frame.moves.length > RESTLESS.moves;
  }

  /** To the visitor's shared tab, or to the newest that is connected. */
  tellVisitor(message: PageHears): void {
    const stream = this.shared?.stream ?? [...this.tabs.values()].findLast((it) => it.stream)?.stream;
    if (stream) say(stream, message);
  }

  tellAllTabs(message: PageHears): void {
    for (const { stream } of this.tabs.values()) if (stream) say(stream, message);
  }

  /** Closes frames for good. */
  dismiss(which: (frame: Frame) => boolean, reason: 'left' | 'unregistered'): void {
    for (const frame of [...this.frames.values()].filter(which)) {
      this.frames.delete(frame.tab);
      frame.cancelGone?.();
      if (!frame.stream) continue;
      say(frame.stream, { type: 'ended', reason });
      frame.stream.close(reason);
    }
  }

  /** Who sees the page, as everybody may know. */
  get sharingNews(): PageHears {
    const viewers = this.sharing ? this.session.registrations.map((it) => it.name) : [];
    return { type: 'sharing', on: this.sharing, viewers };
  }

  tellSharing(): void {
    this.tellAllTabs(this.sharingNews);
    for (const { stream } of this.frames.values()) if (stream) say(stream, this.sharingNews);
  }

  /** Nothing of it happens any more. */
  close(): void {
    for (const cancel of [this.cancelEnd, this.cancelCode, this.cancelHint, this.#cancelGo]) cancel?.();
    for (const it of [...this.tabs.values(), ...this.frames.values()]) it.cancelGone?.();
  }

  #send(station: Station, url: string, by: 'agent' | 'visitor'): void {
    if (heading(station.end, this.#clock.now()) !== url) this.#say(station, url, by, url);
  }

  #say(station: Station, said: string, by: 'agent' | 'visitor', url: string): void {
    const at = this.#clock.now();
    // Grows over restarts too, without a write: an old `because` must not pass for a new one.
    const n = (this.#lastGo = Math.max(this.#lastGo + 1, at));
    station.end = sent(station.end, { n, url, said, at }, station.stream !== undefined);
    if (station.stream) say(station.stream, { type: 'go', n, url: said, by });
    if (this.tabs.get(station.tab) === station) this.#expect(station, n);
  }

  /** A visitor who does not go there (they declined, or the page is slow beyond patience) is the truth: the frames come back. */
  #expect(station: Station, n: number): void {
    this.#cancelGo?.();
    this.#cancelGo = this.#clock.after(GO_MS, () => {
      if (station.end.go?.n !== n) return;
      station.end = without(station.end);
      if (this.shared === station) this.lead(station.end.url, 'visitor', station);
    });
  }
}

export function say(stream: VisitorStream, message: PageHears): void {
  stream.send(JSON.stringify(message));
}
