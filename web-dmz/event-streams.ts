import type { Context } from 'koa';
import type { LinkVisitor } from '../contracts/link.schema.ts';
import type { Clock } from '../server-kit/clock.ts';
import { ProblemError } from '../server-kit/problem.ts';
import { EventResponse } from './event-response.ts';
import type { Gate } from './gate.ts';
import type { LinkReply, OpenStream } from './link-connection.ts';
import type { LinkHub } from './link-hub.ts';
import { unavailable } from './link-hub.ts';
import { callbackOf, sendReply, tokenOf } from './visitor-request.ts';

/** The inside says within this time whether it takes a stream. */
const DEADLINE_MS = 10_000;

/** `GET /callbacks/{id}/events`: what happens to a callback, as server-sent events, until it is over or the link breaks. */
export class EventStreams {
  readonly #hub: LinkHub;
  readonly #gate: Gate;
  readonly #clock: Clock;
  readonly #open = new Set<EventResponse>();

  constructor(hub: LinkHub, gate: Gate, clock: Clock) {
    this.#hub = hub;
    this.#gate = gate;
    this.#clock = clock;
  }

  /** Answers one request with a stream, or with the refusal of the inside under its own status. */
  async answer(ctx: Context & { params: Record<string, string> }, visitor: LinkVisitor): Promise<void> {
    // A HEAD would hold a stream that nobody reads.
    if (ctx.method !== 'GET') throw new ProblemError('not-found');
    const [token, id] = [tokenOf(ctx), callbackOf(ctx)];
    const lastEventId = ctx.get('Last-Event-ID').slice(0, 64);
    const leave = this.#gate.takePlace(visitor);
    ctx.res.once('close', leave);
    const open = { op: 'callback.events', visitor, token, params: { id } } as const;
    const refusal = await this.#relay(ctx, lastEventId === '' ? open : { ...open, lastEventId });
    if (refusal) sendReply(ctx, refusal);
  }

  /** Ends all: the visitors come back to another web-dmz, or to this one when it is up again. */
  close(): void {
    for (const response of this.#open) response.end();
  }

  /** Settles when the answer's head is decided: a refusal, or (undefined) the stream, which then goes on by itself. */
  #relay(ctx: Context, open: Parameters<LinkHub['open']>[0]): Promise<LinkReply | undefined> {
    const response = new EventResponse(ctx.res, this.#clock);
    return new Promise((resolve, reject) => {
      const stream: OpenStream = this.#hub.open(open, {
        onOpened: () => {
          cancel();
          ctx.respond = false;
          this.#open.add(response);
          response.begin();
          resolve(undefined);
        },
        onRefused: resolve,
        onData: (data, as) => {
          if (response.send(data, as)) return;
          stream.close('too slow');
          response.end();
        },
        onClosed: () => {
          if (ctx.res.headersSent) response.end();
          else reject(unavailable());
        },
      });
      const cancel = this.#clock.after(DEADLINE_MS, () => {
        stream.close('no answer in time');
        reject(unavailable());
      });
      ctx.res.once('close', () => {
        cancel();
        this.#open.delete(response);
        stream.close('the visitor left');
        resolve(undefined);
      });
    });
  }
}
