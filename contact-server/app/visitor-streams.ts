import type { Logger } from 'pino';
import type { CallbackId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { isOver } from '../domain/callback.ts';
import type { Hints } from '../ports/hints.ts';
import type { CallbackStore } from '../ports/stores.ts';
import type { VisitorStream } from '../ports/visitor-desk.ts';
import { Serial } from './serial.ts';
import { isPromised, type VisitorViews } from './visitor-view.ts';

interface Parts {
  readonly store: CallbackStore;
  readonly views: VisitorViews;
  readonly hints: Hints;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Open {
  readonly id: CallbackId;
  readonly stream: VisitorStream;
  /** The revision the visitor has. */
  shown: string | undefined;
  waiting: boolean;
  /** Their promise is looked at again by then. */
  reviewAt: number | undefined;
}

/** How soon a moved line is told, at the most once in so long. */
const LINE_MS = 1_000;
/** And how often a waiting visitor's place is looked at even when nothing was heard. */
const QUIET_MS = 15_000;

/** Keeps each visitor's page in step with their callback: a whole view on every change, nothing when nothing changed. */
export class VisitorStreams {
  readonly #parts: Parts;
  readonly #open = new Set<Open>();
  readonly #serial = new Serial();
  #lineMoved = false;
  #lastLook = 0;
  #stop: (() => void)[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  start(): void {
    this.#stop.push(
      this.#parts.hints.onHint((hint) => {
        if (hint.about === 'callback') this.#look((it) => it.id === hint.id);
        else if (hint.about === 'board') this.#lineMoved = true;
      }),
    );
    this.#tick();
  }

  stop(): void {
    for (const stop of this.#stop) stop();
    for (const it of this.#open) it.stream.close('server is closing');
  }

  async open(id: CallbackId, stream: VisitorStream): Promise<void> {
    const mine: Open = { id, stream, shown: stream.lastEventId, waiting: true, reviewAt: undefined };
    this.#open.add(mine);
    stream.onClose(() => this.#open.delete(mine));
    await this.#serial.run(id, () => this.#show(mine));
  }

  #tick(): void {
    const { clock } = this.#parts;
    const cancel = clock.after(LINE_MS, () => {
      this.#stop = this.#stop.filter((it) => it !== cancel);
      if (this.#lineMoved || clock.now() - this.#lastLook > QUIET_MS) {
        this.#lineMoved = false;
        this.#lastLook = clock.now();
        this.#look((it) => it.waiting);
      } else {
        const now = clock.now();
        this.#look((it) => it.waiting && it.reviewAt !== undefined && it.reviewAt <= now);
      }
      this.#tick();
    });
    this.#stop.push(cancel);
  }

  #look(which: (it: Open) => boolean): void {
    for (const it of this.#open) {
      if (!which(it)) continue;
      this.#serial
        .run(it.id, () => this.#show(it))
        .catch((err: unknown) => this.#parts.log.warn({ err, callbackId: it.id }, 'visitor not told'));
    }
  }

  async #show(it: Open): Promise<void> {
    if (!this.#open.has(it)) return;
    const record = await this.#parts.store.find(it.id);
    if (!record) {
      it.stream.close('gone');
      return;
    }
    const { view, promiseBroke, reviewAt } = await this.#parts.views.look(record);
    it.reviewAt = reviewAt;
    it.waiting = isPromised(record.callback.phase) || view.codeWord !== undefined;
    const revision = String(view.revision);
    if (revision === it.shown) return;
    it.shown = revision;
    const event = promiseBroke ? 'callback.promise-broken' : 'callback.changed';
    it.stream.send(JSON.stringify(view), { event, id: revision });
    if (isOver(record.callback)) it.waiting = false;
  }
}
