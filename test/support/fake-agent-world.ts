import type { CallView, ContactView, OfferView } from '../../contracts/agent.ts';
import type { CallbackId } from '../../contracts/ids.ts';
import type { FakeAgentServer, Sent } from './fake-agent-server.ts';
import {
  boardAs,
  callOf,
  contactOf,
  figures,
  mariaAs,
  offerOf,
  pagesAs,
  ringingCall,
} from './fake-agent-views.ts';

const names = ['Maria Silva', 'Tom Baker', 'Li Wei', 'Adaeze Chukwuemeka-Oyelaran', undefined];

/** Somebody to look at the portal with: offers come, phones ring, visitors say yes, calls end. */
export class FakeAgentWorld {
  readonly #fake: FakeAgentServer;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #n = 0;

  constructor(fake: FakeAgentServer) {
    this.#fake = fake;
  }

  /** Answers every command as a centre would, until the process ends. */
  async live(): Promise<never> {
    this.#later(3000, () => this.#moveBoard());
    for (;;) this.#take(await this.#fake.sent.next());
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  #take({ name, id, body }: Sent): void {
    const fake = this.#fake;
    if (name === 'PUT me/state') {
      const wish = body as { state: 'ready' | 'not-ready'; reason?: string };
      if (fake.contacts.length > 0) fake.setMe({ next: wish });
      else this.#become(wish);
    } else if (name === 'PUT me/preferences') fake.setMe({ preferences: body as typeof fake.me.preferences });
    else if (name === 'POST reservations/accept') this.#accepted(id);
    else if (name === 'POST reservations/reject') this.#lost(id, 'rejected', { state: 'ready' });
    else if (name.startsWith('POST calls/')) this.#control(id, name.slice('POST calls/'.length));
    else if (name === 'POST contacts/identity')
      this.#change(id, (it) => ({
        who: { ...it.who, standing: 'proved' },
        allowed: it.allowed.filter((a) => a !== 'check-identity'),
      }));
    else if (name === 'POST pages/consent') {
      this.#pages(id, pagesAs({ sharing: 'asked', allowed: [] }));
      this.#later(2500, () => this.#pages(id, pagesAs()));
    } else if (name === 'PUT pages/mode') this.#pages(id, pagesAs(body as { mode: 'lead' | 'follow' }));
    else if (name === 'POST contacts/complete') {
      const { next } = fake.me;
      fake.closeContact(id as CallbackId);
      this.#become(
        next?.state === 'not-ready'
          ? { state: 'not-ready', reason: next.reason ?? 'break' }
          : { state: 'ready' },
      );
    }
  }

  #become(wish: { state: 'ready' | 'not-ready'; reason?: string }): void {
    const { next: _next, reason: _reason, ...me } = this.#fake.me;
    this.#fake.me = me;
    const isReady = wish.state === 'ready';
    this.#fake.setMe({
      ...wish,
      allowed: isReady ? ['not-ready', 'log-out'] : ['ready', 'not-ready', 'log-out'],
    });
    if (isReady) this.#later(4000, () => this.#offer());
  }

  #offer(): void {
    if (this.#fake.me.state !== 'ready') return;
    this.#n += 1;
    const name = names[this.#n % names.length];
    const { name: _name, ...nobody } = mariaAs();
    const offer = offerOf(this.#n, { who: name === undefined ? nobody : { ...nobody, name } });
    this.#fake.offer(offer);
    this.#later(20_000, () =>
      this.#lost(offer.reservationId, 'timeout', { state: 'not-ready', reason: 'missed' }),
    );
  }

  #lost(
    id: string,
    why: 'rejected' | 'timeout',
    then: { state: 'ready' | 'not-ready'; reason?: string },
  ): void {
    const offer = this.#offered(id);
    if (!offer) return;
    this.#fake.withdraw(offer.reservationId, why);
    this.#become(then);
  }

  #offered(id: string): OfferView | undefined {
    return this.#fake.offers.find((it) => it.reservationId === (id as OfferView['reservationId']));
  }

  #accepted(id: string): void {
    const offer = this.#offered(id);
    if (!offer) return;
    const n = this.#n;
    this.#fake.withdraw(offer.reservationId, 'accepted');
    this.#fake.setMe({ state: 'busy' });
    const now = Date.now();
    const off = pagesAs({ sharing: 'off', allowed: ['ask-consent'] });
    const base = contactOf(n, {
      who: offer.who,
      requestedAt: now - offer.waitedMs,
      attempts: [],
      history: [],
    });
    const session = { ...base.session!, pages: off };
    const { talkingSince: _talkingSince, ...fresh } = callOf(n, {
      since: now,
      customer: 'null',
      agent: 'alerting',
    });
    this.#fake.setContact({
      ...base,
      session,
      state: 'dialing-agent',
      call: { ...fresh, allowed: ['drop'] },
    });
    this.#later(2000, () =>
      this.#change(base.callbackId, () => ({ state: 'dialing-customer', call: ringingCall(n) })),
    );
    this.#later(5000, () =>
      this.#change(base.callbackId, () => ({
        state: 'connected',
        call: callOf(n, { since: Date.now(), talkingSince: Date.now() }),
      })),
    );
  }

  #control(callId: string, command: string): void {
    const contact = this.#fake.contacts.find((it) => it.call?.id === (callId as CallView['id']));
    if (!contact?.call) return;
    const { call } = contact;
    if (command === 'drop')
      this.#change(contact.callbackId, () => ({
        state: 'wrap-up',
        call: { ...call, ended: { by: 'agent', cause: 'normal clearing', at: Date.now() }, allowed: [] },
        allowed: ['complete', ...contact.allowed],
      }));
    else
      this.#change(contact.callbackId, () => ({
        call: {
          ...call,
          customer: command === 'hold' ? 'hold' : 'connected',
          allowed: command === 'hold' ? ['retrieve', 'drop'] : ['hold', 'drop'],
        },
      }));
    if (command === 'drop') this.#fake.setMe({ state: 'working-after-call', next: { state: 'ready' } });
  }

  #change(id: string, change: (contact: ContactView) => Partial<ContactView>): void {
    const contact = this.#fake.contacts.find((it) => it.callbackId === (id as CallbackId));
    if (contact && contact.state !== 'wrap-up') this.#fake.setContact({ ...contact, ...change(contact) });
  }

  #pages(sessionId: string, pages: ReturnType<typeof pagesAs>): void {
    const contact = this.#fake.contacts.find((it) => it.session?.id === sessionId);
    if (!contact?.session) return;
    const viewers = contact.session.pages.viewers;
    this.#fake.setContact({ ...contact, session: { ...contact.session, pages: { ...pages, viewers } } });
  }

  #moveBoard(): void {
    const view = boardAs();
    const waiting = Math.floor(Math.random() * 4);
    this.#fake.setBoard({ ...view, line: view.line.slice(0, waiting), figures: figures(waiting) });
    this.#fake.emit('line.changed', { waiting });
    this.#later(3000, () => this.#moveBoard());
  }
}
