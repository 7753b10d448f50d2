import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { AgentId, CallbackId } from '../../contracts/ids.ts';
import { Centre, contact, ready, reserved, service } from '../../test/routing/centre.ts';
import type { RedisProcess } from '../../test/routing/redis-process.ts';
import { report } from '../report.ts';

const BENCH = 'routing';
const ROUNDS = 8;
const OFFER_MS = 3_000;
const GOAL_MS = 5_000;

/**
 * A process leads and has the due times of a centre; it is killed while an offer is open and a contact is due. How long
 * after the offer's deadline somebody else is offered the contact, and how long after its time the other is due: the
 * worst of some rounds.
 */
export async function recovery(process: RedisProcess): Promise<void> {
  const people = { ana: '', bo: '' };
  const [ana, bo] = ['ana', 'bo'] as [AgentId, AgentId];
  const centre = new Centre(process, people);
  centre.directory.offers = [service('help', { offerMs: OFFER_MS })];
  const late: { offered: number; due: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const holder = fork(join(import.meta.dirname, 'holder/main.ts'), [
      process.url,
      centre.name,
      JSON.stringify(people),
    ]);
    await once(holder, 'message');
    // Opened after it, so that the other leads.
    const routing = await centre.open({ sweepMs: 250, leaseMs: 1_500 });
    const heard = centre.listen(routing);
    const maria = contact(`maria-${String(round)}`);
    const later = `later-${String(round)}` as CallbackId;
    await routing.setAgentState(bo, { state: 'not-ready', reason: 'bench' });
    await routing.setAgentState(ana, ready);
    const offer = reserved(await routing.enter(maria));
    await routing.setAgentState(bo, ready);
    await routing.schedule(later, offer.deadline);
    await heard.until('reservation.created', (it) => it.reservation.id === offer.id);
    // In the middle of a lease, just before it would have acted.
    await new Promise((resolve) => setTimeout(resolve, offer.deadline - Date.now() - 20 - round * 30));
    holder.kill('SIGKILL');
    const [again, due] = await Promise.all([
      heard.until(
        'reservation.created',
        (it) => it.reservation.contactId === maria.id && it.reservation.agentId === bo,
      ),
      heard.until('contact.due', (it) => it.contactId === later),
    ]);
    late.push({ offered: again.at - offer.deadline, due: due.at - offer.deadline });
    await routing.accept(again.reservation.id, bo);
    await routing.complete(again.reservation.id, { state: 'ready' });
    await heard.stop();
    await routing.close();
  }
  report(BENCH, 'recovery_ms', Math.max(...late.map((it) => it.offered)), GOAL_MS, 'ms');
  report(BENCH, 'recovery_due_ms', Math.max(...late.map((it) => it.due)), GOAL_MS, 'ms');
  await centre.close();
}
