import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '../../../server-kit/clock.ts';
import type { BindingStore, PhoneAccounts, PhoneBinding, Phones } from '../../ports/phones.ts';
import { Bindings } from './bindings.ts';
import { isProven, Nonces, parseCredentials } from './digest.ts';
import type { DigestAlgorithm } from './digest.ts';
import type { PhoneTarget } from './drachtio-telephony.ts';
import { contactUser, readRegister, userIn } from './register-request.ts';
import type { RegisterContact } from './register-request.ts';
import type { SipLink } from './sip-link.ts';
import type { SipReply, SipRequest } from './sip-messages.ts';
import { SourceLimit } from './source-limit.ts';

export interface PhonesOptions {
  /** Not connected yet: the registrar asks for its requests first. */
  readonly link: SipLink;
  readonly accounts: PhoneAccounts;
  readonly clock: Clock;
  readonly log: Logger;
  /** Addresses of trunks: they are never limited, and no phone of theirs is asked for a password. */
  isTrunk(address: string, port: number): boolean;
  readonly store?: BindingStore;
  readonly realm?: string;
  /** What phones are asked for; they may answer with either. Many know MD5 only. */
  readonly algorithm?: DigestAlgorithm;
  readonly minExpiresS?: number;
  readonly maxExpiresS?: number;
  readonly maxContacts?: number;
}

const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO';
const COST_ASKED = 1;
const COST_WRONG = 10;

/**
 * The registrar for agents' phones, and the door for everything that comes in uninvited.
 * Whoever cannot prove to be an agent who is logged in hears the same 401, whatever the reason.
 */
export class DrachtioPhones implements Phones {
  readonly #options: PhonesOptions;
  readonly #realm: string;
  readonly #minS: number;
  readonly #maxS: number;
  readonly #bindings: Bindings;
  readonly #limit: SourceLimit;
  readonly #nonces = new Nonces();
  readonly #nobodysPassword = randomBytes(16).toString('hex');
  readonly #open = new Set<string>();
  readonly #told = new Map<string, boolean>();
  readonly #listeners = new Set<(extension: string, registered: boolean) => void>();

