import type { AgentId, CallbackId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import type { AuditStore } from '../ports/stores.ts';
import { checkedTime } from './asking.ts';
import type { CallbackDesk } from './callback-desk.ts';

interface Parts {
  readonly callbacks: CallbackDesk;
  readonly audit: AuditStore;
  readonly clock: Clock;
}

/** What a manager may do to a waiting callback; each act stands in the audit. */
export class ManagerDesk {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async cancel(who: AgentId, id: CallbackId): Promise<void> {
    const { callbacks, audit, clock } = this.#parts;
    const at = clock.now();
    const record = await callbacks.note(id, { type: 'cancelled', at, by: 'manager' });
    const { state } = record.callback.phase;
    if (state !== 'cancelled') {
      const detail = state === 'connected' ? 'They are already talking.' : 'This call is over.';
      throw new ProblemError('not-now', { detail });
    }
    await audit.add({ at, who, what: 'cancelled-callback', about: id });
  }

  async move(who: AgentId, id: CallbackId, to: number): Promise<void> {
    const { callbacks, audit, clock } = this.#parts;
    const at = clock.now();
    const record = await callbacks.note(id, { type: 'moved', at, to: checkedTime(to, at) });
    if (record.callback.phase.state !== 'scheduled') {
      throw new ProblemError('not-now', { detail: 'It is too late to move this callback.' });
    }
    await audit.add({ at, who, what: 'moved-callback', about: id, detail: new Date(to).toISOString() });
  }
}
