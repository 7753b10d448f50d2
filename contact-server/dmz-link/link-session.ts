import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { FromDmz } from '../../contracts/link.schema.ts';
import { ProblemError, problemOf } from '../../server-kit/problem.ts';
import type { VisitorAsk, VisitorDesk } from '../ports/visitor-desk.ts';
import type { DmzNode, LinkAnswer, NodeLimits } from './dmz-node.ts';
import type { InsideChannel } from './relayed-stream.ts';
import { RelayedStream } from './relayed-stream.ts';

type Frame<T extends FromDmz['t']> = Extract<FromDmz, { t: T }>;

interface SessionOptions {
  readonly channel: InsideChannel;
  readonly node: DmzNode;
  readonly desk: VisitorDesk;
  readonly limits: NodeLimits;
  readonly isQuarantined: (node: string) => boolean;
  readonly log: Logger;
}

/** Serves one connection of a web-dmz: hands requests and streams to the desk, and what the desk says back. */
export class LinkSession {
  readonly #options: SessionOptions;
  readonly #streams = new Map<string, RelayedStream>();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Does what the frame asks; whatever goes wrong in it touches no other visitor. */
  take(frame: Exclude<FromDmz, { t: 'hello' }>): void {
    switch (frame.t) {
      case 'request':
        void this.#answer(frame);
        return;
      case 'open':
        void this.#open(frame);
        return;
      case 'data':
        this.#guarded(frame.stream, (stream) => stream.hear(frame.data));
        return;
      case 'close':
        this.#guarded(frame.stream, (stream) => stream.end(frame.reason ?? 'the visitor left'));
        return;
      case 'pong':
        return;
    }
  }

  /** The connection is gone: all streams over it end. */
  end(reason: string): void {
    for (const id of [...this.#streams.keys()]) this.#guarded(id, (stream) => stream.end(reason));
  }

  async #answer(frame: Frame<'request'>): Promise<void> {
    const { node, channel } = this.#options;
    const answer =
      node.answers.of(frame.id, fingerprintOf(frame), () => this.#ask(frame)) ??
      Promise.resolve(
        problemAnswer(new ProblemError('invalid-request', { detail: 'This request id was used before.' })),
      );
    const { status, body, retryAfterS } = await answer;
    if (channel.send({ t: 'reply', id: frame.id, status, body, retryAfterS }) || !channel.isOpen) return;
    const { body: problem } = problemAnswer(new ProblemError('unexpected'));
    channel.send({ t: 'reply', id: frame.id, status: 500, body: problem });
  }

  async #ask(frame: Frame<'request'>): Promise<LinkAnswer> {
    const { node, desk, limits, isQuarantined, log } = this.#options;
    if (frame.op === 'callback.create' && isQuarantined(node.name)) {
      log.warn({ node: node.name }, 'callback of a quarantined web-dmz not taken');
      return problemAnswer(new ProblemError('unavailable', { retryAfterS: 60 }));
    }
    if (node.requests >= limits.requests)
      return problemAnswer(new ProblemError('unavailable', { retryAfterS: 2 }));
    node.requests += 1;
    try {
      return await desk.answer(frame.op, askOf(frame, node.name));
    } catch (error) {
      if (!(error instanceof ProblemError)) log.error({ err: error, op: frame.op }, 'visitor request failed');
      return problemAnswer(error);
    } finally {
      node.requests -= 1;
    }
  }

  async #open(frame: Frame<'open'>): Promise<void> {
    const { node, desk, limits, channel, log } = this.#options;
    if (this.#streams.has(frame.stream)) {
      channel.close('a stream id was used twice');
      return;
    }
    const stream = new RelayedStream(
      frame.stream,
      askOf(frame, node.name),
      frame.lastEventId,
      channel,
      () => {
        this.#streams.delete(frame.stream);
        node.streams -= 1;
      },
    );
    this.#streams.set(frame.stream, stream);
    node.streams += 1;
    try {
      if (node.streams > limits.streams) throw new ProblemError('unavailable', { retryAfterS: 2 });
      await desk.open(frame.op, stream);
      stream.accept();
    } catch (error) {
      if (!(error instanceof ProblemError)) log.error({ err: error, op: frame.op }, 'visitor stream failed');
      const problem = problemOf(error);
      stream.refuse(problem.status, problem);
    }
  }

  /** Frames for a stream that has just been closed are late, not wrong; a listener that throws loses its own stream only. */
  #guarded(id: string, act: (stream: RelayedStream) => void): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    try {
      act(stream);
    } catch (err) {
      this.#options.log.error({ err }, 'visitor stream failed');
      stream.close('unexpected');
    }
  }
}

function problemAnswer(error: unknown): LinkAnswer {
  const problem = problemOf(error);
  const { status, retryAfterS } = problem;
  return { status, body: problem, ...(retryAfterS === undefined ? {} : { retryAfterS }) };
}

function askOf(frame: Frame<'request' | 'open'>, node: string): VisitorAsk {
  const { visitor, token, params } = frame;
  const [key, body] = frame.t === 'request' ? [frame.key, frame.body] : [];
  return {
    visitor,
    node,
    params: params ?? {},
    ...(token === undefined ? {} : { token }),
    ...(key === undefined ? {} : { key }),
    ...(body === undefined ? {} : { body }),
  };
}

/** Two frames with the same are the same request; the visitor's address may differ from one try to the next. */
function fingerprintOf(frame: Frame<'request'>): string {
  const { op, token, key, params, body } = frame;
  return createHash('sha256')
    .update(JSON.stringify([op, token, key, params, body]))
    .digest('base64');
}