  constructor(options: PhonesOptions) {
    const { link, clock } = options;
    this.#options = options;
    this.#realm = options.realm ?? 'ringback';
    this.#minS = options.minExpiresS ?? 60;
    this.#maxS = options.maxExpiresS ?? 3_600;
    this.#limit = new SourceLimit(clock);
    this.#bindings = new Bindings(clock, options.maxContacts ?? 5, {
      added: (binding) => this.#keep(binding.extension, options.store?.save(binding)),
      removed: (binding) =>
        this.#keep(binding.extension, options.store?.remove(binding.extension, binding.contact)),
    });
    link.on('register', (request, reply) => void this.#register(request, reply));
    link.on('invite', (request, reply) => void this.#invited(request, reply));
    link.on('options', (request, reply) => this.#asked(request, reply));
  }

  /** Takes back the bindings an earlier process kept. */
  async load(): Promise<void> {
    const kept = (await this.#options.store?.load()) ?? [];
    const now = this.#options.clock.now();
    for (const binding of kept) if (binding.expiresAt > now) this.#bindings.put(binding);
  }

  /** Ends the timers of all bindings, and keeps them in the store. */
  stop(): void {
    this.#bindings.close();
  }

  isRegistered(extension: string): boolean {
    return this.#open.has(extension) && this.#bindings.of(extension).length > 0;
  }

  /** Where to ring: the newest registration's own source, never a host that its contact names. */
  phoneOf(extension: string): PhoneTarget | undefined {
    const binding = this.#open.has(extension) ? this.#bindings.of(extension)[0] : undefined;
    if (!binding) return undefined;
    const host = binding.address.includes(':') ? `[${binding.address}]` : binding.address;
    const place = `${host}:${binding.port};transport=${binding.transport}`;
    return { uri: `sip:${binding.user}@${place}`, route: `sip:${place}` };
  }

  open(extension: string): Promise<void> {
    this.#open.add(extension);
    this.#tellChange(extension);
    return Promise.resolve();
  }

  close(extension: string): Promise<void> {
    this.#open.delete(extension);
    this.#tellChange(extension);
    return Promise.resolve();
  }

  onChange(listener: (extension: string, registered: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #register(request: SipRequest, reply: SipReply): Promise<void> {
    const extension = userIn(request.get('To'));
    if (!(await this.#admits(request, reply, extension)) || extension === undefined) return;
    const asked = readRegister(request);
    if (asked.ask === 'nonsense') reply.send(400);
    else if (asked.ask === 'remove-all') {
      for (const binding of this.#bindings.of(extension)) this.#bindings.remove(binding);
      this.#confirm(extension, reply);
    } else if (asked.ask === 'list') this.#confirm(extension, reply);
    else this.#change(extension, asked.contacts, request, reply);
  }

  /** All contacts of one REGISTER or none (RFC 3261 section 10.3, steps 6 and 7). */
  #change(
    extension: string,
    contacts: readonly RegisterContact[],
    request: SipRequest,
    reply: SipReply,
  ): void {
    const brief = contacts.some(({ expiresS = this.#maxS }) => expiresS > 0 && expiresS < this.#minS);
    if (brief) {
      reply.send(423, { headers: { 'Min-Expires': String(this.#minS) } });
      return;
    }
    const sipCallId = request.get('Call-ID') ?? '';
    const sequence = parseInt(request.get('CSeq') ?? '', 10) || 0;
    const late = contacts.some(({ uri }) => {
      const known = this.#bindings.find(extension, uri);
      return known?.sipCallId === sipCallId && known.sequence >= sequence;
    });
    if (late) {
      reply.send(500);
      return;
    }
    const now = this.#options.clock.now();
    for (const { uri, expiresS = this.#maxS } of contacts) {
      const binding: PhoneBinding = {
        extension,
        contact: uri,
        user: contactUser(uri) ?? extension,
        address: request.source_address,
        port: request.source_port,
        transport: request.protocol === '' ? 'udp' : request.protocol,
        registeredAt: now,
        expiresAt: now + Math.min(expiresS, this.#maxS) * 1_000,
        sipCallId,
        sequence,
      };
      if (expiresS === 0) this.#bindings.remove(binding);
      else this.#bindings.put(binding);
    }
    this.#confirm(extension, reply);
  }

  #confirm(extension: string, reply: SipReply): void {
    const now = this.#options.clock.now();
    const contacts = this.#bindings
      .of(extension)
      .map((it) => `<${it.contact}>;expires=${Math.max(0, Math.round((it.expiresAt - now) / 1_000))}`);
    reply.send(200, contacts.length > 0 ? { headers: { Contact: contacts.join(', ') } } : {});
  }

  /** Calls of agents and trunks to us are not taken yet; nobody else learns even that. */
  async #invited(request: SipRequest, reply: SipReply): Promise<void> {
    if (this.#isTrunk(request)) reply.send(480);
    else if (await this.#admits(request, reply, userIn(request.get('From')))) reply.send(480);
  }

  #isTrunk({ source_address: address, source_port: port }: SipRequest): boolean {
    return this.#options.isTrunk(address, port);
  }

  #asked(request: SipRequest, reply: SipReply): void {
    const { source_address: source } = request;
    if (!this.#isTrunk(request)) {
      if (!this.#limit.allows(source)) {
        reply.send(480);
        return;
      }
      this.#limit.spend(source, COST_ASKED);
    }
    reply.send(200, { headers: { Allow: ALLOW, Accept: 'application/sdp' } });
  }

  /** True if the request proves to come from that extension's phone; else it has been answered. */
  async #admits(request: SipRequest, reply: SipReply, extension: string | undefined): Promise<boolean> {
    try {
      const proof = await this.#prove(request, extension);
      if (proof === 'proven') return true;
      this.#challenge(reply, proof === 'stale');
    } catch (err) {
      this.#options.log.error({ err }, 'phone accounts cannot be asked');
      reply.send(503, { headers: { 'Retry-After': '10' } });
    }
    return false;
  }

  async #prove(request: SipRequest, extension: string | undefined): Promise<'proven' | 'stale' | 'no'> {
    const { source_address: source } = request;
    const given = parseCredentials(request.get('Authorization'));
    if (!this.#knows(extension, request) && !this.#limit.allows(source)) return 'no';
    this.#limit.spend(source, given ? COST_WRONG : COST_ASKED);
    if (!given) return 'no';
    const account = extension === undefined ? undefined : await this.#options.accounts.byExtension(extension);
    const right = isProven(given, request.method, account?.password ?? this.#nobodysPassword);
    const now = this.#options.clock.now();
    const age = this.#nonces.ageOf(given.nonce, now);
    const ours =
      given.username === extension && given.realm === this.#realm && sameHost(given.uri, request.uri);
    const admitted = extension !== undefined && account !== undefined && this.#open.has(extension);
    if (!right || !admitted || !ours || age === 'foreign') {
      // The phone of somebody who is not logged in hears what everybody hears, but it has guessed nothing: while it waits
      // it must not use up the patience with its neighbours, nor with itself.
      const isWaiting = right && ours && age === 'fresh' && this.#nonces.use(given.nonce, given.nc, now);
      if (isWaiting) this.#limit.spend(source, -COST_WRONG);
      this.#options.log.debug({ source, method: request.method }, 'a phone was not let in');
      return 'no';
    }
    if (age === 'stale') return 'stale';
    if (!this.#nonces.use(given.nonce, given.nc, now)) return 'no';
    this.#limit.spend(source, -COST_WRONG - COST_ASKED); // proven: the phone's earlier question is forgiven too
    return 'proven';
  }

  /** A phone that is registered from there is heard even when a neighbour behind the same address guesses passwords. */
  #knows(extension: string | undefined, request: SipRequest): boolean {
    return this.#bindings
      .of(extension ?? '')
      .some((it) => it.address === request.source_address && it.port === request.source_port);
  }

  #challenge(reply: SipReply, stale: boolean): void {
    const nonce = this.#nonces.issue(this.#options.clock.now());
    const algorithm = this.#options.algorithm ?? 'MD5';
    const challenge = `Digest realm="${this.#realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"`;
    reply.send(401, { headers: { 'WWW-Authenticate': stale ? `${challenge}, stale=true` : challenge } });
  }

  #keep(extension: string, stored: Promise<void> | undefined): void {
    stored?.catch((err: unknown) => this.#options.log.error({ err }, 'a phone binding was not stored'));
    this.#tellChange(extension);
  }

  #tellChange(extension: string): void {
    const registered = this.isRegistered(extension);
    if ((this.#told.get(extension) ?? false) === registered) return;
    this.#told.set(extension, registered);
    this.#options.log.info({ extension, registered }, 'phone registration changed');
    for (const listener of [...this.#listeners]) listener(extension, registered);
  }
}

/** A digest made for another server's address is not for us (RFC 3261 section 22.4). */
function sameHost(one: string, other: string): boolean {
  const host = (uri: string): string | undefined =>
    /^sips?:(?:[^@]*@)?(\[[^\]]+\]|[^:;?>\s]+)/i.exec(uri)?.[1]?.toLowerCase();
  return host(one) === host(other);
}
