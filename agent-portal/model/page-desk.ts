import { signal } from '@preact/signals';

import type { ContactView, PageCommand, SessionView } from '../../contracts/agent.ts';
import type { RegistrationAsk } from '../../contracts/agent.schema.ts';
import type { SessionId } from '../../contracts/ids.ts';
import type { Api } from './api.ts';
import type { Commands } from './commands.ts';
import { isViewing, PageFrame } from './page-frames.ts';
import type { Desk } from './desk.ts';

/** A page the agent came to by the six digits, with no contact to it. */
export interface CodedPage {
  readonly session: SessionId;
  readonly registration: string;
  readonly frame: PageFrame;
  readonly mode: 'lead' | 'follow';
}

const whileWaiting: readonly PageCommand[] = ['ask-consent', 'stop'];
const whileOpen: readonly PageCommand[] = ['lead', 'follow', 'push', 'open-view', 'stop'];

/** Page sharing on this desk: registration under the visitor's address, consent, frames, lead and follow, push. */
export class PageDesk {
  /** What the agent types into "push a page". */
  readonly address = signal('');
  readonly coded = signal<CodedPage | undefined>(undefined);
  readonly #frames = new Map<SessionId, PageFrame>();
  readonly #registrations = new Map<SessionId, string>();
  readonly #asked = new Set<SessionId>();
  readonly #api: Api;
  readonly #commands: Commands;
  readonly #desk: Desk;

  constructor(api: Api, commands: Commands, desk: Desk) {
    this.#api = api;
    this.#commands = commands;
    this.#desk = desk;
  }

  /** The frame of a session, made when it is first looked at. */
  frame(session: SessionView): PageFrame {
    const known = this.#frames.get(session.id);
    const frame = known ?? new PageFrame(session.id, 'viewer', this.#api);
    if (known === undefined) this.#frames.set(session.id, frame);
    return frame;
  }

  /** The frame has left the screen: its ticket is spent, so the next one begins anew. */
  closeFrame(id: SessionId): void {
    this.#frames.delete(id);
  }

  /** News of a contact: its frame learns that it is joined. */
  hear(contact: ContactView): void {
    const { session } = contact;
    const me = this.#desk.me.value;
    if (session === undefined || me === undefined) return;
    if (isViewing(session, me)) this.#frames.get(session.id)?.joined();
  }

  /**
   * An accepted reservation is the authority to register under the visitor's address: it is used once, unasked. After the call
   * the visitor is left in peace: a desk that is loaded anew then does not ask for their page again.
   */
  registerAccepted(contact: ContactView): void {
    const { session, reservationId } = contact;
    if (session === undefined || reservationId === undefined || session.state === 'ended') return;
    if (session.pages.registered || this.#asked.has(session.id)) return;
    if (contact.state === 'reserved' || contact.state === 'wrap-up') return;
    if (session.pages.sharing === 'offline') return;
    this.#asked.add(session.id);
    void this.#register(`register:${session.id}`, { reservationId });
  }

  /** The visitor reads out six digits: the other way to register. */
  registerByCode(ip: string, code: string): Promise<boolean> {
    return this.#register('register:code', { ip, code }, (session, registration) => {
      if (this.#desk.contacts.peek().some((it) => it.session?.id === session)) return;
      const frame = new PageFrame(session, 'viewer', this.#api, false);
      this.coded.value = { session, registration, frame, mode: 'lead' };
    });
  }

  /** What can be done now with the page that came by a code: nobody else tells. */
  get codedAllowed(): readonly PageCommand[] {
    const coded = this.coded.value;
    if (coded === undefined) return [];
    return coded.frame.state.value.is === 'joined' ? whileOpen : whileWaiting;
  }

  stopCoded({ session, registration }: CodedPage): Promise<boolean> {
    return this.#commands.run(`stop:${session}`, 'Leaving the page', async () => {
      this.coded.value = undefined;
      await this.#api.unregister(registration);
      return undefined;
    });
  }

  askConsent(session: SessionId): Promise<boolean> {
    return this.#post(`consent:${session}`, 'Asking to share the page', `/pages/${session}/consent`, {});
  }

  async setMode(session: SessionId, mode: 'lead' | 'follow'): Promise<void> {
    const label = mode === 'lead' ? 'Taking the lead' : 'Following';
    const done = await this.#commands.run(`mode:${session}`, label, () =>
      this.#api.command('PUT', `/pages/${session}/mode`, { mode }),
    );
    const coded = this.coded.peek();
    if (done && coded?.session === session) this.coded.value = { ...coded, mode };
  }

  async push(session: SessionId): Promise<void> {
    const url = this.address.value.trim();
    if (url === '') return;
    if (await this.#post(`push:${session}`, 'Pushing the page', `/pages/${session}/push`, { url }))
      this.address.value = '';
  }

  /** Ends the registration, and with it the mirroring. */
  stop(contact: ContactView): Promise<boolean> {
    const { session, reservationId } = contact;
    if (session === undefined) return Promise.resolve(false);
    return this.#commands.run(`stop:${session.id}`, 'Leaving the page', async () => {
      // after a reload the id is asked for again: registering twice gives the same registration
      const id =
        this.#registrations.get(session.id) ??
        (reservationId && (await this.#api.register({ reservationId })).id);
      if (id === undefined) return undefined;
      await this.#api.unregister(id);
      this.#registrations.delete(session.id);
      this.#frames.delete(session.id);
      return undefined;
    });
  }

  #register(
    key: string,
    ask: RegistrationAsk,
    then?: (session: SessionId, registration: string) => void,
  ): Promise<boolean> {
    return this.#commands.run(key, 'Registering for the page', async () => {
      const { id, sessionId } = await this.#api.register(ask);
      this.#registrations.set(sessionId, id);
      then?.(sessionId, id);
      return undefined;
    });
  }

  #post(key: string, label: string, path: string, body: object): Promise<boolean> {
    return this.#commands.run(key, label, () => this.#api.command('POST', path, body));
  }
}
