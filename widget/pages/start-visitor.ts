import type { WidgetCore } from '../shared/core.ts';
import type { PageSession } from '../shared/parts.ts';
import { PageLine } from './page-line.ts';
import { SharingNotice } from './sharing-notice.ts';
import { TabRecord } from './tab-record.ts';

/** Begins the visitor's page session, or continues it with the ticket that an earlier page has kept. */
export function startVisitor(core: WidgetCore): PageSession {
  const { memory, life } = core;
  const record = new TabRecord('ringback-tab', () => memory.mayStore);
  const listeners: (() => void)[] = [];
  let viewers: readonly string[] = [];
  let sharing = false;
  let code: string | undefined;
  let codeTimer: ReturnType<typeof setTimeout> | undefined;

  const changed = (): void => {
    notice.show(sharing, viewers);
    core.emit('sharing', { on: sharing, viewers });
    listeners.forEach((listener) => listener());
  };
  const stopSharing = (): void => {
    line.say({ type: 'consent', pages: false });
    // The visitor's word counts at once, whatever the network does.
    sharing = false;
    viewers = [];
    changed();
  };
  const notice = new SharingNotice(core, stopSharing);
  core.onForbidden(() => {
    notice.withdraw();
    if (sharing) stopSharing();
  });

  const line = new PageLine({
    server: core.server,
    settings: core.settings,
    record,
    life,
    hello() {
      record.save(); // the widget may have come into use since
      const { ticket } = memory.kept;
      return ticket === undefined ? {} : { ticket };
    },
    mayFollow: () => sharing && core.mayShare(),
    refused: (url) => core.emit('problem', { problem: 'page-refused', url }),
    hear(message) {
      switch (message.type) {
        case 'welcome':
          if (message.ticket) memory.keep({ ticket: message.ticket });
          if (message.sharing === sharing) break;
          sharing = message.sharing;
          changed();
          break;
        case 'sharing':
          ({ on: sharing, viewers } = message);
          notice.withdraw(); // answered, or whoever asked is gone
          changed();
          break;
        case 'consent-asked': {
          const { agent, text, version } = message;
          const answer = (pages: boolean): void => line.say({ type: 'consent', pages, text, version });
          if (core.mayShare()) notice.ask(agent, text, answer);
          else answer(false);
          break;
        }
        case 'code':
          // Both are needed, so both are shown in one: the digits are good only together with the address.
          code = [message.code.replace(/^(...)/, '$1\u00a0'), message.address]
            .filter(Boolean)
            .join('\u00a0· ');
          clearTimeout(codeTimer);
          codeTimer = setTimeout(() => {
            code = undefined;
            changed();
          }, message.validForS * 1000);
          changed();
          break;
        case 'ended': {
          sharing = false;
          viewers = [];
          notice.withdraw();
          const hadTicket = memory.kept.ticket !== undefined;
          memory.keep({ ticket: undefined });
          // A ticket can be too old or of another time; without it a new session begins.
          if (message.reason !== 'expired' && !(message.reason === 'refused' && hadTicket)) line.end();
          changed();
          break;
        }
        case 'problem':
          core.emit('problem', { problem: message.problem });
          break;
        case 'go': // the line has gone
      }
    },
  });

  return {
    get viewers() {
      return viewers;
    },
    get sharing() {
      return sharing;
    },
    get code() {
      return code;
    },
    stopSharing,
    onChange: (listener) => void listeners.push(listener),
  };
}
