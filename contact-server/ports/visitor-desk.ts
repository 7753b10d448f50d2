import type { LinkOp, LinkStream, LinkVisitor } from '../../contracts/link.schema.ts';

/** One question of a visitor, as the link brought it: all of it a claim until checked. */
export interface VisitorAsk {
  readonly visitor: LinkVisitor;
  /** The callback's token (Authorization: Bearer). */
  readonly token?: string;
  /** The Idempotency-Key. */
  readonly key?: string;
  /** Path and query parameters by name. */
  readonly params: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Which web-dmz says so. */
  readonly node: string;
}

export interface VisitorAnswer {
  readonly status: number;
  readonly body?: unknown;
}

/** An open stream to one visitor. Nothing is sent after a close; `send` returns false when the visitor reads too slowly. */
export interface VisitorStream {
  readonly ask: VisitorAsk;
  readonly lastEventId?: string;
  send(data: string, as?: { event?: string; id?: string }): boolean;
  close(reason?: string): void;
  onData(listener: (data: string) => void): void;
  /** Called once: the visitor left, web-dmz left, the link was lost, or we closed. */
  onClose(listener: (reason: string) => void): void;
}

/** What the inside does for visitors. A ProblemError is the refusal the visitor gets to read. */
export interface VisitorDesk {
  answer(op: LinkOp, ask: VisitorAsk): Promise<VisitorAnswer>;
  /** Resolves when the stream is accepted; it then lives until one side closes it. */
  open(op: LinkStream, stream: VisitorStream): Promise<void>;
}
