import type { Move } from './tab-record.ts';

interface Navigation extends EventTarget {
  readonly currentEntry: { readonly url: string | null } | null;
}

/**
 * Tells of every change of the address within the page: by the Navigation API where the browser has it, else by listening in
 * on `history`. A full load is a new page, and tells of itself.
 */
export function watchMoves(tell: (how: Move['how']) => void, life: AbortSignal): void {
  let last = location.href;
  const look = (): void => {
    if (location.href === last) return;
    const isHash = location.href.split('#')[0] === last.split('#')[0];
    last = location.href;
    tell(isHash ? 'hash' : 'history');
  };
  const { navigation } = window as { navigation?: Navigation };
  if (navigation) {
    navigation.addEventListener('currententrychange', look, { signal: life });
    return;
  }
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name].bind(history);
    history[name] = (...given) => {
      original(...given);
      look();
    };
    life.addEventListener('abort', () => (history[name] = original));
  }
  addEventListener('popstate', look, { signal: life });
  addEventListener('hashchange', look, { signal: life });
}
