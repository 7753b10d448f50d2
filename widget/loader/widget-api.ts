import type { WidgetEvent } from '../shared/core.ts';

/** What a page may call: on `window.ringback`, or before the script is there by pushing `['open']` to that queue. */
export interface WidgetApi {
  open(): void;
  close(): void;
  /** Calls back on an event of the widget; gives a function that ends it. */
  on(event: WidgetEvent, listener: (detail: unknown) => void): () => void;
  /** A token signed by the company's backend that says who the visitor is. */
  identify(token: string): void;
  /** What the site's own consent manager allows. It can forbid; agreeing stays with the visitor. */
  setConsent(consent: { readonly store?: boolean; readonly pages?: boolean }): void;
  show(): void;
  hide(): void;
  destroy(): void;
}
export type Command = {
  [Name in keyof WidgetApi]: readonly [Name, ...Parameters<WidgetApi[Name]>];
}[keyof WidgetApi];

declare global {
  var ringback: readonly Command[] | (WidgetApi & { push(command: Command): void }) | undefined;
}

/** Puts the API in place of the queue and works off what was queued. False: the widget is there already. */
export function publish(api: WidgetApi): boolean {
  const queued = globalThis.ringback;
  if (queued && 'open' in queued) return false;
  const push = ([name, ...given]: Command): void => {
    (api[name] as ((...all: unknown[]) => unknown) | undefined)?.(...given);
  };
  globalThis.ringback = Object.assign(api, { push });
  queued?.forEach(push);
  return true;
}
