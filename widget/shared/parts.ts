import type { PageHears } from '../../contracts/visitor.ts';
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
  viewer(
    server: string,
    settings: Settings,
    ticket: string | undefined,
    say: (problem: string) => void,
  ): void;
}
export interface PageSession {
  /** Who sees this page now, by first name; empty while nobody does. */
  readonly viewers: readonly string[];
  readonly sharing: boolean;
  /** Six digits to read out on the phone, while they are valid. */
  readonly code: string | undefined;
  stopSharing(): void;
  /** Tells of every change of the above, and of what the server says. */
  onChange(listener: (heard?: PageHears) => void): void;
}

/** The script element of a part: the loader puts the receiver on it, so that no global is needed. */
export interface PartScript<Part> extends HTMLScriptElement {
  ringback?: (part: Part) => void;
}

/** Gives a part to the loader that asked for it. Must run while the script is first evaluated. */
export function handOver<Part>(part: Part): void {
  (document.currentScript as PartScript<Part> | null)?.ringback?.(part);
}
