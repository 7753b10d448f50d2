import assert from 'node:assert/strict';
import { after } from '../../../embedded/sip-server/timing.ts';
import type { SipServer } from '../../../embedded/sip-server/server.ts';
import { Rig, SECRET, sdp } from './support/app.ts';
import { Control } from './support/control.ts';
import { eventually } from '../../support/eventually.ts';
import { bend, Dice, FUZZ, heapMb } from './support/fuzz.ts';
import { TcpPhone, UdpPhone, type Phone, type Seen } from './support/phone.ts';
import { TORTURES } from './torture/messages.ts';

const FAST = { t1: 5, t2: 20, t4: 20, appSilenceMs: 200, ringMs: 400, authenticateMs: 10_000 };
const LIMITS = { transactions: 5000, dialogs: 500, connectionsPerSource: 200, applications: 30 };
const HEAP_GROWTH_MB = 60;

describe(`Bent input by the thousand (FUZZ_SEED=${FUZZ.seed} FUZZ_MS=${FUZZ.ms})`, function () {
  this.timeout(FUZZ.ms + 60_000);
  let rig: Rig;
  let server: SipServer;
  let phone: UdpPhone;
  let dice: Dice;

  beforeEach(async () => {
    rig = new Rig();
    dice = new Dice(FUZZ.seed);
    server = await rig.server({ timing: FAST, limits: LIMITS });
    phone = await UdpPhone.open(server.sipPort);
    rig.later(() => phone.close());
  });

  afterEach(async () => {
    await rig.end();
  });

  /** Rounds of bent input until time is up; between them the server has to serve a stranger and stay within bounds. */
  async function fuzz(round: () => Promise<void>): Promise<void> {
    const until = performance.now() + FUZZ.ms;
    let rounds = 0;
    let settled = Number.POSITIVE_INFINITY;
    while (performance.now() < until) {
      await round();
      await strangerIsServed();
      const { transactions, dialogs, dropped, pending } = server.stats();
      assert.ok(pending.inbound + pending.outbound < 500, `${JSON.stringify(pending)} wait`);
      assert.ok(transactions <= LIMITS.transactions, `${transactions} transactions`);
      assert.ok(dialogs <= LIMITS.dialogs, `${dialogs} dialogs`);
      assert.equal(dropped['failed'] ?? 0, 0, 'a message broke the code');
      rounds++;
      if (rounds % 100 !== 0) continue;
      const heap = heapMb();
      settled = Math.min(settled, rounds === 100 ? heap : settled);
      assert.ok(heap < settled + HEAP_GROWTH_MB, `${heap} MB in use, ${settled} MB after the first rounds`);
    }
    assert.ok(rounds > 0);
  }

  let strangers = 0;
  async function strangerIsServed(): Promise<void> {
    const stranger = await UdpPhone.open(server.sipPort);
    const control = await application();
    control.send('ping');
    const pong = await inTime('pong', control.next());
    assert.equal(pong.at(-1), 'pong');
    const publish = stranger.compose('PUBLISH', server.sipPort, { 'Call-ID': `stranger${++strangers}` });
    await eventually('an answer to a stranger', () => {
      stranger.send(publish); // once more, since after so much a datagram may be lost
      return stranger.unread.find(({ status }) => status >= 200);
    });
    stranger.close();
    control.close();
  }

  async function application(): Promise<Control> {
    const control = await Control.open(server.controlPort);
    control.send(`authenticate|${SECRET}|`);
    await inTime('the answer to authenticate', control.next());
    return control;
  }

  /** What has to come within half a minute, or the state of the server at that time. */
  async function inTime<T>(what: string, wait: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const late = after(30_000, () => reject(new Error(`no ${what}: ${JSON.stringify(server.stats())}`)));
      void wait.then(resolve, reject).finally(() => clearTimeout(late));
    });
  }

  it('SIP messages from the network, while an application answers what it gets', async () => {
    const app = await application();
    rig.later(() => app.close());
    for (const method of ['invite', 'options', 'register', 'message', 'subscribe'])
      app.send(`route|${method}`);
    const heard: Seen[] = [];
    const over = new AbortController();
    rig.later(() => over.abort());
    void (async () => {
      while (!over.signal.aborted) answerAs(app, await app.next());
    })();
    void (async () => {
      while (!over.signal.aborted) heard.unshift(await phone.next(() => true));
    })();

    /** What a phone would say now: something of its own, or something inside a call that it knows. */
    const sane = (): string => {
      const method = dice.of([
        'INVITE',
        'INVITE',
        'OPTIONS',
        'REGISTER',
        'MESSAGE',
        'SUBSCRIBE',
        'BYE',
        'CANCEL',
        'ACK',
      ]);
      const known = dice.below(2) === 0 ? heard[dice.below(Math.min(heard.length, 20) || 1)] : undefined;
      if (!known) return phone.compose(method, server.sipPort, {}, dice.below(2) ? sdp('phone') : '');
      if (known.status === 0)
        return phone.answer(known, dice.of([100, 180, 183, 200, 302, 401, 486, 487, 603]), {}, sdp('phone'));
      const inside = dice.of(['ACK', 'BYE', 'INVITE', 'UPDATE', 'PRACK', 'INFO', 'CANCEL', 'NOTIFY']);
      const same = { To: known.header('to'), From: known.header('from'), 'Call-ID': known.header('call-id') };
      const cseq = known.header('cseq').split(' ')[0] ?? '1';
      const headers = {
        ...same,
        CSeq: `${inside === 'ACK' || inside === 'CANCEL' ? cseq : Number(cseq) + 1} ${inside}`,
      };
      return phone.compose(inside, server.sipPort, { ...headers, RAck: `1 ${cseq} INVITE` });
    };
    const corpus = TORTURES.map(({ text }) => text);
    await fuzz(async () => {
      const line: Phone = dice.below(4) === 0 ? await TcpPhone.open(server.sipPort) : phone;
      for (let n = 0; n < 40; n++) {
        const text = dice.below(3) === 0 ? dice.of(corpus) : sane();
        const bent = dice.below(3) === 0 ? text : bend(text, dice, corpus);
        line.send(Buffer.from(bent, 'latin1'));
      }
      heard.length = Math.min(heard.length, 50);
      if (line !== phone) line.close();
    });
  });

  /** An application that answers, calls back, hangs up, or says nothing. */
  function answerAs(app: Control, frame: string[]): void {
    if (frame[1] !== 'sip') return;
    const [txnId = '', dialogId = ''] = frame.slice(8);
    const start = (frame.at(-1) ?? '').split('\r\n', 1)[0]!;
    if (start.startsWith('SIP/')) {
      if (/ 2\d\d /.test(start)) app.send(`sip||${dialogId}\r\nACK sip:placeholder SIP/2.0\r\n\r\n`);
      return;
    }
    const body = `\r\n\r\n${dice.below(2) ? sdp('app') : ''}`;
    const reliable = dice.below(3) === 0 ? '\r\nRequire: 100rel' : '';
    for (const status of dice.of([[180, 200], [183], [200], [404], [180], [], [302], [200]])) {
      app.send(`sip|${txnId}|\r\nSIP/2.0 ${status} Fine${status < 200 ? reliable : ''}${body}`);
    }
    const within = dice.of(['BYE', 'INVITE', 'INFO', 'NOTIFY', 'UPDATE', '']);
    if (dialogId && within) app.send(`sip||${dialogId}\r\n${within} sip:placeholder SIP/2.0${body}`);
    if (dice.below(8) === 0)
      app.send(
        `proxy|${txnId}|remainInDialog||followRedirects|simultaneous|1s|2s|127.0.0.1:${phone.port}\r\n${start}\r\n\r\n`,
      );
  }

  it('control frames of applications, while a phone answers what it gets', async () => {
    const heard: Seen[] = [];
    const over = new AbortController();
    rig.later(() => over.abort());
    void (async () => {
      while (!over.signal.aborted) {
        const message = await phone.next(() => true);
        heard.unshift(message);
        if (message.method !== '' && message.method !== 'ACK') {
          phone.answer(
            message,
            dice.of([100, 180, 200, 200, 302, 401, 486]),
            {},
            dice.below(2) ? sdp('phone') : '',
          );
        }
      }
    })();
    const target = `sip:a@127.0.0.1:${phone.port}`;
    let app: Control | undefined;
    await fuzz(async () => {
      // It comes, stays for some rounds, and goes, or is shown the door.
      app ??= dice.below(5) === 0 ? await Control.open(server.controlPort) : await application();
      phone.send(phone.compose('INVITE', server.sipPort, {}, sdp('phone')));
      const call = heard.find(({ method }) => method === 'INVITE');
      const tag = /tag=([^;>\s]+)/.exec(call?.header('from') ?? '')?.[1] ?? 'none';
      const dialogId = `${call?.header('call-id') ?? 'none'};from-tag=${tag}`;
      const corpus = [
        'route|invite', 'remove_route|invite', 'route|cdr:start', 'ping', `authenticate|${SECRET}|a,b`,
        `sip||\r\nINVITE ${target} SIP/2.0\r\nFrom: <sip:1@localhost>\r\nContact: sip:1@localhost\r\n\r\n${sdp('app')}`,
        `sip||\r\nMESSAGE ${target} SIP/2.0\r\nContent-Type: text/plain\r\n\r\nhello`,
        `sip|||127.0.0.1:${phone.port}\r\nREGISTER sip:nowhere.example SIP/2.0\r\nContact: <sip:1@localhost>;expires=60\r\n\r\n`,
        ...['ACK', 'BYE', 'INVITE', 'PRACK', 'INFO', 'REFER'].map((method) => `sip||${dialogId}\r\n${method} sip:placeholder SIP/2.0\r\nRAck: 1 1 INVITE\r\n\r\n`),
        `sip|unknown|\r\nCANCEL ${target} SIP/2.0\r\nReason: SIP;cause=200\r\n\r\n`,
        'sip|unknown|\r\nSIP/2.0 200 OK\r\nContact: <sip:a@localhost>\r\n\r\n',
        `proxy|unknown|remainInDialog||followRedirects|serial|1s|2s|127.0.0.1:${phone.port}\r\nINVITE x SIP/2.0\r\n\r\n`,
      ]; // prettier-ignore
      let raw = false;
      for (let n = 0; n < 30 && !raw; n++) {
        const payload = dice.of(corpus);
        if (dice.below(3) === 0) app.send(payload);
        else if (dice.below(3) > 0) app.sendBytes(bend(payload, dice, corpus));
        else if (dice.below(12) === 0) {
          app.write(Buffer.from(bend(`${payload.length}#${payload}`, dice, corpus), 'latin1'));
          raw = true;
        }
      }
      heard.length = Math.min(heard.length, 50);
      // Its last frames have been read when the server answers or hangs up; after a broken frame it may wait for the rest.
      app.send('ping');
      const gone = app.closed.then(() => true);
      const stays = !raw && !(await inTime('pong', Promise.race([gone, pong(app)])));
      if (stays && dice.below(8) > 0) return;
      app.close();
      app = undefined;
    });
  });

  async function pong(app: Control): Promise<false> {
    while ((await app.next()).at(-1) !== 'pong');
    return false;
  }
});
