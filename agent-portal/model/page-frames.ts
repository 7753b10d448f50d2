import { signal } from '@preact/signals';

import type { Me, SessionView } from '../../contracts/agent.ts';
import type { SessionId } from '../../contracts/ids.ts';
import { reasonOf, type Api } from './api.ts';

const handshakeMs = 1000;

/** The frame that shows a visitor's page here. */
export type FrameState =
  | { readonly is: 'opening' }
  /** Pointed at the page; the script in it has not answered yet. */
  | { readonly is: 'shown'; readonly url: string }
  | { readonly is: 'joined'; readonly url: string }
  /** No answer within a second: the site does not let itself be framed, or has no script. */
  | { readonly is: 'silent'; readonly url: string }
  | { readonly is: 'failed'; readonly why: string };

/** True when the server counts this agent among the viewers of the session; visitors are shown first names only. */
export function isViewing(session: SessionView, me: Me): boolean {
  const names = [me.name, me.name.split(' ')[0]];
  return session.pages.viewers.some((it) => names.includes(it.name) && it.role !== 'visitor');
}

/** The page frame of one session on this desk: a ticket, a frame, a handshake. */
export class PageFrame {
  readonly state = signal<FrameState>({ is: 'opening' });
  readonly #session: SessionId;
  readonly #kind: 'viewer' | 'watch';
  readonly #api: Api;
  readonly #isTold: boolean;

  /** `isTold`: the session of a contact tells of the handshake; nobody tells a watcher, or who came by a code. */
  constructor(session: SessionId, kind: 'viewer' | 'watch', api: Api, isTold = kind === 'viewer') {
    this.#session = session;
    this.#kind = kind;
    this.#api = api;
    this.#isTold = isTold;
    void this.open();
  }

  /** Asks for a ticket and points the frame at it; also the way to begin anew. */
  async open(): Promise<void> {
    this.state.value = { is: 'opening' };
    try {
      const { url } = await this.#api.viewer(this.#session, this.#kind);
      if (!this.#isTold) {
        this.state.value = { is: 'joined', url };
        return;
      }
      const shown: FrameState = { is: 'shown', url };
      this.state.value = shown;
      setTimeout(() => {
        if (this.state.value === shown) this.state.value = { is: 'silent', url };
      }, handshakeMs);
    } catch (error) {
      this.state.value = { is: 'failed', why: reasonOf(error) };
    }
  }

  /** The session says that we are among its viewers. */
  joined(): void {
    const now = this.state.value;
    if (now.is === 'shown' || now.is === 'silent') this.state.value = { is: 'joined', url: now.url };
  }

  /** The companion window, for a site that forbids framing: a ticket of its own, and no way back to this page. */
  async openWindow(): Promise<void> {
    try {
      const { url } = await this.#api.viewer(this.#session, this.#kind);
      window.open(url, '_blank', 'noopener,noreferrer,width=1100,height=800');
    } catch (error) {
      this.state.value = { is: 'failed', why: reasonOf(error) };
    }
  }
}
