/** A store routing depends on does not answer in time. The call may be repeated: every call is idempotent. */
export class RoutingUnavailable extends Error {
  override readonly name = 'RoutingUnavailable';
  readonly store: 'redis' | 'mongodb';

  constructor(store: 'redis' | 'mongodb', cause?: unknown) {
    super(`${store} does not answer`, cause === undefined ? {} : { cause });
    this.store = store;
  }
}

/** Nobody knows such an agent, service or channel: the caller named something that is not there. */
export class UnknownName extends Error {
  override readonly name = 'UnknownName';
}
