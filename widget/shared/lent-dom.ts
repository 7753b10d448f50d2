import type { PartScript } from './parts.ts';

/** The loader's helpers for the page, lent to the parts so that they are loaded once. */
export const { el, fill, icon, adopt } = (document.currentScript as PartScript<unknown>).dom;
