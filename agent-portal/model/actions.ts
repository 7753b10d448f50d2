import type { CallCommand, CallView, ContactView, OfferView } from '../../contracts/agent.ts';
import type { Portal } from './portal.ts';

const callLabels = {
  hold: 'Holding the call',
  retrieve: 'Retrieving the call',
  drop: 'Ending the call',
} as const;

/** Takes an offered callback, and goes to where it is worked on. */
export async function accept(portal: Portal, offer: OfferView): Promise<boolean> {
  const id = offer.reservationId;
  const done = await portal.commands.run(`accept:${id}`, 'Accepting', () =>
    portal.api.command('POST', `/reservations/${id}/accept`, {}),
  );
  if (done && portal.screen.peek() === 'board') portal.go('desk');
  return done;
}

/** Gives an offered callback back. */
export function decline(portal: Portal, offer: OfferView): Promise<boolean> {
  const id = offer.reservationId;
  return portal.commands.run(`reject:${id}`, 'Declining', () =>
    portal.api.command('POST', `/reservations/${id}/reject`, {}),
  );
}

/** Holds, retrieves or ends a call. */
export function control(portal: Portal, call: CallView, command: CallCommand): Promise<boolean> {
  return portal.commands.run(`${command}:${call.id}`, callLabels[command], () =>
    portal.api.command('POST', `/calls/${call.id}/${command}`, {}),
  );
}

/** Rings the visitor now. */
export function callNow(portal: Portal, contact: Pick<ContactView, 'callbackId'>): Promise<boolean> {
  const id = contact.callbackId;
  return portal.commands.run(`call:${id}`, 'Calling now', () =>
    portal.api.command('POST', `/callbacks/${id}/call`, {}),
  );
}

/** The agent has made sure who the visitor is. */
export function markChecked(portal: Portal, contact: ContactView): Promise<boolean> {
  const id = contact.callbackId;
  return portal.commands.run(`identity:${id}`, 'Marking as checked', () =>
    portal.api.command('POST', `/contacts/${id}/identity`, {}),
  );
}
