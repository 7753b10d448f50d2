import type { Logger } from 'pino';
import type { LinkOp, LinkStream } from '../../contracts/link.schema.ts';
import type { CallbackId } from '../../contracts/ids.ts';
import type { TimeRange } from '../../contracts/states.ts';
import type { AvailabilityView, CallbackCreated, ServiceView } from '../../contracts/visitor.ts';
import { callbackMoveSchema } from '../../contracts/visitor.schema.ts';
import type { Routing } from '../../routing/index.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { checked } from '../../server-kit/read-json.ts';
import type { Callback } from '../domain/callback.ts';
import type { CompanyRules } from '../ports/company.ts';
import type { CallbackRecord, CallbackStore } from '../ports/stores.ts';
import type { VisitorAnswer, VisitorAsk, VisitorDesk, VisitorStream } from '../ports/visitor-desk.ts';
import { type Asking, consentWords, languageOf, refusal } from './asking.ts';
import type { CallbackDesk } from './callback-desk.ts';
import type { CallTimes } from './call-times.ts';
import { isZone } from './dial-hours.ts';
import type { FormProof } from './form-proof.ts';
import type { Pages } from './pages.ts';
import { offered } from './offered-services.ts';
import { callable, spread } from './slots.ts';
import { hashToken } from './tokens.ts';
import type { VisitorStreams } from './visitor-streams.ts';
import type { VisitorViews } from './visitor-view.ts';

interface Parts {
  readonly store: CallbackStore;
  readonly times: Pick<CallTimes, 'next' | 'nextIn'>;
  readonly callbacks: CallbackDesk;
  readonly asking: Asking;
  readonly views: VisitorViews;
  readonly streams: VisitorStreams;
  readonly pages: Pages;
  readonly routing: Routing;
  readonly proof: FormProof;
  readonly company: CompanyRules;
  readonly keepDays: number;
  readonly clock: Clock;
  readonly log: Logger;
}

const SLOTS_AHEAD_MS = 7 * 24 * 3_600_000;
/** A callback's token dies so long after its end. */
const TOKEN_AFTER_END_MS = 24 * 3_600_000;

/** What the inside does for visitors, whatever web-dmz claims of them: the token decides. */
export class Visitors implements VisitorDesk {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  answer(op: LinkOp, ask: VisitorAsk): Promise<VisitorAnswer> {
    switch (op) {
      case 'callback.create':
        return this.#create(ask);
      case 'callback.read':
        return this.#read(ask);
      case 'callback.cancel':
        return this.#cancel(ask);
      case 'callback.move':
        return this.#move(ask);
      case 'services.list':
        return Promise.resolve(this.#services());
      case 'availability.read':
        return this.#availability(ask);
    }
  }

  async open(op: LinkStream, stream: VisitorStream): Promise<void> {
    if (op === 'page.session') return this.#parts.pages.open(stream);
    const record = await this.byToken(stream.ask);
    return this.#parts.streams.open(record.callback.id, stream);
  }

  /** The callback this token opens. Unknown callback and wrong token look alike. */
  async byToken(ask: VisitorAsk): Promise<CallbackRecord> {
    const { store, clock } = this.#parts;
    const id = ask.params['id'];
    if (id === undefined || ask.token === undefined) throw new ProblemError('wrong-token');
    const record = await store.findByToken(id as CallbackId, hashToken(ask.token));
    const last = record?.callback.history.at(-1)?.at ?? 0;
    if (!record || (record.callback.deadline === undefined && clock.now() - last > TOKEN_AFTER_END_MS)) {
      throw new ProblemError('wrong-token');
    }
    return record;
  }

  async #create(ask: VisitorAsk): Promise<VisitorAnswer> {
    const { record, standing, token, sessionTicket } = await this.#parts.asking.ask(ask);
    const { view } = await this.#parts.views.look(record, standing);
    const body: CallbackCreated = {
      ...view,
      token,
      ...(sessionTicket !== undefined && { session: sessionTicket }),
    };
    return { status: 201, body };
  }

