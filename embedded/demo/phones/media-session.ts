import { randomInt } from 'node:crypto';
import type { RtpAudio } from './rtp-audio.ts';
import { formatDescription, parseDescription } from './session-description.ts';
import type { Flow, MediaLine, RefusedLine } from './session-description.ts';

const BOTH: Flow = { send: true, receive: true };
const OUR_TELEPHONE_EVENT = 101;

/**
 * Offer and answer for one audio stream (RFC 3264): keeps the session id, raises the version with each
 * description, keeps number and order of the m= lines, and directs the audio as agreed.
 */
export class MediaSession {
  readonly #audio: RtpAudio;
  readonly #host: string;
  readonly #sessionId = String(randomInt(1, 2 ** 40));
  #version = 0;
  #written = '';
  #wish: Flow = BOTH;
  #offered: Flow | undefined;
  #lines: ('audio' | RefusedLine)[] = ['audio'];
  #remote: MediaLine | undefined;
  /** The number under which we have said that we hear key presses. */
  #telephoneEvent: number | undefined;
  #flow: Flow = { send: false, receive: false };

  constructor(audio: RtpAudio, host: string) {
    this.#audio = audio;
    this.#host = host;
  }

  /** Which way audio goes now, seen from here. */
  get flow(): Flow {
    return this.#flow;
  }

  /** Whether an offer has found its answer. */
  get isAgreed(): boolean {
    return this.#remote !== undefined;
  }

  /** Whether the far end has put us on hold: it does not want to hear us. */
  get isHeldByFar(): boolean {
    return this.#remote !== undefined && !this.#remote.flow.receive;
  }

  /** What we want, agreed at the next offer or answer. */
  get wish(): Flow {
    return this.#wish;
  }

  set wish(flow: Flow) {
    this.#wish = flow;
  }

  /** An offer of ours; nothing changes until its answer comes. */
  offer(): string {
    this.#offered = this.#wish;
    this.#telephoneEvent ??= OUR_TELEPHONE_EVENT;
    return this.#write(this.#wish);
  }

  /** The answer to an offer, already in force; undefined if it holds no audio that we can speak. */
  answer(text: string): string | undefined {
    const { media } = parseDescription(text);
    const index = media.findIndex(isUsable);
    const chosen = media[index];
    if (!chosen) return undefined;
    this.#lines = media.map((line, at) => (at === index ? 'audio' : line));
    this.#telephoneEvent = chosen.telephoneEvent;
    this.#agree(chosen, this.#wish);
    return this.#write(this.#flow);
  }

  /** Takes the answer to our offer in; false if it is none that we can speak. */
  accept(text: string): boolean {
    const chosen = parseDescription(text).media.find(isUsable);
    if (!chosen) return false;
    this.#agree(chosen, this.#offered ?? this.#wish);
    return true;
  }

  #agree(remote: MediaLine, wish: Flow): void {
    this.#remote = remote;
    this.#flow = { send: wish.send && remote.flow.receive, receive: wish.receive && remote.flow.send };
    const { host, port } = remote;
    const telephoneEvent = { sent: remote.telephoneEvent, received: this.#telephoneEvent };
    this.#audio.direct({ to: { host, port }, flow: this.#flow, telephoneEvent });
  }

  #write(flow: Flow): string {
    const { port } = this.#audio;
    const telephoneEvent = this.#telephoneEvent;
    const lines = this.#lines.map((line) => (line === 'audio' ? { port, flow, telephoneEvent } : line));
    const parts = { sessionId: this.#sessionId, host: this.#host, lines };
    const unchanged = formatDescription({ ...parts, version: this.#version });
    if (unchanged === this.#written) return unchanged; // the version rises only with a change (RFC 3264 section 8)
    this.#written = formatDescription({ ...parts, version: ++this.#version });
    return this.#written;
  }
}

function isUsable(line: MediaLine): boolean {
  return (
    line.kind === 'audio' && line.port !== 0 && line.protocol === 'RTP/AVP' && line.formats.includes('0')
  );
}
