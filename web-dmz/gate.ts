import type { IncomingMessage } from 'node:http';
import type { LinkVisitor } from '../contracts/link.schema.ts';
import { subscriberOf } from '../server-kit/address.ts';
import type { Clock } from '../server-kit/clock.ts';
import { ProblemError } from '../server-kit/problem.ts';
import type { Config } from './config.ts';
import { StreamPlaces } from './stream-places.ts';
import { TokenBuckets } from './token-buckets.ts';
import { visitorOf } from './visitor.ts';

/** Who asks, and whether that address has not asked too often: each refusal is a problem, thrown. */
export class Gate {
  readonly #config: Config;
  readonly #requests: TokenBuckets;
  readonly #callbacks: TokenBuckets;
  readonly #places: StreamPlaces;

  constructor(config: Config, clock: Clock) {
    this.#config = config;
    this.#requests = new TokenBuckets(config.quotas.requests, clock);
    this.#callbacks = new TokenBuckets(config.quotas.callbacks, clock);
    this.#places = new StreamPlaces(config.streams);
  }

  /** The visitor behind a request, which counts against their address. */
  admit(request: IncomingMessage): LinkVisitor {
    const visitor = visitorOf(request, this.#config.trustedProxies);
    spend(this.#requests, visitor);
    return visitor;
  }

  /** A new callback counts once more. */
  admitCallback(visitor: LinkVisitor): void {
    spend(this.#callbacks, visitor);
  }

  /** A place for a stream; call what it returns when the stream is over. */
  takePlace(visitor: LinkVisitor): () => void {
    const leave = this.#places.take(visitor.ip);
    if (!leave) throw new ProblemError('too-many', { retryAfterS: 10 });
    return leave;
  }
}

function spend(buckets: TokenBuckets, visitor: LinkVisitor): void {
  const waitS = buckets.take(subscriberOf(visitor.ip));
  if (waitS > 0) throw new ProblemError('too-many', { retryAfterS: waitS });
}
