import type { CallCommand, PageCommand } from '../../contracts/agent.ts';
import type { SessionId } from '../../contracts/ids.ts';
import { accept, callNow, control, decline, markChecked } from './actions.ts';
import type { CodedPage } from './page-desk.ts';
import type { Portal } from './portal.ts';

export type CommandGroup = 'Offer' | 'Call' | 'Page' | 'Contact' | 'You' | 'Board';

export type CommandId =
  | 'accept'
  | 'decline'
  | 'why'
  | 'hold'
  | 'retrieve'
  | 'drop'
  | 'call-now'
  | 'ask-consent'
  | 'lead'
  | 'follow'
  | 'push'
  | 'window'
  | 'stop'
  | 'check'
  | 'notes'
  | 'outcome'
  | 'done'
  | 'ready'
  | 'state'
  | 'code'
  | 'phone'
  | 'preferences'
  | 'keys'
  | 'switch'
  | 'rules'
  | 'log-out'
  | 'wall'
  | 'close';

/** Something the agent can do, with the key that does it: buttons, keys and the `?` list are all made of these. */
export interface Command {
  readonly label: string;
  readonly group: CommandGroup;
  /** As `KeyboardEvent.key` has it, lower case. */
  readonly key: string;
  /** How the key is written on a button. */
  readonly shown: string;
  readonly isAllowed: () => boolean;
  readonly run: () => void;
  /** Key in `Commands.busy` while it is under way. */
  readonly busy?: () => string | undefined;
}

const focus = (id: string): void => document.getElementById(id)?.focus();

