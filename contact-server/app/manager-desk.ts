import type { ManagerMove } from '../../contracts/agent.schema.ts';
import type { AgentId, CallbackId } from '../../contracts/ids.ts';
import type { Routing } from '../../routing/index.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import type { Callback } from '../domain/callback.ts';
import type { CompanyRules } from '../ports/company.ts';
import type { AuditStore, CallbackStore } from '../ports/stores.ts';
import { checkedTime } from './asking.ts';
import type { CallTimes } from './call-times.ts';
import type { CallbackDesk } from './callback-desk.ts';
import { momentIn } from './time-words.ts';
import { isPromised } from './visitor-view.ts';

interface Parts {
  readonly callbacks: CallbackDesk;
  readonly store: Pick<CallbackStore, 'find'>;
  readonly times: Pick<CallTimes, 'mayDial'>;
  readonly routing: Pick<Routing, 'opening'>;
  readonly company: Pick<CompanyRules, 'timezone'>;
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

  /** Throws `invalid-time` for a time at which they may not be rung, `needs-confirmation` for one at which it is closed. */
  async move(who: AgentId, id: CallbackId, { at: to, anyway = false }: ManagerMove): Promise<void> {
    const { callbacks, store, audit, clock } = this.#parts;
    const at = clock.now();
    const time = checkedTime(to, at);
    const found = await store.find(id);
    if (!found) throw new ProblemError('not-found');
    const isClosed = canMove(found.callback) && (await this.#isClosed(found.callback, time));
    if (isClosed && !anyway) throw this.#warning(time);
    const regardless = isClosed ? ({ anyway: true } as const) : {};
    const record = await callbacks.note(id, { type: 'moved', at, by: 'manager', to: time, ...regardless });
    if (record.callback.phase.state !== 'scheduled') {
      throw new ProblemError('not-now', { detail: 'It is too late to move this callback.' });
    }
    const detail = `${new Date(to).toISOString()}${isClosed ? ', though closed then' : ''}`;
    await audit.add({ at, who, what: 'moved-callback', about: id, detail });
  }

  /** The hours of the called party are law; whether anybody is here is for a manager to decide. */
  async #isClosed({ wish }: Callback, at: number): Promise<boolean> {
    const { times, routing, company } = this.#parts;
    // No visitor has picked this time: every zone they may be in counts.
    const { wantedAt: _, ...unpicked } = wish;
    const dial = times.mayDial(unpicked, at);
    if (!dial.ok) {
      const { rule, reason, notBefore } = dial;
      const detail =
        notBefore === undefined
          ? reason
          : `This number may not be called then, but from ${momentIn(company.timezone, notBefore)} on.`;
      throw new ProblemError('invalid-time', { rule, detail });
    }
    return !(await routing.opening(wish.service, at)).openNow;
  }

  #warning(at: number): ProblemError {
    const when = momentIn(this.#parts.company.timezone, at);
    return new ProblemError('needs-confirmation', {
      rule: 'hours/closed',
      detail: `The service is closed at this time, ${when}: somebody has to be here all the same.`,
    });
  }
}

function canMove({ phase }: Callback): boolean {
  return phase.state === 'scheduled' || phase.state === 'dialing-customer' || isPromised(phase);
}
