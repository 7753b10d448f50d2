import { batch, computed, effect, signal, untracked } from '@preact/signals';

import type { LogIn, StateWish } from '../../contracts/agent.schema.ts';
import type { AgentPreferences, OfferView } from '../../contracts/agent.ts';
import { httpApi, reasonOf, RequestFailed } from './api.ts';
import { Board } from './board.ts';
import { Commands } from './commands.ts';
import { Desk } from './desk.ts';
import { Feed } from './feed.ts';
import { Notices } from './notices.ts';
import { PageDesk } from './page-desk.ts';
import { RulesBook } from './rules.ts';
import { Ringer } from './ringer.ts';
import { ServerClock } from './server-clock.ts';
import { WaitingLine } from './waiting-line.ts';
import { WrapUpDesk } from './wrap-up.ts';

/** What the page as a whole is doing. */
export type Phase =
  | { readonly is: 'loading' }
  | { readonly is: 'failed'; readonly why: string }
  | { readonly is: 'logged-out'; readonly why?: string }
  | { readonly is: 'in' };

const screens = ['desk', 'board', 'rules'] as const;
export type Screen = (typeof screens)[number];
const titles: Readonly<Record<Screen, string>> = { desk: 'Desk', board: 'Board', rules: 'Rules' };

/** A side panel; one at a time. */
export type Panel = 'keys' | 'preferences' | 'code' | 'phone';

const endings = {
  'logged-out': 'You have logged out.',
  expired: 'Your session has ended. Log in again to go on.',
  replaced: 'You have logged in elsewhere, so this session was ended.',
} as const;

/** When a desk that could not be loaded is asked for again. */
const startAgainMs = [1000, 2000, 5000] as const;

/** How long after its deadline an offer may still be taken back by the server. */
const lapseMs = 1500;

