import { EventEmitter } from 'node:events';
import { CallEngine } from './phones/call-engine.ts';
import type { EngineOptions, RequestCounters } from './phones/call-engine.ts';
import { Handset } from './phones/handset.ts';
import type { Behaviour } from './phones/handset.ts';
import type { IncomingCall } from './phones/incoming-call.ts';
import type { OutgoingCall } from './phones/outgoing-call.ts';
import { parseUri } from './phones/sip-uri.ts';
import type { Address } from './phones/sip-uri.ts';
import { tone } from './phones/voice.ts';
import type { Voice } from './phones/voice.ts';

/** One call that the network has carried, or refused. */
export interface CarriedCall {
  /** As dialled, in E.164 if it could be read as such. */
  number: string;
  /** The caller's number, as the caller says. */
  from: string;
  callId: string;
  at: number;
  answeredAt?: number;
  endedAt?: number;
  outcome: 'ringing' | 'talking' | 'talked' | 'busy' | 'declined' | 'cancelled' | 'not-in-service' | 'failed';
}

/** How the network is reached, whom it serves, and how its people behave. */
export interface TelephoneNetworkOptions extends Pick<EngineOptions, 'host' | 'port' | 't1Ms' | 'loses'> {
  /** Who may call: addresses, with a port if only that port may. Without it everybody who can reach the port may. */
  peers?: readonly string[];
  /** How long it rings before somebody answers, is busy or declines. */
  ringMs?: number;
  /** When 500-599 hang up after answering. */
  hangUpAfterMs?: number;
  /** What those who answer say. */
  voice?: Voice;
  /** How many finished calls are remembered. */
  keepCalls?: number;
}

const FICTION = /^\+442079460(\d{3})$/;
const NOT_IN_SERVICE = 404;

/** A telephone on the network: it behaves as its number says until a test or a person takes it over. */
export class Line extends Handset {
  readonly number: string;
  readonly #dial: (target: string) => OutgoingCall;

  constructor(engine: CallEngine, number: string, behaviour: Behaviour, voice: Voice) {
    super(engine.timers, { behaviour, voice, maxCalls: Infinity });
    this.number = number;
    const { host } = engine.address;
    this.#dial = (target) => engine.dial({ target, from: `sip:${number}@${host}` });
  }

  /** Calls somebody from this number. */
  dial(target: string): OutgoingCall {
    const call = this.#dial(target);
    this.adopt(call);
    return call;
  }
}

/**
 * A telephone network that needs no carrier: a SIP peer whose people have the numbers reserved for fiction,
 * +44 20 7946 0NNN. 100-199 answer and talk, 200-299 are busy, 300-399 ring, 500-599 answer and soon hang up,
 * 600-699 decline; no other number is in service.
 */
export class TelephoneNetwork extends EventEmitter<{ call: [CarriedCall]; changed: [CarriedCall] }> {
  readonly #engine: CallEngine;
  readonly #options: TelephoneNetworkOptions;
  readonly #lines = new Map<string, Line>();
  #carried: CarriedCall[] = [];

  static async open(options: TelephoneNetworkOptions = {}): Promise<TelephoneNetwork> {
    const { peers } = options;
    const refuses = (from: Address) => {
      if (!peers || peers.includes(from.host) || peers.includes(`${from.host}:${from.port}`))
        return undefined;
      return 403;
    };
    const user = 'network';
    const engine = await CallEngine.open({
      ...options,
      user,
      userAgent: 'Ringback-Telephone-Network',
      refuses,
    });
    return new TelephoneNetwork(engine, options);
  }

  private constructor(engine: CallEngine, options: TelephoneNetworkOptions) {
    super();
    this.#engine = engine;
    this.#options = options;
    engine.on('call', (call) => {
      this.#connect(call);
    });
  }

  get address(): Address {
    return this.#engine.address;
  }

  /** Requests received, each counted once. */
  get counters(): Readonly<RequestCounters> {
    return this.#engine.counters;
  }

