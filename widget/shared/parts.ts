import type { adopt, el, fill, icon } from './dom.ts';
import type { Settings, WidgetCore } from './core.ts';

/** What `panel.js` hands over: the form and everything that follows from it. */
export interface PanelPart {
  create(core: WidgetCore): Panel;
}
export interface Panel {
  open(): void;
  close(): void;
}

/** What `pages.js` hands over: the page session, as the visitor's browser or as a viewer's frame. */
export interface PagesPart {
  visitor(core: WidgetCore): PageSession;
  viewer(server: string, settings: Settings, ticket: string | undefined): void;
}
export interface PageSession {
  /** Who sees this page now, by first name; empty while nobody does. */
  readonly viewers: readonly string[];
  readonly sharing: boolean;
  /** Six digits to read out on the phone, while they are valid. */
  readonly code: string | undefined;
  stopSharing(): void;
  /** Tells of every change of the above. */
  onChange(listener: () => void): void;
}

/** The loader's helpers for the page. */
export interface Dom {
  readonly adopt: typeof adopt;
  readonly el: typeof el;
  readonly fill: typeof fill;
  readonly icon: typeof icon;
}

/** The script element of a part: the loader puts the receiver on it, so that no global is needed. */
export interface PartScript<Part> extends HTMLScriptElement {
  ringback: (part: Part) => void;
  dom: Dom;
}

/** Gives a part to the loader that asked for it. Must run while the script is first evaluated. */
export function handOver(part: PanelPart | PagesPart): void {
  (document.currentScript as PartScript<typeof part>).ringback(part);
}
