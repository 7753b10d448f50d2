import type { WidgetCore } from '../shared/core.ts';
import { Memory } from '../shared/memory.ts';
import type { PageSession, PagesPart, Panel, PanelPart } from '../shared/parts.ts';
import { drawLauncher } from './draw-launcher.ts';
import { keepClear } from './keep-clear.ts';
import { loadPart } from './load-part.ts';
import { readSettings, readTexts } from './read-settings.ts';
import { takeViewerTicket } from './viewer-ticket.ts';
import { publish } from './widget-api.ts';

const viewerTicket = takeViewerTicket();
const script =
  (document.currentScript as HTMLScriptElement | null) ??
  document.querySelector<HTMLScriptElement>('script[src*="/widget.js"]');

if (script?.src) {
  if (viewerTicket !== undefined) startViewer(script, viewerTicket);
  // Inside a frame the page is somebody's view of it, not a visit.
  else if (window === window.top) whenBodyIsThere(() => startWidget(script));
}

function whenBodyIsThere(then: () => void): void {
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', then, { once: true });
  else then();
}

function startViewer(loader: HTMLScriptElement, ticket: string): void {
  const server = new URL(loader.src).origin;
  void loadPart<PagesPart>(server, loader, 'pages.js').then((part) =>
    part.viewer(server, readSettings(loader), ticket || undefined),
  );
}

function startWidget(loader: HTMLScriptElement): void {
  const server = new URL(loader.src).origin;
  const settings = readSettings(loader);
  const texts = readTexts(loader);
  const hasOwnTexts = Object.keys(texts).length > 0;
  const memory = new Memory();
  const life = new AbortController();
  const listeners = new Map<string, Set<(detail: unknown) => void>>();
  const listen = (event: string, listener: (detail: unknown) => void): (() => void) => {
    const those = listeners.get(event) ?? new Set();
    listeners.set(event, those.add(listener));
    return () => those.delete(listener);
  };
  const emit = (event: string, detail?: unknown): void =>
    listeners.get(event)?.forEach((listener) => listener(detail));
  let identity: string | undefined;
  let mayShare = true;
  let session: Promise<PageSession> | undefined;
  let panel: Promise<Panel> | undefined;

  const lang = hasOwnTexts ? (settings.language ?? 'en') : 'en';
  const drawn = drawLauncher(texts['open'] ?? 'Call me back', lang, settings.openShadow, life.signal);
  const { button, host } = drawn;

  const core: WidgetCore = {
    ...drawn,
    server,
    settings,
    memory,
    hasOwnTexts,
    ownText: (id) => texts[id],
    emit,
    keepClear: (element) => keepClear(element, life.signal),
    session: () =>
      (session ??= loadPart<PagesPart>(server, loader, 'pages.js').then((part) => part.visitor(core))),
    identity: () => identity,
    mayShare: () => mayShare,
    onForbidden: (listener) => void listen('forbidden', listener),
    life: life.signal,
  };

  const loadPanel = (): Promise<Panel> => {
    panel ??= loadPart<PanelPart>(server, loader, 'panel.js').then((part) => part.create(core));
    panel.catch(() => {
      panel = undefined; // a later press tries again
      drawn.launcher.show(texts['unreachable'] ?? 'Not available now. Try again', 'trouble');
    });
    return panel;
  };
  const open = (): void => {
    button.ariaBusy = 'true';
    loadPanel()
      .then((it) => it.open())
      .catch(() => emit('problem', { problem: 'unavailable' }))
      .finally(() => (button.ariaBusy = null));
  };
  button.addEventListener('click', open);

  const isFirst = publish({
    open,
    close: () => void panel?.then((it) => it.close()),
    on: listen,
    identify: (token) => (identity = token),
    setConsent(consent) {
      if (consent.store !== undefined) memory.allow(consent.store);
      if (consent.pages !== undefined) mayShare = consent.pages;
      if (!mayShare) emit('forbidden');
    },
    show: () => (host.hidden = false),
    hide: () => (host.hidden = true),
    destroy: () => life.abort(),
  });
  if (!isFirst) {
    life.abort(); // the script is on the page twice
    return;
  }
  const { callback, pending, ticket } = memory.kept;
  if (callback ?? pending) void loadPanel().catch(() => {});
  if (ticket ?? settings.sessionFromStart) void core.session().catch(() => {});
}
