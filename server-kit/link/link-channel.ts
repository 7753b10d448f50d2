import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { z } from 'zod';
import type { FromDmz, ToDmz } from '../../contracts/link.schema.ts';
import { LINK_VERSION } from '../../contracts/link.schema.ts';
import type { Clock } from '../clock.ts';
import type { LinkLimits } from './link-limits.ts';

/**
 * Why a frame was refused, and its connection with it: no frame of ours, larger than any of ours, a number seen before
 * or skipped, a time too far from ours, before the hello or a second one, another version, another's name.
 */
export type FrameFault = 'unknown' | 'oversize' | 'repeat' | 'gap' | 'stale' | 'order' | 'version' | 'name';

/** A frame as its author writes it: the channel adds the number and the time. */
export type Unnumbered<Frame> = Frame extends unknown ? Omit<Frame, 'n' | 'at'> : never;

/** What a channel tells its owner; `onHello` comes first and once, `onClose` last and once. */
interface ChannelOwner<In> {
  onHello(hello: Extract<In, { t: 'hello' }>): void;
  onFrame(frame: Exclude<In, { t: 'hello' }>): void;
  onFault(fault: FrameFault): void;
  onClose(reason: string): void;
}

interface ChannelOptions<In, Out> {
  readonly socket: WebSocket;
  /** The name in the peer's certificate: a hello that says otherwise is refused. */
  readonly peer: string;
  readonly incoming: z.ZodType<In>;
  readonly outgoing: z.ZodType<Out>;
  readonly limits: LinkLimits;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * One connection of a link: numbers and checks every frame in both directions. A frame that is repeated, missing, stale,
 * too large, out of order or of unknown shape ends the connection, as does silence or a peer that no longer reads.
 */
export class LinkChannel<In extends FromDmz | ToDmz, Out extends FromDmz | ToDmz> {
  readonly #options: ChannelOptions<In, Out>;
  readonly #owner: ChannelOwner<In>;
  #sent = 0;
  #received = 0;
  #greeted = false;
  #heardAt: number;
  #stopWatching: () => void = () => {};
  #closed: string | undefined;

  constructor(options: ChannelOptions<In, Out>, owner: ChannelOwner<In>) {
    this.#options = options;
    this.#owner = owner;
    this.#heardAt = options.clock.now();
    options.socket.on('message', (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary));
    options.socket.on('error', (error: Error & { code?: string }) => {
      if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.#refuse('oversize', {});
      else this.close(error.message);
    });
    options.socket.on('close', (_code, reason) => this.#end(reason.toString() || 'the connection was lost'));
    this.#watch();
  }

  get isOpen(): boolean {
    return this.#closed === undefined;
  }

  /** So much waits to be sent that nothing new should be begun here. */
  get isCongested(): boolean {
    return this.#options.socket.bufferedAmount > this.#options.limits.congestedBytes;
  }

  /** False if the channel is closed, or the frame is one that the peer would refuse: then it is not sent, and logged. */
  send(frame: Unnumbered<Out>): boolean {
    if (!this.isOpen) return false;
    const { socket, outgoing, clock, log, limits } = this.#options;
    const numbered = outgoing.safeParse({ n: this.#sent + 1, at: clock.now(), ...frame });
    if (!numbered.success) {
      log.error(
        { frame: frame.t, issues: pathsOf(numbered.error) },
        'link frame not sent: it breaks the contract',
      );
      return false;
    }
    this.#sent += 1;
    socket.send(JSON.stringify(numbered.data));
    if (socket.bufferedAmount > limits.hopelessBytes) this.close('the peer does not read');
    return true;
  }

  /** Ends the connection; the owner hears of it before this returns. */
  close(reason: string): void {
    this.#options.socket.close(1000, reason.slice(0, 120));
    this.#end(reason);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (!this.isOpen) return;
    this.#heardAt = this.#options.clock.now();
    const parsed = this.#options.incoming.safeParse(isBinary ? undefined : parse(data));
    if (!parsed.success) {
      this.#refuse('unknown', { issues: pathsOf(parsed.error) });
      return;
    }
    const frame = parsed.data;
    const fault = this.#faultOf(frame);
    if (fault !== undefined) {
      this.#refuse(fault, { frame: frame.t, n: frame.n, after: this.#received, at: frame.at });
      return;
    }
    this.#received = frame.n;
    if (frame.t === 'hello') {
      this.#greeted = true;
      this.#owner.onHello(frame as Extract<In, { t: 'hello' }>);
    } else {
      this.#owner.onFrame(frame as Exclude<In, { t: 'hello' }>);
    }
  }

  #faultOf(frame: In): FrameFault | undefined {
    const { limits, peer } = this.#options;
    if (frame.n <= this.#received) return 'repeat';
    if (frame.n > this.#received + 1) return 'gap';
    if (Math.abs(this.#heardAt - frame.at) > limits.staleAfterMs) return 'stale';
    if ((frame.t === 'hello') === this.#greeted) return 'order';
    if (frame.t !== 'hello') return undefined;
    if (frame.version !== LINK_VERSION) return 'version';
    return frame.node === peer ? undefined : 'name';
  }

  #refuse(fault: FrameFault, about: object): void {
    if (!this.isOpen) return;
    this.#options.log.warn({ fault, peer: this.#options.peer, ...about }, 'link frame refused');
    this.#owner.onFault(fault);
    this.#options.socket.close(1008, fault);
    this.#end(`frame refused: ${fault}`);
  }

  #watch(): void {
    const { clock, limits } = this.#options;
    const leftMs = this.#heardAt + limits.deadAfterMs - clock.now();
    if (leftMs <= 0) this.close('the peer is silent');
    else this.#stopWatching = clock.after(leftMs, () => this.#watch());
  }

  #end(reason: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#stopWatching();
    // A peer that does not answer the closing handshake (RFC 6455 7.1.1) is not waited for.
    const { socket, clock } = this.#options;
    if (socket.readyState !== socket.CLOSED) {
      const giveUp = clock.after(CLOSING_MS, () => socket.terminate());
      socket.once('close', giveUp);
    }
    this.#owner.onClose(reason);
  }
}

const CLOSING_MS = 1_000;

function parse(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Where a frame is wrong, never what it says. */
function pathsOf(error: z.ZodError): string[] {
  return error.issues.map((issue) => `${issue.path.join('.')}: ${issue.code}`).slice(0, 5);
}
