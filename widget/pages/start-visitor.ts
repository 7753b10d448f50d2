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
  const notSharing = (): void => {
    sharing = false;
    viewers = [];
    changed();
  };
  const stopSharing = (): void => {
    // The visitor's word counts at once, whatever the network does, and is said again until it is confirmed.
    memory.keep({ stopping: true });
    line.say({ type: 'consent', pages: false });
    notSharing();
  };
  const heardSharing = (on: boolean, names: readonly string[]): void => {
    if (on && memory.kept.stopping) return;
    if (on && !core.mayShare()) {
      stopSharing();
      return;
    }
    sharing = on;
    viewers = names;
    changed();
  };
  const notice = new SharingNotice(core, stopSharing);
  core.onForbidden(() => {
    notice.withdraw();
    if (sharing) stopSharing();
  });
  memory.onOtherTab(() => sharing && memory.kept.stopping && notSharing(), life);

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
    mayReport: () => !memory.kept.stopping,
    mayFollow: () => sharing && core.mayShare(),
    refused: (url) => core.emit('problem', { problem: 'page-refused', url }),
    hear(message) {
      switch (message.type) {
        case 'welcome':
          if (message.ticket) memory.keep({ ticket: message.ticket });
          if (message.sharing !== sharing) heardSharing(message.sharing, viewers);
          break;
        case 'sharing':
          notice.withdraw(); // answered, or whoever asked is gone
          if (!message.on) {
            memory.keep({ stopping: undefined });
            line.report(); // what was held back, in this tab or by another one's no
          }
          heardSharing(message.on, message.viewers);
          break;
        case 'consent-asked': {
          const { agent, text, version } = message;
          const answer = (pages: boolean): void => line.say({ type: 'consent', pages, text, version });
          if (!core.mayShare()) answer(false);
          else if (!memory.kept.stopping) notice.ask(agent, text, answer); // else a no is on its way
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
          notice.withdraw();
          const hadTicket = memory.kept.ticket !== undefined;
          memory.keep({ ticket: undefined, stopping: undefined });
          // A ticket can be too old or of another time; without it a new session begins.
          if (message.reason !== 'expired' && !(message.reason === 'refused' && hadTicket)) line.end();
          notSharing();
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
