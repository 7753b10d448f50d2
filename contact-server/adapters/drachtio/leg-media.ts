import { createHash } from 'node:crypto';
import type { Direction, Sdp } from './sdp.ts';
import { parseSdp, silentAnswer, writeSdp } from './sdp.ts';

/** What has been said about audio on one leg: by its phone, and by us under one `o=` line of our own. */
export class LegMedia {
  readonly #address: () => string;
  readonly #session: string;
  #version: number;
  #remote: Sdp | undefined;
  #told: Sdp | undefined;
  #said = '';
  #wants: Direction = 'sendrecv';

  /** `address` is ours; `version` is the last one said before, by whichever process. */
  constructor(sipCallId: string, version: number, address: () => string) {
    this.#address = address;
    this.#version = version;
    this.#session = String(createHash('sha256').update(sipCallId).digest().readUIntBE(0, 6));
  }

  /** What the phone said last of its own audio. */
  get remote(): Sdp | undefined {
    return this.#remote;
  }

  /** What the phone was last told of the other one. */
  get told(): Sdp | undefined {
    return this.#told;
  }

  /** Our last words: repeated for a refresh that changes nothing (RFC 4028 section 7.4). */
  get said(): string {
    return this.#said;
  }

  /** The direction its user chose; ours comes on top. */
  get wants(): Direction {
    return this.#wants;
  }

  /** An offer or answer of ours about the other phone. */
  say(sdp: Sdp, direction: Direction, refuse: readonly string[] = []): string {
    this.#told = sdp;
    this.#version += 1;
    const origin = { session: this.#session, version: this.#version, address: this.#address() };
    this.#said = writeSdp(origin, sdp, { direction, refuse });
    return this.#said;
  }

  /** Answers the phone's offer while there is nobody to hear: it keeps its leg, in silence. */
  saySilence(offer: Sdp): string {
    return this.say(silentAnswer(this.#address(), offer), 'inactive', offer.others);
  }

  /** Takes in the phone's answer to an offer of ours, or its own first offer. False if it cannot be read. */
  hear(body: string | undefined, offered?: Direction): boolean {
    const sdp = parseSdp(body ?? '');
    if (!sdp) return false;
    // an answer may name no place to send to (a refused or held stream): the last good one is kept
    const nowhere = sdp.port === 0 || sdp.address === '0.0.0.0';
    this.#remote =
      nowhere && this.#remote ? { ...sdp, address: this.#remote.address, port: this.#remote.port } : sdp;
    if (offered === 'sendrecv') this.#wants = sdp.direction;
    return true;
  }

  /** Takes the phone's own offer as its wish. Gives back how to forget it, should the other side refuse. */
  take(offer: Sdp): () => void {
    const before = { remote: this.#remote, wants: this.#wants };
    this.#remote = offer;
    this.#wants = offer.direction;
    return () => {
      this.#remote = before.remote;
      this.#wants = before.wants;
    };
  }
}
