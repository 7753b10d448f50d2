import { once } from 'node:events';
import Srf from 'drachtio-srf';
import {
  startSipServer,
  type SipServer,
  type SipServerOptions,
} from '../../../../embedded/sip-server/server.ts';

export const SECRET = 'correct horse';

/** What these tests use of drachtio-srf, whose own type file leaves much of it out. */
export interface App {
  connect(options: object): void;
  disconnect(): void;
  on(event: string, listener: (...args: never[]) => void): this;
  invite(handler: Handler): void;
  register(handler: Handler): void;
  options(handler: Handler): void;
  message(handler: Handler): void;
  subscribe(handler: Handler): void;
  use(handler: (req: AppRequest, res: AppResponse, next: () => void) => void): void;
  createUAS(req: AppRequest, res: AppResponse, options: object): Promise<AppDialog>;
  createUAC(uri: string, options: object, callbacks?: object): Promise<AppDialog>;
  createB2BUA(
    req: AppRequest,
    res: AppResponse,
    uri: string,
    options: object,
  ): Promise<{ uas: AppDialog; uac: AppDialog }>;
  request(uri: string, options: object): Promise<AppRequest>;
  proxyRequest(req: AppRequest, to: string | string[], options: object): Promise<ProxyResults>;
  findDialogById(id: string): AppDialog | undefined;
}

export type Handler = (req: AppRequest, res: AppResponse) => void;

export interface AppMessage {
  readonly body: string;
  readonly source: string;
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  readonly stackTxnId: string;
  readonly stackDialogId: string;
  get(name: string): string;
  has(name: string): boolean;
  getParsedHeader(name: string): { params: Record<string, string>; uri: string };
}

export interface AppRequest extends AppMessage {
  readonly method: string;
  readonly uri: string;
  readonly receivedOn: string;
  cancel(options?: object, done?: (error?: Error) => void): void;
  on(event: string, listener: (...args: never[]) => void): this;
}

export interface AppResponse extends AppMessage {
  readonly status: number;
  readonly req: AppRequest;
  send(status: number, ...rest: unknown[]): void;
}

export interface AppDialog {
  readonly id: string;
  readonly sip: { callId: string; localTag: string; remoteTag: string };
  readonly local: { uri: string; sdp: string };
  readonly remote: { uri: string; sdp: string };
  on(event: string, listener: (...args: never[]) => void): this;
  request(options: object): Promise<AppResponse>;
  modify(sdp: string): Promise<string>;
  destroy(options?: object): Promise<AppRequest>;
}

export interface ProxyResults {
  readonly connected: boolean;
  readonly finalStatus: number;
  readonly responses: readonly { msgs: readonly { status: number }[] }[];
}

/** Servers and applications of one test, ended together. */
export class Rig {
  readonly #endings: (() => unknown)[] = [];

  async server(options: Partial<SipServerOptions> = {}): Promise<SipServer> {
    const server = await startSipServer({ secret: SECRET, ...options });
    this.#endings.push(() => server.close());
    return server;
  }

  /** A real drachtio-srf, connected and authenticated. */
  async app(server: SipServer): Promise<App> {
    const app = new Srf() as unknown as App;
    app.on('error', () => {});
    app.connect({ host: '127.0.0.1', port: server.controlPort, secret: SECRET });
    await once(app as never, 'connect');
    this.#endings.push(() => {
      try {
        app.disconnect();
      } catch {
        // it has left before, as part of its story
      }
    });
    return app;
  }

  /** Runs at the end, before what was started earlier is ended. */
  later(end: () => unknown): void {
    this.#endings.push(end);
  }

  async end(): Promise<void> {
    for (const end of this.#endings.splice(0).reverse()) await end();
  }
}

/** A small session description whose version can be told apart. */
export function sdp(who: string, version = 1, direction = 'sendrecv'): string {
  return [
    'v=0',
    `o=${who} 1 ${version} IN IP4 127.0.0.1`,
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    'm=audio 40000 RTP/AVP 0',
    `a=${direction}`,
    '',
  ].join('\r\n');
}

/** The next occurrence of an event of drachtio-srf's, with its first argument. */
export async function event<T = AppRequest>(emitter: object, name: string): Promise<T> {
  const args = (await once(emitter as never, name)) as unknown[];
  return args[0] as T;
}

/** The final response to a request sent outside dialogs. */
export function finalOf(request: AppRequest): Promise<AppResponse> {
  return new Promise((resolve) => {
    request.on('response', (response: AppResponse) => {
      if (response.status >= 200) resolve(response);
    });
  });
}

/** The error a promise is expected to end in; SIP refusals carry their status. */
export async function failureOf(
  promise: Promise<unknown>,
): Promise<Error & { status?: number; code?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error & { status?: number };
  }
  throw new Error('should have failed');
}
