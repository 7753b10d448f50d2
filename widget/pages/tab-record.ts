import type { PageSays } from '../../contracts/visitor.ts';
import { randomId } from '../shared/random-id.ts';

export type Move = Extract<PageSays, { type: 'navigated' }>;

interface Stored {
  readonly id: string;
  seq: number;
  /** Moves that may not have arrived, oldest first. */
  trail: Move[];
  /** The `go` whose effect is awaited, and until when. */
  because?: { readonly n: number; readonly until: number } | undefined;
  /** A page has this record in use; a copy of it belongs to a duplicated tab. */
  inUse: boolean;
  credential?: string | undefined;
}

const MOST_MOVES = 20;
const ECHO_MS = 15_000;

/** What one tab remembers from page to page, so that its moves can be told in order and none is lost. */
export class TabRecord {
  readonly #key: string;
  readonly #mayStore: () => boolean;
  #stored: Stored;

  constructor(key: string, mayStore: () => boolean) {
    this.#key = key;
    this.#mayStore = mayStore;
    const earlier = this.#read();
    // "Duplicate tab" copies the storage of a page that is still there: two tabs must not count alike.
    this.#stored =
      earlier && !earlier.inUse
        ? { ...earlier, inUse: true }
        : { id: randomId(), seq: 0, trail: [], inUse: true, credential: earlier?.credential };
    this.save();
  }

  get id(): string {
    return this.#stored.id;
  }

  /** The last number whose move is known to have arrived. */
  get arrived(): number {
    return (this.#stored.trail[0]?.seq ?? this.#stored.seq + 1) - 1;
  }

  get trail(): readonly Move[] {
    return this.#stored.trail;
  }

  get credential(): string | undefined {
    return this.#stored.credential;
  }

  set credential(credential: string | undefined) {
    this.#stored.credential = credential;
    this.save();
  }

  /** Counts a move, marked as an echo where a `go` has caused it. */
  note(how: Move['how'], url: string, title: string): Move {
    const { because } = this.#stored;
    const move: Move = {
      type: 'navigated',
      seq: ++this.#stored.seq,
      url,
      title,
      how,
      ...(because && Date.now() < because.until && { because: because.n }),
    };
    this.#stored.because = undefined;
    this.#stored.trail = [...this.#stored.trail.slice(1 - MOST_MOVES), move];
    this.save();
    return move;
  }

  /** The next move is the echo of this `go`, wherever it lands. */
  expect(n: number): void {
    this.#stored.because = { n, until: Date.now() + ECHO_MS };
    this.save();
  }

  forgetUpTo(seq: number): void {
    this.#stored.trail = this.#stored.trail.filter((move) => move.seq > seq);
    this.save();
  }

  /** The page is left, or comes back from the browser's cache. */
  use(inUse: boolean): void {
    this.#stored.inUse = inUse;
    this.save();
  }

  save(): void {
    try {
      if (this.#mayStore()) sessionStorage.setItem(this.#key, JSON.stringify(this.#stored));
    } catch {
      // Storage is refused: this tab starts anew with each page.
    }
  }

  forget(): void {
    this.#stored.credential = undefined;
    try {
      sessionStorage.removeItem(this.#key);
    } catch {
      // As above.
    }
  }

  #read(): Stored | undefined {
    try {
      return JSON.parse(sessionStorage.getItem(this.#key) ?? 'null') as Stored | undefined;
    } catch {
      return undefined;
    }
  }
}
