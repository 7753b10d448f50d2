import type { Memory } from './memory.ts';
import type { PageSession } from './parts.ts';

/** What the page says in the attributes of the script element. */
export interface Settings {
  /** `data-service`: what is asked for. */
  readonly service: string;
  /** `data-language`: the language of the texts the page gives, and of times. */
  readonly language: string | undefined;
  /** `data-country`: whose numbers are typed without a prefix; otherwise guessed from zone and language. */
  readonly country: string | undefined;
  /** `data-privacy`: address of the company's privacy notice. */
  readonly privacy: string | undefined;
  /** `data-origins`: further origins of the company that a shared page may go to. */
  readonly origins: readonly string[];
  /** `data-strip`: further names of address parameters whose values never leave the page. */
  readonly strip: readonly string[];
  /** `data-keep`: names of address parameters that are no secret here, e.g. `code`. */
  readonly keep: readonly string[];
  /** `data-session="page"`: begin the page session with the page, storing nothing, and not at the first opening. */
  readonly sessionFromStart: boolean;
  /** `data-open-shadow`: let tests and checkers look into the widget. */
  readonly openShadow: boolean;
}

/** How the launcher looks: resting, waiting for us, being rung or talking, or in trouble. */
export type Tone = 'idle' | 'waiting' | 'live' | 'trouble';

/** What a page can listen to with `on`. */
export type WidgetEvent =
  'open' | 'close' | 'requested' | 'changed' | 'ringing' | 'ended' | 'sharing' | 'problem';

/** What the loader lends to the parts it loads. */
export interface WidgetCore {
  /** Origin of the web server the script came from; the API is there too. */
  readonly server: string;
  readonly settings: Settings;
  readonly root: ShadowRoot;
  /** Holds live regions and the notices of page sharing; the panel takes it along when it is modal. */
  readonly layer: HTMLElement;
  readonly memory: Memory;
  /** The page's own words for a text, if it gave any. */
  ownText(id: string): string | undefined;
  /** Whether the page gave texts at all: then times are written in its language. */
  readonly hasOwnTexts: boolean;
  emit(event: WidgetEvent, detail?: unknown): void;
  launcher: {
    show(label: string, tone: Tone): void;
    expanded(open: boolean): void;
    focus(): void;
    /** Its drawing, once more. */
    picture(): Node;
    /** What it says when nothing is going on. */
    readonly label: string;
  };
  /** Moves an element out of the way while it would cover what is focused on the page. */
  keepClear(element: HTMLElement): void;
  /** The page session; asking for it begins it. */
  session(): Promise<PageSession>;
  /** The token of `identify`, signed by the company's backend. */
  identity(): string | undefined;
  /** False once the page has said that pages must not be shared. */
  mayShare(): boolean;
  /** Tells when the page forbids sharing while it may be going on. */
  onForbidden(listener: () => void): void;
  /** Aborted by `destroy`: everything that listens or waits ends with it. */
  readonly life: AbortSignal;
}
