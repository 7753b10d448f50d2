import type { PageHears } from '../../contracts/visitor.ts';
import type { Settings } from '../shared/core.ts';
import { PageLine } from './page-line.ts';
import { TabRecord } from './tab-record.ts';

/**
 * The page as an agent or manager has it before them: it reports and follows like the visitor's, shows nothing of its own,
 * stores no visitor's keys, and is nobody's visit. The portal around it hears that the page has come alive.
 */
export function startViewer(server: string, settings: Settings, ticket: string | undefined): void {
  const record = new TabRecord('ringback-viewer', () => true);
  let oneTime = ticket;
  if (oneTime) record.credential = undefined;
  const life = new AbortController();
  const tellPortal = (state: 'welcome' | 'ended' | 'page-refused'): void => {
    const portal = portalOrigin();
    if (portal && window.parent !== window)
      window.parent.postMessage({ type: 'ringback-viewer', state }, portal);
  };
  new PageLine({
    server,
    settings,
    record,
    life: life.signal,
    hello() {
      const viewer = record.credential ?? oneTime;
      return viewer === undefined ? {} : { viewer };
    },
    mayReport: () => true,
    mayFollow: () => true,
    hear(message: PageHears) {
      if (message.type === 'welcome') {
        if (message.credential) {
          record.credential = message.credential;
          oneTime = undefined;
        }
        tellPortal('welcome');
      } else if (message.type === 'ended') {
        record.forget();
        life.abort();
        tellPortal('ended');
      }
    },
    refused: () => tellPortal('page-refused'),
  });
}

/** Whose frame this is. Where nobody says so, nothing is posted: a message to everybody is for nobody. */
function portalOrigin(): string | undefined {
  const { ancestorOrigins } = location as { ancestorOrigins?: DOMStringList };
  return ancestorOrigins?.[0] ?? (document.referrer ? new URL(document.referrer).origin : undefined);
}
