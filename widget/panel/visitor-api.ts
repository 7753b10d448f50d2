import type { Problem, ProblemName } from '../../contracts/problem.ts';
import type { CallbackRequest } from '../../contracts/visitor.schema.ts';
import type { AvailabilityView, CallbackCreated, CallbackView } from '../../contracts/visitor.ts';
import type { WidgetCore } from '../shared/core.ts';
import type { PendingRequest } from '../shared/memory.ts';

/** Why a request was not answered as hoped. `status` 0: nothing came back, so nobody knows whether it arrived. */
export type Trouble = Pick<Problem, 'detail' | 'retryAfterS' | 'errors' | 'slots'> & {
  readonly type: ProblemName;
  readonly title: string;
  readonly status: number;
};
export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly trouble: Trouble };

/** Which open callback is meant, and the token that opens it. */
export interface Access {
  readonly id: string;
  readonly token: string;
}

/** Whether nobody can know if the request was carried out: then the same one is to be sent again. */
export function isUncertain({ status }: Trouble): boolean {
  return !status || status >= 500;
}

/** The visitor API as this widget uses it: answers are values, and nothing is thrown. */
export interface VisitorApi {
  availability(service: string): Promise<Answer<AvailabilityView>>;
  create(pending: PendingRequest): Promise<Answer<CallbackCreated>>;
  read(access: Access): Promise<Answer<CallbackView>>;
  move(access: Access, at: string | null): Promise<Answer<CallbackView>>;
  cancel(access: Access, isLeaving?: boolean): Promise<Answer<CallbackView | undefined>>;
  /** Opens the stream of events; the answer's body is read by the caller. */
  events(access: Access, lastEventId: string | undefined, signal: AbortSignal): Promise<Response>;
}

/** Speaks to the web server the script came from, without cookies. */
export function visitorApi(core: Pick<WidgetCore, 'server' | 'settings'>): VisitorApi {
  const root = `${core.server}/api/v1`;
  const { language } = core.settings;

  const send = (path: string, init: RequestInit, headers: Record<string, string>): Promise<Response> =>
    fetch(root + path, {
      ...init,
      headers: { ...(language && { 'Accept-Language': language }), ...headers },
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'origin',
    });

  const ask = async <T>(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: object,
    keepalive = false,
  ): Promise<Answer<T>> => {
    try {
      const init: RequestInit = { method, keepalive };
      if (!keepalive) init.signal = AbortSignal.timeout(20_000);
      if (body) init.body = JSON.stringify(body);
      const response = await send(path, init, {
        ...(body && { 'Content-Type': 'application/json' }),
        ...headers,
      });
      const text = await response.text();
      const json = (text ? JSON.parse(text) : undefined) as unknown;
      if (response.ok) return { ok: true, value: json as T };
      return { ok: false, trouble: { ...nothing, ...(json as Problem), status: response.status } };
    } catch {
      return { ok: false, trouble: nothing };
    }
  };

  const at = ({ id }: Access): string => `/callbacks/${encodeURIComponent(id)}`;
  const bearer = ({ token }: Access): { Authorization: string } => ({ Authorization: `Bearer ${token}` });
  const timezone = zone();

  return {
    availability: (service) =>
      ask('GET', `/availability?${new URLSearchParams({ service, timezone }).toString()}`, {}),
    create: ({ key, body }) =>
      ask('POST', '/callbacks', { 'Idempotency-Key': key }, body satisfies CallbackRequest),
    read: (access) => ask('GET', at(access), bearer(access)),
    move: (access, time) =>
      ask('PATCH', at(access), bearer(access), time === null ? { at: null } : { at: time, timezone }),
    cancel: (access, isLeaving) => ask('DELETE', at(access), bearer(access), undefined, isLeaving),
    events: (access, lastEventId, signal) =>
      send(
        `${at(access)}/events`,
        { signal },
        {
          ...bearer(access),
          Accept: 'text/event-stream',
          ...(lastEventId && { 'Last-Event-ID': lastEventId }),
        },
      ),
  };
}

const nothing: Trouble = { type: 'unavailable', title: '', status: 0 };

/** The visitor's time zone by its IANA name. */
export function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
