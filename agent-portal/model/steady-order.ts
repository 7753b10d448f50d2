import { signal, type ReadonlySignal } from '@preact/signals';

const holdMs = 1000;

/**
 * A list that does not jump under the pointer: while the pointer is over it, a new order waits for a second (rows are
 * brought up to date in place, new ones come last), so that a click meets the row that was aimed at.
 */
export class SteadyOrder<T> {
  readonly rows: ReadonlySignal<readonly T[]>;
  readonly #rows = signal<readonly T[]>([]);
  readonly #keyOf: (row: T) => string;
  #newest: readonly T[] = [];
  #isOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(keyOf: (row: T) => string) {
    this.#keyOf = keyOf;
    this.rows = this.#rows;
  }

  take(newest: readonly T[]): void {
    this.#newest = newest;
    if (!this.#isOver) {
      this.#settle();
      return;
    }
    const byKey = new Map(newest.map((row) => [this.#keyOf(row), row]));
    const stayed = this.#rows.value.flatMap((row) => byKey.get(this.#keyOf(row)) ?? []);
    const before = new Set(stayed.map(this.#keyOf));
    this.#rows.value = [...stayed, ...newest.filter((row) => !before.has(this.#keyOf(row)))];
    this.#timer ??= setTimeout(() => this.#settle(), holdMs);
  }

  pointer(isOver: boolean): void {
    this.#isOver = isOver;
    if (!isOver) this.#settle();
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#rows.value !== this.#newest) this.#rows.value = this.#newest;
  }
}
