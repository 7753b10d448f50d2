import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { decodeMuLaw, encodeMuLaw } from './g711.ts';
import type { Flow } from './session-description.ts';
import type { Address } from './sip-uri.ts';
import { SAMPLE_RATE, silence } from './voice.ts';
import type { Voice } from './voice.ts';

const PACKET_MS = 20;
const PACKET_SAMPLES = (SAMPLE_RATE * PACKET_MS) / 1000;
/** After a pause of the process this many packets are made up for; older ones are skipped. */
const MAX_BEHIND = 10;
/** So long only the negotiated source is heard: another may be left over from an earlier call to this port. */
const STRANGER_AFTER_MS = 300;
const DIGITS = '0123456789*#ABCD';

/** What the far end has negotiated. */
export interface AudioTarget {
  to: Address;
  flow: Flow;
  /** Payload numbers of key presses: theirs for what we send, ours for what they send. */
  telephoneEvent: { sent: number | undefined; received: number | undefined };
}

/** The audio of one call: RTP with G.711 mu-law, 20 ms a packet (RFC 3550, 3551), and key presses (RFC 4733). */
export class RtpAudio {
  readonly counters = { sent: 0, received: 0, refused: 0 };
  readonly #socket: Socket;
  readonly #listeners = new Set<(samples: Int16Array) => void>();
  readonly #digitListeners = new Set<(digit: string) => void>();
  readonly #ssrc = randomBytes(4);
  #voice: Voice = silence;
  #target: AudioTarget | undefined;
  #source: Address | undefined;
  #directedAt = 0;
  #clock: NodeJS.Timeout | undefined;
  #isMuted = false;
  #startedAt: number | undefined;
  #isTalkspurt = true;
  #position = 0;
  #sequence = randomBytes(2).readUInt16BE();
  #digitHeard: number | undefined;
  #pressing: { event: number; from: number; left: number; first: boolean } | undefined;
  #toPress: string[] = [];

