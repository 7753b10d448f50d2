import { randomBytes } from 'node:crypto';
import type { PageHears, PageSays } from '../../contracts/visitor.ts';
import type { FakeStream, PageBench } from './page-bench.ts';

type Move = Extract<PageSays, { type: 'navigated' }>;

/**
 * A browser's tab as the network has it: what it says and what it is told travels for a while, and a page that is left takes along
 * what was on its way to it. It keeps its moves until they have surely arrived, as the widget does.
 */
export class Browser {
  readonly tab = randomBytes(8).toString('hex');
  /** The server, as long as it lives. */
  bench: PageBench;
  readonly #who: { ticket?: string; viewer?: string };
  readonly #ip: string;
  url: string;
  sharing = false;
  #seq = 0;
  #trail: Move[] = [];
  #because: number | undefined;
  #stream: FakeStream | undefined;
  #outbox: PageSays[] = [];
  #inbox: PageHears[] = [];
  ended = false;
  /** Full loads so far. */
  loads = 0;
  /** Pages that lead on by themselves. */
  readonly redirects = new Map<string, string>();

  constructor(
    bench: PageBench,
    url: string,
    who: { ticket?: string; viewer?: string } = {},
    ip = '198.51.100.1',
  ) {
    this.bench = bench;
    this.#who = who;
    this.#ip = ip;
    this.url = url;
    this.#load(url);
  }

  get isQuiet(): boolean {
    return (
      this.ended || (this.#stream !== undefined && this.#outbox.length === 0 && this.#inbox.length === 0)
    );
  }

  get ticket(): string {
    return this.#who.ticket ?? '';
  }

  /** The person clicks. */
  click(url: string, how: 'load' | 'history'): void {
    if (this.ended) return;
    if (how === 'load') this.#load(url);
    else this.#move(url, how);
  }

  /** One message reaches the server. */
  speak(): void {
    const said = this.#outbox.shift();
    if (said) this.#stream?.say(said);
  }

  /** One message reaches the page. */
  listen(): void {
    const heard = this.#inbox.shift();
    if (!heard) return;
    if (heard.type === 'welcome') {
      this.sharing = heard.sharing;
      if (heard.ticket !== undefined) this.#who.ticket = heard.ticket;
      if (heard.credential !== undefined) this.#who.viewer = heard.credential;
    } else if (heard.type === 'sharing') this.sharing = heard.on;
    else if (heard.type === 'ended') {
      this.ended = true;
      this.cut();
    } else if (heard.type === 'go' && (this.sharing || this.#who.viewer !== undefined)) {
      this.#because = heard.n;
      if (heard.url === this.url) this.#move(this.url, 'history');
      else this.#load(heard.url);
    }
  }

  cut(): void {
    this.#inbox = [];
    this.#outbox = [];
    this.#stream?.close('cut');
    this.#stream = undefined;
  }

  connect(): void {
    if (this.#stream || this.ended) return;
    const stream = this.bench.connect(this.#ip);
    this.#stream = stream;
    stream.onHeard = (message) => {
      if (this.#stream === stream) this.#inbox.push(message);
    };
    stream.onClose(() => {
      if (this.#stream === stream) this.#stream = undefined;
    });
    const arrived = (this.#trail[0]?.seq ?? this.#seq + 1) - 1;
    this.#outbox.push(
      { type: 'hello', tab: this.tab, url: this.url, seq: arrived, ...this.#who },
      ...this.#trail,
    );
  }

  /** What was said so long ago has arrived. */
  settle(): void {
    if (this.isQuiet) this.#trail = [];
  }

  say(message: PageSays): void {
    this.#outbox.push(message);
  }

  #load(url: string): void {
    this.cut();
    this.loads += 1;
    this.#move(this.redirects.get(url) ?? url, 'load');
  }

  #move(url: string, how: Move['how']): void {
    this.url = url;
    const because = this.#because;
    this.#because = undefined;
    const move: Move = {
      type: 'navigated',
      seq: ++this.#seq,
      url,
      how,
      ...(because !== undefined && { because }),
    };
    this.#trail = [...this.#trail, move].slice(-20);
    if (this.#stream) this.#outbox.push(move);
  }
}