/** The whole of the portal without a view: every screen is drawn from its signals, every control calls one of its methods. */
export class Portal {
  readonly clock = new ServerClock();
  readonly notices = new Notices();
  readonly api = httpApi(() => this.#loggedOut(this.phase.value.is === 'in' ? endings.expired : undefined));
  readonly commands = new Commands(this.notices, () => void this.refresh());
  readonly desk = new Desk();
  readonly pages = new PageDesk(this.api, this.commands, this.desk);
  readonly wrapUps = new WrapUpDesk(this.api, this.commands, this.notices, () => void this.refresh());
  readonly board = new Board(this.api, this.commands);
  readonly waiting = new WaitingLine(this.api);
  readonly rules = new RulesBook(this.api);
  readonly ringer = new Ringer();
  readonly feed = new Feed(this);
  readonly phase = signal<Phase>({ is: 'loading' });
  readonly isIn = computed(() => this.phase.value.is === 'in');
  readonly isManager = computed(() => this.desk.me.value?.roles.includes('manager') ?? false);
  readonly isAgent = computed(() => this.desk.me.value?.roles.includes('agent') ?? false);
  readonly panel = signal<Panel | undefined>(undefined);
  readonly screen = signal<Screen>('desk');
  readonly stateMenuIsOpen = signal(false);
  readonly whyIsOpen = signal(false);
  /** Becoming ready waits for notes to be saved. */
  readonly readyIsHeld = signal(false);
  #version: string | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #loading: Promise<void> | undefined;

  constructor() {
    const route = (): void => {
      this.screen.value = screens.find((it) => location.hash === `#/${it}`) ?? 'desk';
    };
    addEventListener('hashchange', route);
    addEventListener('pageshow', (event) => event.persisted && location.reload());
    route();
    effect(() => {
      const showsBoard = this.isIn.value && this.screen.value === 'board' && this.isManager.value;
      if (showsBoard) untracked(() => void this.#showBoard());
    });
    effect(() => {
      const showsRules = this.isIn.value && this.screen.value === 'rules' && this.isManager.value;
      if (showsRules) untracked(() => void this.rules.refresh());
    });
    effect(() => {
      const isWorking = this.desk.contact.value !== undefined || this.desk.offer.value !== undefined;
      const rests = this.isIn.value && this.isAgent.value && this.screen.value === 'desk' && !isWorking;
      return rests ? untracked(() => this.waiting.follow()) : undefined;
    });
    effect(() => this.ringer.ring(this.#shouldRing));
    effect(() => {
      const offer = this.desk.offer.value;
      const where = titles[this.screen.value];
      document.title = offer ? `Offer: ${offer.who.name ?? offer.who.phone}` : `${where} · Ringback`;
    });
    effect(() => {
      const contacts = this.desk.contacts.value;
      const whose = this.desk.whose.value;
      const leads = this.feed.leads.value;
      untracked(() => {
        if (whose !== undefined) this.wrapUps.hear(whose, contacts);
        for (const contact of contacts) {
          this.pages.hear(contact);
          if (leads) this.pages.registerAccepted(contact);
        }
      });
    });
  }

  /** Loads the truth and follows the stream from there: at the start, after a log-in, and when asked to try again. */
  async start(): Promise<void> {
    clearTimeout(this.#retry);
    const { is } = this.phase.value;
    if (is !== 'logged-out' && is !== 'failed') this.phase.value = { is: 'loading' };
    try {
      await this.#load();
      this.#failures = 0;
      this.phase.value = { is: 'in' };
      if (!this.isAgent.value && this.isManager.value && this.screen.value === 'desk') this.go('board');
    } catch (error) {
      const isOut = error instanceof RequestFailed && error.problem?.status === 401;
      if (isOut) {
        if (this.phase.value.is !== 'logged-out') this.phase.value = { is: 'logged-out' };
        return;
      }
      this.phase.value = { is: 'failed', why: reasonOf(error) };
      const wait = startAgainMs[Math.min(this.#failures++, startAgainMs.length - 1)] ?? 5000;
      this.#retry = setTimeout(() => void this.start(), wait * (0.75 + Math.random() / 2));
    }
  }

  /** Asks for the whole truth again, without moving the stream; several askers share one request. */
  refresh(): Promise<void> {
    this.#loading ??= this.#load()
      .catch(() => undefined) // the stream says that it is broken, and asks again when it is not
      .finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  async logIn(who: LogIn): Promise<void> {
    await this.api.logIn(who);
    this.feed.tell({ kind: 'logged-in' });
    await this.start();
  }

  /** Who has a contact is asked once more: a wrong key must not take the page and the notes from a call that goes on. */
  async logOut(): Promise<void> {
    const about = 'log-out';
    const isSure = this.notices.list.peek().some((it) => it.about === about);
    this.notices.forget(about);
    if (this.desk.contact.peek() !== undefined && !isSure) {
      this.notices.say('You have a contact on your desk. To leave it, log out once more.', 'plain', about);
      return;
    }
    if (!(await this.wrapUps.flush())) {
      this.notices.say('Not logged out: notes could not be saved.', 'trouble');
      return;
    }
    try {
      await this.api.logOut();
    } catch (error) {
      this.notices.say(`Not logged out: ${reasonOf(error)}.`, 'trouble');
      return;
    }
    this.ended('logged-out');
    this.feed.tell({ kind: 'logged-out' });
  }

  /** The log-in session is over, here or elsewhere. */
  ended(reason: keyof typeof endings): void {
    this.#loggedOut(endings[reason]);
  }

  /** Ready is held until everything typed is saved. */
  async setState(wish: StateWish): Promise<void> {
    this.stateMenuIsOpen.value = false;
    if (wish.state === 'ready') {
      this.readyIsHeld.value = !this.wrapUps.isSaved;
      const saved = await this.wrapUps.flush();
      this.readyIsHeld.value = false;
      if (!saved) {
        this.notices.say('Not ready yet: notes could not be saved.', 'trouble');
        return;
      }
      this.desk.missed.value = undefined;
    }
    const label = wish.state === 'ready' ? 'Becoming ready' : 'Becoming not ready';
    await this.commands.run('state', label, () => this.api.command('PUT', '/me/state', wish));
  }

  async setPreferences(preferences: AgentPreferences): Promise<void> {
    await this.commands.run('preferences', 'Saving preferences', () =>
      this.api.command('PUT', '/me/preferences', preferences),
    );
  }

  go(screen: Screen): void {
    location.hash = `#/${screen}`;
  }

  toggle(panel: Panel): void {
    this.panel.value = this.panel.value === panel ? undefined : panel;
  }

  /** Its time has run out, and nobody has told us yet what became of it. */
  isOver(offer: OfferView): boolean {
    return this.clock.now.value > offer.deadline + lapseMs;
  }

  async #load(): Promise<void> {
    const asked = Date.now();
    const mark = this.feed.mark();
    const snapshot = await this.api.desk();
    this.clock.adjust(snapshot.serverNow, asked);
    // what came while it was on its way belongs to it: nobody sees the one without the other
    batch(() => {
      this.desk.load(snapshot);
      this.feed.loaded(snapshot.cursor, mark);
    });
    this.#version ??= snapshot.version;
    if (this.#version !== snapshot.version) this.#reloadWhenIdle();
  }

  async #showBoard(): Promise<void> {
    this.feed.wantBoard();
    await this.board.refresh();
  }

  get #shouldRing(): boolean {
    const isOn = this.desk.me.value?.preferences.sound ?? false;
    return (
      isOn &&
      this.feed.leads.value &&
      this.desk.offers.value.some((it) => it.allowed.includes('accept') && !this.isOver(it))
    );
  }

  #loggedOut(why?: string): void {
    this.feed.stop();
    this.wrapUps.rest();
    this.desk.clear();
    this.pages.coded.value = undefined;
    this.panel.value = undefined;
    this.phase.value = { is: 'logged-out', ...(why === undefined ? {} : { why }) };
  }

  /** A new server brings a new page: it is fetched as soon as nothing here can be lost. */
  #reloadWhenIdle(): void {
    effect(() => {
      const isBusy =
        this.desk.offers.value.length > 0 ||
        this.desk.contacts.value.length > 0 ||
        this.wrapUps.left.value.length > 0 ||
        this.panel.value !== undefined;
      if (!isBusy) location.reload();
    });
  }
}
