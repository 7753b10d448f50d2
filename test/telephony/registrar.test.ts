import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { MemoryBindingStore } from '../../contact-server/adapters/drachtio/memory-binding-store.ts';
import { Mailbox } from '../support/mailbox.ts';
import { EXTENSION, TelephoneExchange } from '../support/telephone-exchange.ts';
import { header, RawPeer, response } from '../embedded/phones/raw-peer.ts';
import { RegistrationRefused } from '../../embedded/demo/phones/registration.ts';
import type { CallFact } from '../../contact-server/ports/telephony.ts';
import type { CallId } from '../../contracts/ids.ts';

/** A phone worked by hand, which writes its REGISTER as the test says. */
class HandPhone {
  readonly peer: RawPeer;
  readonly #exchange: TelephoneExchange;
  readonly #callId = crypto.randomUUID();
  #cseq = 10;
  #count = 0;

  static async open(exchange: TelephoneExchange): Promise<HandPhone> {
    return new HandPhone(exchange, await RawPeer.open());
  }

  private constructor(exchange: TelephoneExchange, peer: RawPeer) {
    this.#exchange = exchange;
    this.peer = peer;
  }

  get contact(): string {
    return `<sip:hand@127.0.0.1:${this.peer.port}>`;
  }

  /** Sends one request and gives the final response. */
  async ask(extra: string[], { method = 'REGISTER', user = EXTENSION, cseq = 0 } = {}): Promise<string> {
    this.#cseq = cseq === 0 ? this.#cseq + 1 : cseq;
    const { port } = this.peer;
    const text = [
      `${method} sip:127.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${crypto.randomUUID()};rport`,
      'Max-Forwards: 70',
      `From: <sip:${user}@127.0.0.1>;tag=hand`,
      `To: <sip:${user}@127.0.0.1>`,
      `Call-ID: ${this.#callId}`,
      `CSeq: ${this.#cseq} ${method}`,
      ...extra,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n');
    this.peer.send(text, this.#exchange.server.sipPort);
    return this.peer.next(/^SIP\/2.0 [2-6]/);
  }

  /** The answer to a challenge, as an Authorization header. */
  prove(
    challenge: string,
    { password = 'correct-horse-battery', user = EXTENSION, method = 'REGISTER', nc = 0, hash = 'md5' } = {},
  ): string {
    this.#count = nc === 0 ? this.#count + 1 : nc;
    const value = (name: string): string => new RegExp(`${name}="?([^",]+)`).exec(challenge)?.[1] ?? '';
    const digest = (text: string): string => createHash(hash).update(text).digest('hex');
    const [realm, nonce] = [value('realm'), value('nonce')];
    const count = this.#count.toString(16).padStart(8, '0');
    const secret = digest(`${user}:${realm}:${password}`);
    const proof = digest(`${secret}:${nonce}:${count}:c:auth:${digest(`${method}:sip:127.0.0.1`)}`);
    const algorithm = hash === 'md5' ? 'MD5' : 'SHA-256';
    return `Authorization: Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="sip:127.0.0.1", response="${proof}", algorithm=${algorithm}, qop=auth, nc=${count}, cnonce="c"`;
  }

  /** Asks, answers the challenge, and gives what comes then. */
  async register(extra: string[], how: NonNullable<Parameters<HandPhone['prove']>[1]> = {}): Promise<string> {
    const user = how.user ?? EXTENSION;
    const challenge = header(await this.ask(extra, { user }), 'WWW-Authenticate');
    return this.ask([...extra, this.prove(challenge, how)], { user });
  }
}

describe('A phone registers', () => {
  let exchange: TelephoneExchange;
  let hand: HandPhone;
  const changes = new Mailbox<string>();

  beforeEach(async () => {
    exchange = await TelephoneExchange.start();
    hand = await HandPhone.open(exchange);
    exchange.phones.onChange((extension, registered) =>
      changes.put(`${extension} ${registered ? 'in' : 'out'}`),
    );
  });

  afterEach(async () => {
    await exchange.close();
    hand.peer.close();
    while (changes.unread.length > 0) await changes.next();
  });

  const contactWith = (more = ''): string => `Contact: ${hand.contact}${more}`;
  const status = (text: string): number => Number(text.slice(8, 11));

  /** Rings the extension and gives the INVITE its phone gets. */
  async function invited(phone: RawPeer): Promise<string> {
    exchange.telephony.ringAgent(crypto.randomUUID() as unknown as CallId, exchange.agentPlan(), () => {});
    const invite = await phone.next(/^INVITE/);
    phone.send(response('486 Busy Here', invite), exchange.server.sipPort);
    await phone.next(/^ACK/);
    return invite;
  }

  it('with its password: it is reachable until it leaves', async () => {
    const phone = await exchange.registeredPhone();
    assert.equal(await changes.next(), `${EXTENSION} in`);
    assert(exchange.phones.isRegistered(EXTENSION));
    await phone.unregister();
    assert.equal(await changes.next(), `${EXTENSION} out`);
    assert(!exchange.phones.isRegistered(EXTENSION));
  });

  it('with SHA-256 where it is asked for, and with MD5 still if it knows no better', async () => {
    exchange.open.close();
    exchange.open = await exchange.openTelephony({ registrar: { algorithm: 'SHA-256' } });
    const challenge = header(await hand.ask([contactWith()]), 'WWW-Authenticate');
    assert.match(challenge, /algorithm=SHA-256/);
    assert.equal(status(await hand.ask([contactWith(), hand.prove(challenge, { hash: 'sha256' })])), 200);
    assert.equal(status(await hand.ask([contactWith(), hand.prove(challenge)])), 200);
  });

  it('and every failure looks the same [TE6]', async () => {
    const shape = (text: string): string =>
      text.replace(/nonce="[^"]*"/, 'nonce').replace(/^(Via|From|To|CSeq|Call-ID):.*\r\n/gm, '');
    const expected = shape(await hand.ask([contactWith()]));
    assert.equal(status(expected), 401);
    exchange.hire('1002', 'another password');
    await exchange.phones.close('1002');
    const answers = [
      await hand.register([contactWith()], { password: 'wrong' }),
      await hand.register([contactWith()], { user: '4711' }),
      await hand.register([contactWith()], { user: 'nobody' }),
      await hand.register([contactWith()], { user: '1002', password: 'another password' }),
      await hand.ask([contactWith(), 'Authorization: Digest nonsense']),
      await hand.ask([contactWith(), hand.prove('realm="ringback", nonce="made up"')]),
    ];
    for (const answer of answers) assert.equal(shape(answer), expected);
    assert(!exchange.phones.isRegistered(EXTENSION));
  });

  it('and nobody can use its answer again', async () => {
    const challenge = header(await hand.ask([contactWith()]), 'WWW-Authenticate');
    const proof = hand.prove(challenge);
    assert.equal(status(await hand.ask([contactWith(), proof])), 200);
    assert.equal(status(await hand.ask([contactWith(';expires=0'), proof])), 401);
    assert(exchange.phones.isRegistered(EXTENSION));
    assert.equal(status(await hand.ask([contactWith(), hand.prove(challenge)])), 200); // the next count
  });

  it('under a name that is not its own: the password of one opens no other', async () => {
    exchange.hire('1002', 'another password');
    await exchange.phones.open('1002');
    const challenge = header(await hand.ask([contactWith()]), 'WWW-Authenticate');
    const proof = hand.prove(challenge, { user: '1002', password: 'another password' });
    assert.equal(status(await hand.ask([contactWith(), proof])), 401);
  });

  it('for a time between a minute and an hour', async () => {
    const brief = await hand.register([contactWith(';expires=30')]);
    assert.deepEqual([status(brief), header(brief, 'Min-Expires')], [423, '60']);
    const long = await hand.register([contactWith(), 'Expires: 86400']);
    assert.match(header(long, 'Contact'), new RegExp(`${hand.peer.port}>;expires=3600$`));
    const short = await hand.register([contactWith(';expires=90')]);
    assert.match(header(short, 'Contact'), /expires=90$/);
  });

  it('asks what is registered, and takes everything back with a star', async () => {
    await hand.register([contactWith()]);
    assert.match(header(await hand.register([]), 'Contact'), /^<sip:hand@/);
    assert.equal(status(await hand.register(['Contact: *', 'Expires: 60'])), 400);
    const gone = await hand.register(['Contact: *', 'Expires: 0']);
    assert.deepEqual([status(gone), header(gone, 'Contact')], [200, '']);
    assert(!exchange.phones.isRegistered(EXTENSION));
  });

  it('in the wrong order: an older request undoes nothing', async () => {
    await hand.register([contactWith()]);
    const challenge = header(await hand.ask([]), 'WWW-Authenticate');
    const late = await hand.ask([contactWith(';expires=0'), hand.prove(challenge)], { cseq: 5 });
    assert.equal(status(late), 500);
    assert(exchange.phones.isRegistered(EXTENSION));
  });

  it('and lies about its host: it is rung where it really is [TE6]', async () => {
    const stranger = await RawPeer.open();
    await hand.register([`Contact: "a, b" <sip:hand@127.0.0.1:${stranger.port};x=1>;expires=600`]);
    const invite = await invited(hand.peer);
    assert.match(invite, new RegExp(`^INVITE sip:hand@127.0.0.1:${hand.peer.port};transport=udp `));
    await assert.rejects(stranger.nextBytes(50));
    stranger.close();
  });

  it('and puts what it likes into its contact: none of it reaches a request line', async () => {
    await hand.register(['Contact: <sip:x%0d%0a y@127.0.0.1>']);
    assert.equal(exchange.phones.isRegistered(EXTENSION), false);
    await hand.register(['Contact: <sip:a`b@127.0.0.1>']);
    assert.match(await invited(hand.peer), new RegExp(`^INVITE sip:${EXTENSION}@127.0.0.1:`));
  });

  it('from several desks, a few at most: the one that came last is rung', async () => {
    const desks = [hand];
    for (let n = 0; n < 6; n += 1) desks.push(await HandPhone.open(exchange));
    for (const desk of desks) await desk.register([`Contact: ${desk.contact}`]);
    const last = desks.at(-1) ?? hand;
    const list = header(await last.register([]), 'Contact');
    assert.equal(list.split(',').length, 5);
    await invited(last.peer);
    for (const desk of desks.slice(1)) desk.peer.close();
  });

  it('and loses its memory: its new contact from the same place takes the old one’s', async () => {
    await hand.register([contactWith()]);
    const again = await hand.register([`Contact: <sip:reborn@127.0.0.1:${hand.peer.port}>`]);
    assert.match(header(again, 'Contact'), /^<sip:reborn@[^,]*$/);
  });

  it('and its user logs out: it cannot be rung, nor register, until the next log-in [TE6]', async () => {
    await hand.register([contactWith()]);
    assert.equal(await changes.next(), `${EXTENSION} in`);
    await exchange.phones.close(EXTENSION);
    assert.equal(await changes.next(), `${EXTENSION} out`);
    assert.equal(status(await hand.register([contactWith()])), 401);
    const facts = new Mailbox<CallFact>();
    exchange.telephony.ringAgent('c' as CallId, exchange.agentPlan(), (fact) => facts.put(fact));
    assert.equal((await facts.next()).type, 'failed');
    await exchange.phones.open(EXTENSION);
    assert.equal(await changes.next(), `${EXTENSION} in`);
    await invited(hand.peer);
  });

  it('and its user is not logged in yet: it may ask again and again, and gets in at the log-in', async () => {
    exchange.open.close();
    exchange.open = await exchange.openTelephony({ clock: new HandClock() });
    await exchange.phones.close(EXTENSION);
    for (let n = 0; n < 40; n += 1) assert.equal(status(await hand.register([contactWith()])), 401);
    await exchange.phones.open(EXTENSION);
    assert.equal(status(await hand.register([contactWith()])), 200);
  });

  it('and the contact server restarts: it is still reachable', async () => {
    const store = new MemoryBindingStore();
    exchange.open.close();
    exchange.open = await exchange.openTelephony({ store });
    await hand.register([contactWith()]);
    exchange.open.close();
    exchange.open = await exchange.openTelephony({ store, openExtensions: [EXTENSION] });
    assert(exchange.phones.isRegistered(EXTENSION));
    await invited(hand.peer);
    await hand.register([contactWith(';expires=0')]);
    assert.deepEqual(await store.load(), []);
  });

  it('and is forgotten when its time is over', async () => {
    const clock = new HandClock();
    exchange.open.close();
    exchange.open = await exchange.openTelephony({ clock });
    exchange.phones.onChange((extension, registered) =>
      changes.put(`${extension} ${registered ? 'in' : 'out'}`),
    );
    await hand.register([contactWith(';expires=60')]);
    assert.equal(await changes.next(), `${EXTENSION} in`);
    clock.pass(59_000);
    assert(exchange.phones.isRegistered(EXTENSION));
    clock.pass(1_000);
    assert.equal(await changes.next(), `${EXTENSION} out`);
  });

  it('with an answer to a question asked long ago: it is told that only the question is stale', async () => {
    const clock = new HandClock();
    exchange.open.close();
    exchange.open = await exchange.openTelephony({ clock });
    const challenge = header(await hand.ask([contactWith()]), 'WWW-Authenticate');
    clock.pass(300_001);
    const stale = await hand.ask([contactWith(), hand.prove(challenge)]);
    assert.match(header(stale, 'WWW-Authenticate'), /stale=true/);
    const wrong = await hand.ask([contactWith(), hand.prove(challenge, { password: 'wrong' })]);
    assert.doesNotMatch(header(wrong, 'WWW-Authenticate'), /stale/);
  });

  it('while somebody at its address guesses passwords: the guesser is no longer heard, it is', async () => {
    await hand.register([contactWith()]);
    const guesser = await HandPhone.open(exchange);
    for (let n = 0; n < 15; n += 1)
      await guesser.register([`Contact: ${guesser.contact}`], { password: `${n}` });
    assert.equal(status(await guesser.register([`Contact: ${guesser.contact}`])), 401); // even with the right one
    assert.equal(status(await hand.register([contactWith()])), 200);
    guesser.peer.close();
  });

  it('and the accounts cannot be asked: it is told to come again, and keeps what it has', async () => {
    await hand.register([contactWith()]);
    exchange.accounts.get = () => {
      throw new Error('the database is down');
    };
    const answer = await hand.register([contactWith()]);
    assert.deepEqual([status(answer), header(answer, 'Retry-After')], [503, '10']);
    assert(exchange.phones.isRegistered(EXTENSION));
  });

  it('our own soft phone is refused with a wrong password, and told 401', async () => {
    const phone = await exchange.phone({ password: 'wrong' });
    await assert.rejects(
      phone.register(),
      (error) => error instanceof RegistrationRefused && error.status === 401,
    );
  });
});

describe('Something comes in uninvited', () => {
  let exchange: TelephoneExchange;
  let hand: HandPhone;

  beforeEach(async () => {
    exchange = await TelephoneExchange.start();
    hand = await HandPhone.open(exchange);
  });

  afterEach(async () => {
    await exchange.close();
    hand.peer.close();
  });

  const contact = (): string => `Contact: ${hand.contact}`;
  const status = (text: string): number => Number(text.slice(8, 11));

  it('a stranger’s INVITE is asked for a password and reaches nobody', async () => {
    const phone = await exchange.registeredPhone();
    assert.equal(status(await hand.ask([contact()], { method: 'INVITE' })), 401);
    assert.equal(phone.counters.invites, 0);
  });

  it('an agent’s call is not taken yet', async () => {
    const challenge = header(await hand.ask([contact()], { method: 'INVITE' }), 'WWW-Authenticate');
    const proof = hand.prove(challenge, { method: 'INVITE' });
    assert.equal(status(await hand.ask([contact(), proof], { method: 'INVITE' })), 480);
  });

  it('nor is a call from the trunk', async () => {
    const line = exchange.network.line('+442079460101');
    const call = line.dial(`sip:+442079460000@127.0.0.1:${exchange.server.sipPort}`);
    const end = await new Promise<{ status?: number }>((resolve) => call.on('ended', resolve));
    assert.equal(end.status, 480);
  });

  it('an OPTIONS is answered, until it becomes a flood', async () => {
    assert.equal(status(await hand.ask([], { method: 'OPTIONS' })), 200);
    const answers = [];
    for (let n = 0; n < 130; n += 1) answers.push(status(await hand.ask([], { method: 'OPTIONS' })));
    assert.equal(answers.at(-1), 480);
  });
});

/** Time that passes when the test says so. */
class HandClock {
  #now = Date.now();
  #waiting: { at: number; then: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, then: () => void): () => void {
    const one = { at: this.#now + ms, then };
    this.#waiting.push(one);
    return () => {
      this.#waiting = this.#waiting.filter((it) => it !== one);
    };
  }

  pass(ms: number): void {
    this.#now += ms;
    const due = this.#waiting.filter((it) => it.at <= this.#now);
    this.#waiting = this.#waiting.filter((it) => it.at > this.#now);
    for (const { then } of due) then();
  }
}
