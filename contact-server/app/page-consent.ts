import { problems } from '../../contracts/problem.ts';
import type { PageSays } from '../../contracts/visitor.ts';
import { asked, consented } from '../domain/page-session.ts';
import { auditPages } from './page-audit.ts';
import type { PageParts } from './page-parts.ts';
import type { PageRoom } from './page-room.ts';
import { keyedHash } from './tokens.ts';

type Answer = Extract<PageSays, { type: 'consent' }>;

/** The visitor's yes and no: asked by name, recorded before it counts, taken back at any moment. */
export class PageConsent {
  readonly #parts: PageParts;

  constructor(parts: PageParts) {
    this.#parts = parts;
  }

  ask(room: PageRoom, agent: string): void {
    room.session = asked(room.session, agent);
    this.repeat(room);
  }

  /** The open question, for a visitor who has come back or turned to another tab. */
  repeat(room: PageRoom): void {
    const { consent, askedBy: agent } = room.session;
    const { text, version } = this.#parts.company.consent.pages;
    if (consent === 'asked' && agent !== undefined)
      room.tellVisitor({ type: 'consent-asked', agent, text, version });
  }

  /**
   * True when something has changed. A no has already closed every frame; that it stands is told when it is stored, so that no
   * crash can turn it into a yes again.
   */
  async answered(room: PageRoom, said: Answer): Promise<boolean> {
    const { consent } = room.session;
    if (said.pages) {
      // One question, one yes: what nobody has asked is no proof of anything.
      if (consent !== 'asked') return false;
      if (!this.#isToPresentWords(said)) {
        this.repeat(room);
        return false;
      }
      if (!(await this.#recorded(room))) return false;
    } else {
      if (consent !== 'given' && consent !== 'asked') return false;
      this.#denied(room, consent === 'given' ? 'page-consent-withdrawn' : 'page-consent-declined');
    }
    room.session = consented(room.session, said.pages, this.#parts.clock.now());
    if (said.pages) room.tellSharing();
    room.leadFromShared();
    return true;
  }

  /** The words may be others since the question was asked: then it is asked with those. */
  #isToPresentWords({ text, version }: Answer): boolean {
    const { pages } = this.#parts.company.consent;
    return (text ?? pages.text) === pages.text && (version ?? pages.version) === pages.version;
  }

  /** No sharing without its proof: a question whose answer cannot be recorded stays open. */
  async #recorded(room: PageRoom): Promise<boolean> {
    const { consents, company, clock, keys, log } = this.#parts;
    const { id, ip } = room.session;
    try {
      await consents.add({
        purpose: 'pages',
        ...company.consent.pages,
        at: clock.now(),
        ipHash: keyedHash(keys.hash, ip),
        sessionId: id,
      });
      return true;
    } catch (err) {
      log.error({ err, sessionId: id }, 'page consent not recorded');
      room.tellVisitor({ type: 'problem', problem: 'unavailable', title: problems.unavailable.title });
      this.repeat(room);
      return false;
    }
  }

  /** What viewers see is taken from them now; a new yes opens new frames. */
  #denied(room: PageRoom, what: string): void {
    room.dismiss(() => true, 'left');
    room.session = { ...room.session, frames: [] };
    auditPages(this.#parts, { who: 'visitor', what, about: room.session.id });
  }
}
