import type { Logger } from 'pino';
import type { Clock } from '../../server-kit/clock.ts';
import type { Directory, DirectoryPage } from '../directory/directory.ts';
import { Openings } from '../domain/hours.ts';
import type { Matchmaker } from '../matchmaker/matchmaker.ts';
import type { RosterPublisher } from '../matchmaker/publisher.ts';

/** Keeps the roster in memory, in Redis and in the store at one version, and tells when a service opens or closes. */
export class RosterWatch {
  readonly #directory: Directory;
  readonly #publisher: RosterPublisher;
  readonly #matchmaker: Matchmaker;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #openings = new Openings();
  #page: DirectoryPage;
  #catching: Promise<void> | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(
    page: DirectoryPage,
    directory: Directory,
    publisher: RosterPublisher,
    matchmaker: Matchmaker,
    clock: Clock,
    log: Logger,
  ) {
    this.#page = page;
    this.#directory = directory;
    this.#publisher = publisher;
    this.#matchmaker = matchmaker;
    this.#clock = clock;
    this.#log = log;
  }

  get page(): DirectoryPage {
    return this.#page;
  }

  /** Now and then: follows the store, and the clock through the opening hours. One look after the other. */
  look(leading: boolean): Promise<void> {
    this.#looking = this.#looking.catch(() => {}).then(() => this.#look(leading));
    return this.#looking;
  }

  async #look(leading: boolean): Promise<void> {
    if ((await this.#directory.version()) !== this.#page.version) await this.reload();
    const inForce = await this.#publisher.version();
    if (inForce < this.#page.version) await this.#publish();
    else if (leading && inForce === this.#page.version) await this.#publisher.align(this.#page.roster);
    if (leading) await this.#tellHours();
  }

  /** Redis works by another version than we do: whoever is behind catches up. */
  catchUp(inForce: number): Promise<void> {
    this.#catching ??= this.#catchUp(inForce).finally(() => (this.#catching = undefined));
    return this.#catching;
  }

  async #catchUp(inForce: number): Promise<void> {
    if (inForce > this.#page.version) await this.reload();
    if (inForce < this.#page.version) await this.#publish();
  }

  async #publish(): Promise<void> {
    const { version, roster } = this.#page;
    if (await this.#publisher.publish(roster)) return;
    this.#log.warn(
      { version },
      'the roster is not in force yet, since new kinds of contacts keep coming; tried again',
    );
  }

  async reload(): Promise<void> {
    this.#page = await this.#directory.load();
    this.#log.info({ version: this.#page.version, agents: this.#page.roster.agents.size }, 'roster loaded');
  }

  async #tellHours(): Promise<void> {
    const now = this.#clock.now();
    const states = [...this.#page.services.values()].flatMap((it) => [
      it.id,
      this.#openings.at(it.hours, now).openNow ? '1' : '0',
    ]);
    if (states.length > 0) await this.#matchmaker.run('openState', ...states);
  }
}
