import type { AgentMessage } from '../../contracts/agent.ts';
import type { StreamState } from './event-stream.ts';

/** What the tabs of one browser tell one another. */
export type TabMessage =
  /** An event of the one stream, passed on by the leading tab. */
  | { readonly kind: 'event'; readonly cursor: string; readonly message: AgentMessage }
  | { readonly kind: 'stream'; readonly state: StreamState }
  | { readonly kind: 'state-in-doubt' }
  /** A tab shows the board and wants its events too. */
  | { readonly kind: 'want-board' }
  /** A tab is new and asks how the stream is. */
  | { readonly kind: 'hello' }
  /** The leader has opened a stream: say what you want of it. */
  | { readonly kind: 'new-stream' }
  | { readonly kind: 'logged-in' }
  | { readonly kind: 'logged-out' }
  /** Who leads? The leader answers `leads`. */
  | { readonly kind: 'who-leads' }
  | { readonly kind: 'leads'; readonly tab: string; readonly term: number }
  | { readonly kind: 'leaving'; readonly tab: string };

/** The channel between the tabs of one browser; a tab never hears itself. */
export class TabChannel {
  readonly #channel = new BroadcastChannel('ringback-portal');

  tell(message: TabMessage): void {
    this.#channel.postMessage(message);
  }

  listen(hear: (message: TabMessage) => void): void {
    this.#channel.addEventListener('message', (event: MessageEvent<TabMessage>) => hear(event.data));
  }
}
