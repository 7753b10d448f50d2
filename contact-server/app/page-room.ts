import type { PageHears } from '../../contracts/visitor.ts';
import type { AgentId } from '../../contracts/ids.ts';
import { activeTab, type PageSession } from '../domain/page-session.ts';
import type { VisitorStream } from '../ports/visitor-desk.ts';

/** One viewer's frame that is connected now. */
export interface ViewerFrame {
  readonly agentId: AgentId;
  readonly stream: VisitorStream;
  /** Where the frame is, as it last said. */
  url: string;
}

/** The connections of one page session in this process, and what is said on them. */
export class PageRoom {
  session: PageSession;
  readonly tabs = new Map<string, VisitorStream>();
  readonly viewers = new Set<ViewerFrame>();
  /** Ends sharing after the call, by the session's rule. */
  cancelEnd: (() => void) | undefined;
  /** The agent who asked last, to be named again to a visitor who returns. */
  askedBy: string | undefined;

  constructor(session: PageSession) {
    this.session = session;
  }

  get online(): boolean {
    return this.tabs.size > 0;
  }

  /** The visitor agreed, somebody is registered, and there is a page to see. */
  get sharing(): boolean {
    return this.session.consent === 'given' && this.session.registrations.length > 0;
  }

  nextGo(): number {
    this.session = { ...this.session, lastGo: this.session.lastGo + 1 };
    return this.session.lastGo;
  }

  /** To the visitor's shared tab, or to the newest that is connected. */
  tellVisitor(message: PageHears): void {
    const active = activeTab(this.session)?.tab;
    const stream =
      (active === undefined ? undefined : this.tabs.get(active)) ?? [...this.tabs.values()].at(-1);
    if (stream) say(stream, message);
  }

  tellAllTabs(message: PageHears): void {
    for (const stream of this.tabs.values()) say(stream, message);
  }

  /** To every frame that is not there already. */
  moveViewers(url: string, by: 'agent' | 'visitor', except?: ViewerFrame): void {
    for (const frame of this.viewers) {
      if (frame === except || frame.url === url) continue;
      frame.url = url;
      say(frame.stream, { type: 'go', n: this.nextGo(), url, by });
    }
  }

  /** Closes frames for good. */
  dismiss(which: (frame: ViewerFrame) => boolean): void {
    for (const frame of this.viewers) {
      if (!which(frame)) continue;
      this.viewers.delete(frame);
      say(frame.stream, { type: 'ended', reason: 'unregistered' });
      frame.stream.close('unregistered');
    }
  }

  /** Tells the visitor who sees the page, and the frames whether there is anything to see. */
  tellSharing(): void {
    const viewers = this.sharing ? this.session.registrations.map((it) => it.name) : [];
    this.tellAllTabs({ type: 'sharing', on: this.sharing, viewers });
    for (const frame of this.viewers) say(frame.stream, { type: 'sharing', on: this.sharing, viewers });
  }
}

export function say(stream: VisitorStream, message: PageHears): void {
  stream.send(JSON.stringify(message));
}
