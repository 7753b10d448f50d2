import type { RawReservation } from '../../../routing/testing.ts';
import { Bare } from '../parts.ts';

/** One process of the race: asks for its contacts, some twice at once, takes what is offered, and may be killed. */
const [url = '', agentsText, outboxText, offerText, slotText, firstText, endText] = process.argv.slice(2);
const slot = Number(slotText);
const end = Number(endText);
/** So many are under way at once; how far this process has come is told as the lowest that is not done. */
const WINDOW = 32;
const PAUSE_MS = 50;
/** Every so manieth contact something else happens than accept and done. */
const ODD = { reject: 47, claim: 53, leave: 61, twice: 7 };

const bare = Bare.join(url, Number(agentsText), Number(outboxText), Number(offerText));
const { matchmaker } = bare;
let next = Number(firstText);
const open = new Set<number>();

await Promise.all(Array.from({ length: WINDOW }, work));
process.send?.({ slot, low: end });
process.disconnect();
bare.close();

async function work(): Promise<void> {
  while (next < end) {
    const n = (next += 1) - 1;
    open.add(n);
    await serve(n);
    open.delete(n);
    if (n % 100 === 0) process.send?.({ slot, low: Math.min(next, ...open) });
  }
}

/** From the request to the end, whoever did the first half of it. */
async function serve(n: number): Promise<void> {
  const entry = bare.entry(n);
  const { id } = entry.contact;
  for (let tries = 0; ; tries += 1) {
    const [entered] = await Promise.all([
      matchmaker.enter(entry, 1),
      ...(n % ODD.twice === 0 ? [matchmaker.enter(entry, 1)] : []),
    ]);
    if (entered.state === 'over') return;
    if (entered.state === 'reserved') {
      if (await finished(n, tries, entered.reservation)) return;
      continue;
    }
    if (entered.state !== 'queued') throw new Error(`contact ${id}: ${entered.state}`);
    if (tries === 0 && n % ODD.leave === 0) return matchmaker.leave(id);
    if (tries === 0 && n % ODD.claim === 0) {
      await matchmaker.claim(entry, bare.agent(n), 1);
      continue;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function finished(n: number, tries: number, offer: RawReservation): Promise<boolean> {
  if (offer.state === 'pending') {
    const answer = tries === 0 && n % ODD.reject === 0 ? 'reject' : 'accept';
    const { state } = await matchmaker[answer](offer.id, offer.agentId);
    if (answer === 'reject' && state === 'ok') await bare.ready(offer.agentId);
    if (answer === 'reject' || state !== 'ok') return false;
  }
  await matchmaker.complete(offer.id, { state: 'ready' });
  return true;
}