  static async open(host: string): Promise<RtpAudio> {
    const socket = createSocket('udp4');
    socket.bind(0, host);
    await once(socket, 'listening');
    return new RtpAudio(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {}); // nobody at the other end: the far phone hears nothing, which tests see
    socket.on('message', (packet, from) => {
      this.#receive(packet, { host: from.address, port: from.port });
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Says something else from the next packet on. */
  speak(voice: Voice): void {
    this.#voice = voice;
  }

  /** Sends nothing while muted, whatever is negotiated. */
  mute(on: boolean): void {
    this.#isMuted = on;
    this.direct(this.#target);
  }

  /** Sends and receives as negotiated from now on; no target stops both. */
  direct(target: AudioTarget | undefined): void {
    const moved = target?.to.host !== this.#target?.to.host || target?.to.port !== this.#target?.to.port;
    if (moved) {
      this.#source = undefined;
      this.#directedAt = performance.now();
    }
    this.#target = target;
    if (target?.flow.send && !this.#isMuted) this.#start();
    else this.#stop();
  }

  /** Gives every piece of audio that arrives to `heard`, until the returned function is called. */
  listen(heard: (samples: Int16Array) => void): () => void {
    this.#listeners.add(heard);
    return () => this.#listeners.delete(heard);
  }

  /** Gives every key that the far end presses to `pressed`. */
  onDigit(pressed: (digit: string) => void): void {
    this.#digitListeners.add(pressed);
  }

  /** Presses keys one after the other, a tenth of a second each; other characters are passed over. */
  press(digits: string): void {
    this.#toPress.push(...(digits.toUpperCase().match(/[0-9*#A-D]/g) ?? []));
  }

  close(): void {
    this.direct(undefined);
    this.#listeners.clear();
    this.#socket.close();
  }

  #start(): void {
    if (this.#clock) return;
    const now = performance.now();
    const startedAt = (this.#startedAt ??= now);
    // timestamps go on through a pause, and what follows it begins a talkspurt (RFC 3551 section 4.1)
    this.#position = Math.round((now - startedAt) / PACKET_MS) * PACKET_SAMPLES;
    this.#isTalkspurt = true;
    this.#clock = setInterval(() => {
      this.#sendDue(startedAt);
    }, PACKET_MS);
  }

  #stop(): void {
    clearInterval(this.#clock);
    this.#clock = undefined;
  }

  #sendDue(startedAt: number): void {
    const elapsed = ((performance.now() - startedAt) * SAMPLE_RATE) / 1000;
    const due = Math.floor((elapsed - this.#position) / PACKET_SAMPLES);
    this.#position += Math.max(0, due - MAX_BEHIND) * PACKET_SAMPLES;
    for (let packet = 0; packet < Math.min(due, MAX_BEHIND); packet++) {
      if (!this.#sendKeyPress()) this.#sendVoice();
      this.#position += PACKET_SAMPLES;
    }
  }

  #sendVoice(): void {
    const payload = new Uint8Array(PACKET_SAMPLES);
    for (let at = 0; at < PACKET_SAMPLES; at++) {
      payload[at] = encodeMuLaw(this.#voice(this.#position + at) * 32_767);
    }
    this.#sendPacket(this.#isTalkspurt ? 0x80 : 0, this.#position, payload);
    this.#isTalkspurt = false;
  }

  /** Seven packets a key, the last three of them saying that it is over (RFC 4733 section 2.5). */
  #sendKeyPress(): boolean {
    const payloadType = this.#target?.telephoneEvent.sent;
    if (payloadType === undefined) return false;
    if (!this.#pressing) {
      const digit = this.#toPress.shift();
      if (digit === undefined) return false;
      this.#pressing = { event: DIGITS.indexOf(digit), from: this.#position, left: 7, first: true };
    }
    const pressing = this.#pressing;
    pressing.left--;
    const isOver = pressing.left < 3;
    const length = Math.min(4 * PACKET_SAMPLES, this.#position - pressing.from + PACKET_SAMPLES);
    const payload = Uint8Array.of(pressing.event, isOver ? 0x8a : 0x0a, length >> 8, length & 0xff);
    this.#sendPacket(payloadType | (pressing.first ? 0x80 : 0), pressing.from, payload);
    pressing.first = false;
    if (pressing.left === 0) this.#pressing = undefined;
    return true;
  }

  #sendPacket(payloadType: number, timestamp: number, payload: Uint8Array): void {
    if (!this.#target) return;
    const { host, port } = this.#target.to;
    const header = Buffer.alloc(12);
    header[0] = 0x80;
    header[1] = payloadType;
    header.writeUInt16BE(this.#sequence, 2);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    header.writeUInt32BE(timestamp >>> 0, 4);
    this.#ssrc.copy(header, 8);
    this.counters.sent++;
    this.#socket.send([header, payload], port, host, () => {});
  }

  #receive(packet: Buffer, from: Address): void {
    if (!this.#target?.flow.receive || packet.length < 12 || packet.readUInt8(0) >> 6 !== 2) return;
    if (!this.#isFrom(from)) {
      this.counters.refused++;
      return;
    }
    const payload = payloadOf(packet);
    const type = packet.readUInt8(1) & 0x7f;
    if (type === 0) {
      this.counters.received++;
      const samples = decodeMuLaw(payload);
      for (const heard of [...this.#listeners]) heard(samples);
    } else if (type === this.#target.telephoneEvent.received && payload.length >= 4)
      this.#keyPressed(packet, payload);
  }

  /**
   * The negotiated source counts. Behind a NAT audio comes from another: after a moment of silence the first stranger counts
   * until the negotiated one shows up, so that nobody can take a call over.
   */
  #isFrom(from: Address): boolean {
    const isNegotiated = from.port === this.#target?.to.port && from.host === this.#target.to.host;
    const mayBeStranger = performance.now() - this.#directedAt > STRANGER_AFTER_MS;
    if (isNegotiated || (!this.#source && mayBeStranger)) this.#source = from;
    return from.port === this.#source?.port && from.host === this.#source.host;
  }

  #keyPressed(packet: Buffer, payload: Uint8Array): void {
    const timestamp = packet.readUInt32BE(4);
    if (timestamp === this.#digitHeard) return;
    this.#digitHeard = timestamp;
    const digit = DIGITS[payload[0] ?? 99];
    if (digit !== undefined) for (const pressed of this.#digitListeners) pressed(digit);
  }
}

/** The payload behind the contributing sources, the header extension and the padding (RFC 3550 section 5.1). */
function payloadOf(packet: Buffer): Buffer {
  const first = packet.readUInt8(0);
  let start = 12 + 4 * (first & 0x0f);
  if (first & 0x10 && packet.length >= start + 4) start += 4 + 4 * packet.readUInt16BE(start + 2);
  const padding = first & 0x20 ? packet.readUInt8(packet.length - 1) : 0;
  return packet.subarray(start, Math.max(start, packet.length - padding));
}