/** Every command of the portal. What is not allowed now is not offered: `isAllowed` repeats what the server says. */
export function commandList(portal: Portal): Readonly<Record<CommandId, Command>> {
  const { desk, pages, wrapUps, board } = portal;
  const onDesk = (): boolean => portal.screen.value === 'desk' && portal.isAgent.value;
  /** The page that came by a code, while no contact is in front of it. */
  const coded = (): CodedPage | undefined =>
    desk.contact.value || desk.offer.value ? undefined : pages.coded.value;
  const session = (): SessionId | undefined => desk.contact.value?.session?.id ?? coded()?.session;
  const pageMay = (command: PageCommand): boolean =>
    (coded() ? pages.codedAllowed : desk.contact.value?.session?.pages.allowed)?.includes(command) ?? false;

  function ofCall(command: CallCommand, label: string, key: string): Command {
    const call = () => desk.contact.value?.call;
    return {
      label,
      group: 'Call',
      key,
      shown: key.toUpperCase(),
      isAllowed: () => onDesk() && (call()?.allowed.includes(command) ?? false),
      run: () => {
        const now = call();
        if (now) void control(portal, now, command);
      },
      busy: () => call() && `${command}:${call()?.id ?? ''}`,
    };
  }

  function ofPage(
    command: PageCommand,
    label: string,
    key: string,
    act: (id: SessionId) => void,
    busy: string,
  ): Command {
    return {
      label,
      group: 'Page',
      key,
      shown: key.toUpperCase(),
      isAllowed: () => onDesk() && pageMay(command),
      run: () => {
        const id = session();
        if (id) act(id);
      },
      busy: () => `${busy}:${session() ?? ''}`,
    };
  }

  function plain(
    group: CommandGroup,
    label: string,
    key: string,
    isAllowed: () => boolean,
    run: () => void,
  ): Command {
    return { label, group, key, shown: key.length === 1 ? key.toUpperCase() : key, isAllowed, run };
  }

  const offered = (what: 'accept' | 'reject') => () => {
    const offer = desk.offer.value;
    return portal.isAgent.value && !!offer && offer.allowed.includes(what) && !portal.isOver(offer);
  };
  const withOffer = (act: typeof accept) => () => {
    const offer = desk.offer.value;
    if (offer) void act(portal, offer);
  };
  const hasContact = (): boolean => onDesk() && desk.contact.value !== undefined;
  const contactMay = (what: 'call-now' | 'complete' | 'check-identity') => () =>
    onDesk() && (desk.contact.value?.allowed.includes(what) ?? false);
  const withContact = (act: typeof markChecked) => () => {
    const contact = desk.contact.value;
    if (contact) void act(portal, contact);
  };

  return {
    accept: {
      label: 'Accept',
      group: 'Offer',
      key: 'enter',
      shown: '⏎',
      isAllowed: offered('accept'),
      run: withOffer(accept),
      busy: () => `accept:${desk.offer.value?.reservationId ?? ''}`,
    },
    decline: {
      ...plain('Offer', 'Decline', 'x', offered('reject'), withOffer(decline)),
      busy: () => `reject:${desk.offer.value?.reservationId ?? ''}`,
    },
    why: plain(
      'Offer',
      'Why me?',
      'w',
      () =>
        (portal.screen.value === 'desk' || desk.offer.value !== undefined) && desk.why.value !== undefined,
      () => (portal.whyIsOpen.value = !portal.whyIsOpen.value),
    ),
    hold: ofCall('hold', 'Hold', 'h'),
    retrieve: ofCall('retrieve', 'Take off hold', 'h'),
    drop: ofCall('drop', 'End call', 'e'),
    'call-now': {
      ...plain('Call', 'Call now', 'c', contactMay('call-now'), withContact(callNow)),
      busy: () => `call:${desk.contact.value?.callbackId ?? ''}`,
    },
    'ask-consent': ofPage(
      'ask-consent',
      'Ask to share the page',
      'a',
      (id) => void pages.askConsent(id),
      'consent',
    ),
    lead: ofPage('lead', 'Lead', 'l', (id) => void pages.setMode(id, 'lead'), 'mode'),
    follow: ofPage('follow', 'Follow', 'f', (id) => void pages.setMode(id, 'follow'), 'mode'),
    push: ofPage('push', 'Push a page', 'p', () => focus('push-url'), 'push'),
    window: ofPage(
      'open-view',
      'Open in a window',
      'v',
      () => {
        const now = desk.contact.value?.session;
        void (now ? pages.frame(now) : coded()?.frame)?.openWindow();
      },
      'window',
    ),
    stop: ofPage(
      'stop',
      'Stop viewing',
      's',
      () => {
        const contact = desk.contact.value;
        const page = coded();
        if (contact) void pages.stop(contact);
        else if (page) void pages.stopCoded(page);
      },
      'stop',
    ),
    check: {
      ...plain('Contact', 'Identity checked', 'i', contactMay('check-identity'), withContact(markChecked)),
      busy: () => `identity:${desk.contact.value?.callbackId ?? ''}`,
    },
    notes: plain('Contact', 'Write notes', 'n', hasContact, () => focus('notes')),
    outcome: plain('Contact', 'Choose outcome', 'o', contactMay('complete'), () => focus('outcome')),
    done: {
      ...plain('Contact', 'Done', 'd', contactMay('complete'), () => {
        const contact = desk.contact.value;
        if (!contact) return;
        void wrapUps.complete(contact);
        if (wrapUps.of(contact).done.value === 'no-outcome') focus('outcome');
      }),
      busy: () => `complete:${desk.contact.value?.callbackId ?? ''}`,
    },
    ready: {
      ...plain(
        'You',
        'Become ready',
        'r',
        () => portal.isAgent.value && (desk.me.value?.allowed.includes('ready') ?? false),
        () => void portal.setState({ state: 'ready' }),
      ),
      busy: () => 'state',
    },
    state: plain(
      'You',
      'Change your state',
      't',
      () => portal.isAgent.value,
      () => (portal.stateMenuIsOpen.value = !portal.stateMenuIsOpen.value),
    ),
    phone: plain(
      'You',
      'Your phone',
      'u',
      () => portal.isAgent.value,
      () => portal.toggle('phone'),
    ),
    code: plain('Page', 'Enter a page code', 'g', onDesk, () => portal.toggle('code')),
    preferences: plain(
      'You',
      'Preferences',
      ',',
      // Who only manages has nothing there but a second factor.
      () => portal.isAgent.value || portal.desk.me.value?.secondFactor !== undefined,
      () => portal.toggle('preferences'),
    ),
    keys: plain(
      'You',
      'Keys',
      '?',
      () => true,
      () => portal.toggle('keys'),
    ),
    switch: {
      ...plain(
        'You',
        'Desk or board',
        'b',
        () => portal.isAgent.value && portal.isManager.value,
        () => {
          portal.go(portal.screen.value === 'board' ? 'desk' : 'board');
        },
      ),
    },
    rules: plain(
      'Board',
      'Rules',
      'm',
      () => portal.isManager.value,
      () => portal.go(portal.screen.value === 'rules' ? 'board' : 'rules'),
    ),
    'log-out': {
      ...plain(
        'You',
        'Log out',
        'Q',
        () => true,
        () => void portal.logOut(),
      ),
      shown: '⇧Q',
    },
    wall: plain(
      'Board',
      'Wall mode',
      'w',
      () => portal.screen.value === 'board',
      () => {
        board.isWall.value = !board.isWall.value;
      },
    ),
    close: {
      ...plain(
        'Board',
        'Close',
        'escape',
        () =>
          portal.stateMenuIsOpen.value ||
          board.opened.value !== undefined ||
          portal.panel.value !== undefined,
        () => {
          if (portal.stateMenuIsOpen.value) portal.stateMenuIsOpen.value = false;
          else if (portal.panel.value !== undefined) portal.panel.value = undefined;
          else board.opened.value = undefined;
        },
      ),
      shown: 'Esc',
    },
  };
}
