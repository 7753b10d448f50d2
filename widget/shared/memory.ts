import type { CallbackRequest } from '../../contracts/visitor.schema.ts';

/** A request that may or may not have arrived: it is sent again, unchanged, under the same key. */
export interface PendingRequest {
  readonly key: string;
  readonly body: CallbackRequest;
  readonly since: number;
}

/** All that the widget stores, under one first-party key and only after use. */
export interface Kept {
  /** The open callback. The token alone opens it again. */
  readonly callback?: { readonly id: string; readonly token: string; readonly service: string } | undefined;
  readonly pending?: PendingRequest | undefined;
  /** A withdrawal that has not arrived yet. */
  readonly cancelling?: boolean | undefined;
  /** A no to the sharing of pages that has not been confirmed yet. */
  readonly stopping?: boolean | undefined;
  /** Continues the page session in other tabs and after a reload. */
  readonly ticket?: string | undefined;
  /** The panel was open when the page was left. */
  readonly open?: boolean | undefined;
}

const KEY = 'ringback';

/** Keeps the little that must survive a reload; in this page only until the widget is used or where storage is refused. */
export class Memory {
  #kept: Kept = {};
  #used = false;
  #allowed = true;

  constructor() {
    this.#reload();
    this.#used = Object.keys(this.#kept).length > 0;
  }

  get kept(): Kept {
    return this.#kept;
  }

  /** Whether anything may be stored in this browser. */
  get mayStore(): boolean {
    return this.#used && this.#allowed;
  }

  keep(change: Kept): void {
    // Another tab may have written meanwhile: its news stays unless this change is about the same thing.
    if (this.#used) this.#reload();
    this.#kept = { ...this.#kept, ...change };
    this.#write();
  }

  /** The visitor has begun to use the widget: from now on what is kept is stored. */
  use(): void {
    this.#used = true;
    this.#write();
  }

  /** The page's consent manager forbids or allows storage on this device. */
  allow(store: boolean): void {
    this.#allowed = store;
    this.#write();
  }

  /** Tells of what another tab has changed. */
  onOtherTab(listener: () => void, life: AbortSignal): void {
    addEventListener(
      'storage',
      (event) => {
        if (event.key !== KEY && event.key !== null) return;
        this.#reload();
        listener();
      },
      { signal: life },
    );
  }

  #reload(): void {
    if (!this.#allowed) return;
    try {
      const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
      if (typeof stored === 'object' && stored) this.#kept = stored;
    } catch {
      // Storage is refused, or somebody else's: what this page remembers has to do.
    }
  }

  #write(): void {
    if (!this.#used) return;
    try {
      const text = JSON.stringify(this.#kept);
      if (!this.#allowed || text === '{}') localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, text);
    } catch {
      // As above.
    }
  }
}
