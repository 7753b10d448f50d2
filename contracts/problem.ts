/** Every way a request can fail, by name. The names are part of the contract; the titles are not. */
export const problems = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'invalid-phone': { status: 400, title: 'This is not a phone number we can ring' },
  'invalid-time': { status: 400, title: 'We cannot call at this time' },
  'slot-full': { status: 409, title: 'This time is taken' },
  'consent-missing': { status: 400, title: 'We may only call with your consent' },
  'not-logged-in': { status: 401, title: 'Log in first' },
  'wrong-token': { status: 401, title: 'This token is not valid' },
  'wrong-credentials': { status: 401, title: 'The name, password or code is not right' },
  'not-entitled': { status: 403, title: 'This service is not part of what we may offer here' },
  'not-permitted': { status: 403, title: 'You may not do this' },
  'wrong-origin': { status: 403, title: 'Requests from this site are not accepted' },
  'number-refused': { status: 403, title: 'We cannot call this number' },
  'proof-missing': { status: 403, title: 'The form has to be confirmed again' },
  'page-refused': { status: 403, title: 'This page may not be shown here' },
  'not-found': { status: 404, title: 'There is no such thing here' },
  'already-open': { status: 409, title: 'A callback to this number is already open' },
  'wrong-method': { status: 405, title: 'This cannot be done with this method' },
  'not-now': { status: 409, title: 'This cannot be done in the present state' },
  'needs-confirmation': { status: 409, title: 'This has consequences; say that you want it anyway' },
  'offer-gone': { status: 409, title: 'This offer is no longer open' },
  'version-conflict': { status: 409, title: 'Somebody else has changed this meanwhile' },
  'too-large': { status: 413, title: 'The request is too large' },
  'wrong-type': { status: 415, title: 'Send JSON' },
  'key-reused': { status: 422, title: 'This idempotency key was used for another request' },
  locked: { status: 423, title: 'Too many failed tries; wait a while' },
  'too-many': { status: 429, title: 'Too many requests; try again later' },
  unexpected: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'We cannot take requests at the moment; try again shortly' },
} as const;

export type ProblemName = keyof typeof problems;

/** An RFC 9457 body, sent as `application/problem+json`. */
export interface Problem {
  readonly type: ProblemName;
  readonly title: string;
  readonly status: number;
  /** A plain sentence for the person who reads it. */
  readonly detail?: string;
  /** The rule that refused, where one did, e.g. `dial/premium-number`. */
  readonly rule?: string;
  /** Seconds until it is worth trying again; also sent as Retry-After. */
  readonly retryAfterS?: number;
  /** Of `slot-full`: the next times that are free (RFC 3339). */
  readonly slots?: readonly { readonly from: string; readonly to: string }[];
  readonly errors?: readonly { path: string; message: string }[];
}
