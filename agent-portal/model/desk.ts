import { computed, signal } from '@preact/signals';

import type { CallEvent, ContactView, DeskSnapshot, LineView, Me, OfferView } from '../../contracts/agent.ts';
import type { CallbackId, ReservationId } from '../../contracts/ids.ts';

function put<T>(list: readonly T[], item: T, isSame: (other: T) => boolean): readonly T[] {
  return list.some(isSame) ? list.map((it) => (isSame(it) ? item : it)) : [...list, item];
}

/** What one agent has in front of them, exactly as the server last said it. */
export class Desk {
  readonly me = signal<Me | undefined>(undefined);
  readonly offers = signal<readonly OfferView[]>([]);
  readonly contacts = signal<readonly ContactView[]>([]);
  readonly line = signal<LineView>({ waiting: 0 });
  /** Contact the agent has chosen to look at; the first one otherwise. */
  readonly chosen = signal<CallbackId | undefined>(undefined);
  /** What was missed last, with whom: an offer, or the call of one that was accepted. Not known after a reload. */
  readonly missed = signal<
    { readonly what: 'offer' | 'call'; readonly who?: string | undefined } | undefined
  >(undefined);

  /** Whose desk it is. */
  readonly whose = computed(() => this.me.value?.id);
  readonly offer = computed(() => this.offers.value[0]);
  /** Why what is in front came to this agent: the offer, else the contact. */
  readonly why = computed(() => this.offer.value?.why ?? this.contact.value?.why);
  readonly contact = computed(
    () => this.contacts.value.find((it) => it.callbackId === this.chosen.value) ?? this.contacts.value.at(0),
  );

  load(snapshot: DeskSnapshot): void {
    this.me.value = snapshot.me;
    this.offers.value = snapshot.offers;
    this.contacts.value = snapshot.contacts;
    this.line.value = snapshot.line;
  }

  clear(): void {
    this.me.value = undefined;
    this.offers.value = [];
    this.contacts.value = [];
    this.missed.value = undefined;
  }

  putOffer(offer: OfferView): void {
    this.offers.value = put(this.offers.value, offer, (it) => it.reservationId === offer.reservationId);
    this.missed.value = undefined;
  }

  /** Takes an offer off the desk and gives it back, if it was there. */
  dropOffer(id: ReservationId): OfferView | undefined {
    const offer = this.offers.value.find((it) => it.reservationId === id);
    this.offers.value = this.offers.value.filter((it) => it.reservationId !== id);
    return offer;
  }

  putContact(contact: ContactView): void {
    this.offers.value = this.offers.value.filter((it) => it.callbackId !== contact.callbackId);
    // a contact that was accepted here is what the agent wants to see next
    const isNew = !this.contacts.value.some((it) => it.callbackId === contact.callbackId);
    this.contacts.value = put(this.contacts.value, contact, (it) => it.callbackId === contact.callbackId);
    if (isNew) this.chosen.value = contact.callbackId;
  }

  dropContact(id: CallbackId): void {
    this.contacts.value = this.contacts.value.filter((it) => it.callbackId !== id);
    if (this.chosen.value === id) this.chosen.value = undefined;
  }
}

/** The name of whom a contact on the desk is with, if it is known. */
export function nameOnDesk(desk: Desk, id: CallbackId): string | undefined {
  return desk.contacts.peek().find((it) => it.callbackId === id)?.who.name;
}

/** How a person is spoken of when no name is known. */
export function nameOf(who: { readonly name?: string; readonly phone: string }): string {
  return who.name ?? 'Visitor without a name';
}

/** What to tell the agent when a phone could not be reached or was left alone in a call; nothing for the other events of a call, which its view shows. */
export function failureWords(event: CallEvent, who: string | undefined): string | undefined {
  if (event.cause === 'sip-link-lost')
    return `The telephone system has lost your call${who === undefined ? '' : ` with ${who}`}. If your phone is still in it, put it down by hand before the next one.`;
  if (event.name !== 'call.failed') return undefined;
  const whose = event.leg === 'agent' ? 'Your phone' : (who ?? 'The visitor');
  return `${whose} was not reached${event.cause === undefined ? '' : `: ${event.cause}`}.`;
}