  /** What a trunk calls to reach that number. */
  uri(number: string): string {
    return this.#engine.uri(number);
  }

  /** The telephone of that number, to be watched or worked by hand; asking for it puts any number in service. */
  line(number: string): Line {
    const known = this.#lines.get(number);
    if (known) return known;
    const line = new Line(this.#engine, number, this.#behaviourOf(number), this.#options.voice ?? tone(880));
    this.#lines.set(number, line);
    return line;
  }

  /** The calls to that number that are remembered, oldest first. */
  callsTo(number: string): readonly CarriedCall[] {
    return this.#carried.filter((call) => call.number === number);
  }

  /** Every call that is remembered, oldest first. */
  get calls(): readonly CarriedCall[] {
    return this.#carried;
  }

  /** Hangs up what is up, waiting a second at most, then releases everything. */
  async close(): Promise<void> {
    const goodbyes = [...this.#lines.values()].map((line) => line.hangUp());
    const patience = new Promise<void>((resolve) => this.#engine.timers.after(1000, resolve));
    await Promise.race([Promise.allSettled(goodbyes), patience]);
    this.vanish();
  }

  /** Goes dark without a word, as when the trunk is cut. */
  vanish(): void {
    this.#engine.close();
  }

  #behaviourOf(number: string): Behaviour {
    const { ringMs = 2000, hangUpAfterMs = 3000 } = this.#options;
    switch (FICTION.exec(number)?.[1]?.[0] ?? '') {
      case '1':
        return { do: 'answer', ringMs };
      case '2':
        return { do: 'reject', status: 486 };
      case '3':
        return { do: 'ring' };
      case '5':
        return { do: 'answer', ringMs, hangUpAfterMs };
      case '6':
        return { do: 'reject', status: 603, ringMs };
      default:
        return { do: 'reject', status: NOT_IN_SERVICE };
    }
  }

  #connect(call: IncomingCall): void {
    const number = e164(parseUri(call.wanted)?.user ?? '');
    this.#record(call, number);
    // a line is made for a number that exists or that a test has made; strangers must not fill the memory
    if (FICTION.test(number) || this.#lines.has(number)) this.line(number).receive(call);
    else call.reject(NOT_IN_SERVICE);
  }

  #record(call: IncomingCall, number: string): void {
    const from = parseUri(call.remote.uri)?.user ?? '';
    const carried: CarriedCall = { number, from, callId: call.callId, at: Date.now(), outcome: 'ringing' };
    this.#carried = [...this.#carried, carried].slice(-(this.#options.keepCalls ?? 1000));
    this.emit('call', carried);
    call.on('established', () => {
      carried.answeredAt = Date.now();
      carried.outcome = 'talking';
      this.emit('changed', carried);
    });
    call.on('ended', (end) => {
      carried.endedAt = Date.now();
      carried.outcome = carried.outcome === 'talking' ? 'talked' : outcomeOf(end.status, end.cause);
      this.emit('changed', carried);
    });
  }
}

function outcomeOf(status: number | undefined, cause: string): CarriedCall['outcome'] {
  if (cause === 'cancelled') return 'cancelled';
  if (status === 486) return 'busy';
  if (status === 603) return 'declined';
  return status === NOT_IN_SERVICE ? 'not-in-service' : 'failed';
}

/** Reads a dialled number as a carrier does: with plus, with 00, or a British one with its leading 0. */
function e164(dialled: string): string {
  const digits = dialled.replace(/[\s().-]/g, '');
  if (digits.startsWith('00')) return `+${digits.slice(2)}`;
  return digits.startsWith('0') ? `+44${digits.slice(1)}` : digits;
}

/** Opens a simulated telephone network. */
export function startTelephoneNetwork(options: TelephoneNetworkOptions = {}): Promise<TelephoneNetwork> {
  return TelephoneNetwork.open(options);
}
