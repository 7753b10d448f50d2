import type { PageHears, PageSays } from '../../contracts/visitor.ts';
import type { BackOff } from '../shared/back-off.ts';
import { backOff } from '../shared/back-off.ts';
import type { Settings } from '../shared/core.ts';
import { stripSecrets } from '../shared/strip-secrets.ts';
import { mayGo } from './may-go.ts';
import type { Move, TabRecord } from './tab-record.ts';
import { watchMoves } from './watch-moves.ts';

/** A move that was sent so long before the connection broke has arrived. */
const SETTLED_MS = 5000;

type Hello = Pick<Extract<PageSays, { type: 'hello' }>, 'ticket' | 'viewer'>;

/** What differs between a visitor's page and a viewer's. */
export interface PageLineOptions {
  readonly server: string;
  readonly settings: Pick<Settings, 'origins' | 'strip' | 'keep'>;
  readonly record: TabRecord;
  readonly life: AbortSignal;
  /** Who we are, asked for at each connection. */
  readonly hello: () => Hello;
  /** False while the visitor's no to sharing has not been confirmed: then it is said, and nothing of the page. */
  readonly mayReport: () => boolean;
  /** Whether a `go` is to be obeyed now. */
  readonly mayFollow: () => boolean;
  readonly hear: (message: PageHears) => void;
  /** A page was pushed that is none of the company's. */
  readonly refused: (url: string) => void;
}

/**
 * One page's end of the page session: tells where the page is, goes where it is told, and comes back after a drop with what
 * had not arrived.
 */
export class PageLine {
  readonly #options: PageLineOptions;
  readonly #end = new AbortController();
  readonly #backOff: BackOff;
  #socket: WebSocket | undefined;

  constructor(options: PageLineOptions) {
    this.#options = options;
    const { life, record } = options;
    const { signal } = this.#end;
    this.#backOff = backOff(signal);
    life.addEventListener('abort', () => this.end());
    addEventListener('pagehide', () => record.use(false), { signal });
    addEventListener('pageshow', ({ persisted }) => persisted && this.#back(), { signal });
    document.addEventListener('visibilitychange', () => document.hidden || this.say({ type: 'focused' }), {
      signal,
    });
    this.#move('load');
    watchMoves((how) => this.#move(how), signal);
    this.#connect();
  }

  /** Tells what has not been told yet. */
  report(): void {
    this.#options.record.trail.forEach((move) => this.#send(move));
    if (document.hasFocus()) this.say({ type: 'focused' });
  }

  say(message: PageSays): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  end(): void {
    this.#end.abort();
    this.#socket?.close();
  }

  #connect(): void {
    if (this.#end.signal.aborted) return;
    const { server, settings, record, hello, mayReport } = this.#options;
    const socket = new WebSocket(`${server.replace(/^http/, 'ws')}/api/v1/session`);
    this.#socket = socket;
    socket.onopen = () => {
      const url = stripSecrets(location.href, settings);
      if (!url) return;
      const { id: tab, arrived: seq } = record;
      if (mayReport()) {
        this.say({ type: 'hello', tab, url, title: title(), seq, ...hello() });
        this.report();
      } else {
        // With a number as old as this the tab counts as being where it was.
        this.say({ type: 'hello', tab, url: `${location.origin}/`, seq: 0, ...hello() });
        this.say({ type: 'consent', pages: false });
      }
    };
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(String(data)) as PageHears;
      if (message.type === 'welcome') this.#backOff.reset();
      if (message.type === 'go') this.#go(message.n, message.url);
      else this.#options.hear(message);
    };
    socket.onclose = () => {
      if (this.#socket === socket && !this.#end.signal.aborted) this.#backOff.later(() => this.#connect());
    };
  }

  #move(how: Move['how']): void {
    const { record, settings } = this.#options;
    const url = stripSecrets(location.href, settings);
    if (url) this.#send(record.note(how, url, title()));
  }

  #send(move: Move): void {
    const socket = this.#socket;
    // It is in the trail, and goes out after the next hello, or once the visitor's no is confirmed.
    if (socket?.readyState !== WebSocket.OPEN || !this.#options.mayReport()) return;
    this.say(move);
    setTimeout(() => {
      if (socket.readyState === WebSocket.OPEN) this.#options.record.forgetUpTo(move.seq);
    }, SETTLED_MS);
  }

  #go(n: number, url: string): void {
    const { settings, record, refused, mayFollow } = this.#options;
    if (!mayFollow()) return;
    if (!mayGo(url, settings.origins)) {
      refused(url);
      return;
    }
    record.expect(n);
    // Being there already is an answer too; loading the page again would lose what was typed into it.
    if (new URL(url).href === stripSecrets(location.href, settings)) this.#move('history');
    else location.assign(url);
  }

  /** Out of the browser's cache: the page lives again, but its connection does not. */
  #back(): void {
    this.#options.record.use(true);
    this.#move('load');
    if (this.#socket?.readyState !== WebSocket.OPEN) this.#backOff.later(() => this.#connect());
    this.#backOff.now();
  }
}

function title(): string {
  return document.title.slice(0, 300);
}