  async #read(ask: VisitorAsk): Promise<VisitorAnswer> {
    return this.#shown(await this.byToken(ask));
  }

  async #cancel(ask: VisitorAsk): Promise<VisitorAnswer> {
    const { callbacks, clock } = this.#parts;
    const { callback } = await this.byToken(ask);
    const record = await callbacks.note(callback.id, { type: 'cancelled', at: clock.now(), by: 'visitor' });
    const { state } = record.callback.phase;
    if (state !== 'cancelled') {
      const detail =
        state === 'connected'
          ? 'You are already talking: hang up the phone instead.'
          : 'This call is over: there is nothing left to cancel.';
      throw new ProblemError('not-now', { detail });
    }
    return this.#shown(record);
  }

  async #move(ask: VisitorAsk): Promise<VisitorAnswer> {
    const { callbacks, clock, asking } = this.#parts;
    const { callback } = await this.byToken(ask);
    const { at } = checked(ask.body, callbackMoveSchema);
    const now = clock.now();
    if (at === null) {
      if (callback.phase.state === 'scheduled') await this.#soon(callback, now);
    } else {
      const to = await asking.otherTime(callback, at);
      await callbacks.note(callback.id, { type: 'moved', at: now, to });
    }
    const record = await this.byToken(ask);
    const { state } = record.callback.phase;
    if (at !== null && state !== 'scheduled') {
      throw new ProblemError('not-now', { detail: 'It is too late to move this call.' });
    }
    return this.#shown(record);
  }

  /** As soon as somebody is free, from the next moment on at which they can be called. */
  async #soon({ id, wish }: Callback, at: number): Promise<void> {
    const { callbacks, times } = this.#parts;
    const { wantedAt: _, ...any } = wish;
    const next = await times.next(any, at);
    if (!next.ok) throw refusal(next);
    await callbacks.note(id, { type: 'moved', at, ...(next.at > at && { earliest: next.at }) });
  }

  async #shown(record: CallbackRecord): Promise<VisitorAnswer> {
    return { status: 200, body: (await this.#parts.views.look(record)).view };
  }

  #services(): VisitorAnswer {
    const body: readonly ServiceView[] = offered(this.#parts.company).map((it) => ({
      id: it.id,
      name: it.name,
      channels: it.channels,
    }));
    return { status: 200, body };
  }

  async #availability(ask: VisitorAsk): Promise<VisitorAnswer> {
    const { routing, company, proof, clock, log } = this.#parts;
    const service = ask.params['service'] ?? offered(company)[0]?.id ?? '';
    const known = company.services.get(service);
    if (!known) {
      throw new ProblemError('not-found', { detail: 'There is no such service here.' });
    }
    const now = clock.now();
    const language = languageOf(ask.params['language'] ?? ask.visitor.language);
    const owed = await routing.screen({
      service,
      phone: '',
      ip: ask.visitor.ip,
      ...(language !== undefined && { language }),
    });
    const hours = await routing.openings(service, now, now + SLOTS_AHEAD_MS);
    // An address that is owed nothing may belong to somebody whose number or proved identity is: the request will tell.
    const outlook = !owed.ok
      ? undefined
      : await routing
          .estimate({ requirement: owed.requirement, priority: owed.priority, service })
          .catch((err: unknown) => {
            log.warn({ err }, 'no estimate');
            return undefined;
          });
    const open = hours.openNow;
    // Open, but too many wait for one more to be reached today: the next opening is told.
    const zone = zoneOf(ask.params['timezone']);
    const opensAt = await this.#callableFrom(service, zone, open ? outlook?.opensAt : hours.opensAt);
    const body: AvailabilityView = {
      service,
      open,
      ...(open && outlook?.estimate && { estimate: spanOf(outlook.estimate) }),
      ...(opensAt !== undefined && { opensAt: new Date(opensAt).toISOString() }),
      slots: spread(this.#callable(hours.slots, zone)).map(spanOf),
      consent: company.consent.call,
      form: proof.issue(ask.visitor.origin, consentWords(company.consent.call)),
      country: company.country,
      keepDays: this.#parts.keepDays,
      // Times are told all the same, for those who asked before and want another.
      ...(known.removed && { instead: offered(company).map(({ id, name }) => ({ id, name })) }),
    };
    return { status: 200, body };
  }

  /** An opening at which it is night where they are is none for them. */
  async #callableFrom(service: string, zone?: string, opensAt?: number): Promise<number | undefined> {
    const { times, company } = this.#parts;
    if (zone === undefined || opensAt === undefined) return opensAt;
    const next = await times.nextIn(zone, company.callingHours, service, opensAt);
    return next.ok ? next.at : undefined;
  }

  #callable(slots: readonly TimeRange[], zone: string | undefined): readonly TimeRange[] {
    if (zone === undefined) return slots;
    return callable(slots, this.#parts.company.callingHours, zone);
  }
}

function zoneOf(name: string | undefined): string | undefined {
  return name !== undefined && isZone(name) ? name : undefined;
}

function spanOf(range: { from: number; to: number }): { from: string; to: string } {
  return { from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString() };
}
