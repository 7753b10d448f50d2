import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { WaitingView } from '../../contracts/agent.ts';
import type { Problem } from '../../contracts/problem.ts';
import type { AvailabilityView } from '../../contracts/visitor.ts';
import type { AgentClient } from '../support/agent-client.ts';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { employ, extensionOf, managerOf, tidy } from '../support/staff.ts';
import { newKey, type VisitorClient } from '../support/visitor-client.ts';

const secret = 'a secret of the shop and the centre';
const staff = {
  ana: 'service:sales 4, lang:es 2, product:loans 2',
  bo: 'service:support 5, lang:es 5',
  cy: 'product:loans 5',
};
const partnerIp = '203.0.113.9';
const strangerIp = '198.51.100.20';
const goldPhone = '+442079460101';

/** What the shop's backend gives a customer who is signed in (RFC 7519, HS256). */
function identityToken(claims: object, key = secret, alg = 'HS256'): string {
  const part = (it: object): string => Buffer.from(JSON.stringify(it)).toString('base64url');
  const signed = `${part({ alg, typ: 'JWT' })}.${part(claims)}`;
  const signature = createHmac('sha256', key).update(signed).digest('base64url');
  return `${signed}.${alg === 'none' ? '' : signature}`;
}
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

describe('What a visitor is owed', function () {
  this.timeout(120_000);
  let it_: TestCentre;
  let mina: AgentClient;
  let ana: AgentClient;

  before(async () => {
    it_ = await openCentre({
      env: { IDENTITY_SECRET: secret },
      change(company) {
        employ(company, staff);
        const [sales] = company.services;
        assert.ok(sales);
        const loans = ['lang:es', 'product:loans'].map((name) => ({ name, level: 2 }));
        company.services.push(
          { ...sales, id: 'loans', name: 'Préstamos', must: loans },
          { ...sales, id: 'club', name: 'Club', entitled: true },
        );
        company.entitlements.push({
          id: 'past',
          phone: '+442079460110',
          services: ['club'],
          tier: 'club',
          priority: 5,
          validTo: '2026-01-01T00:00:00Z',
        });
      },
    });
    mina = await managerOf(it_);
    ana = await it_.readyAgent('ana');
  });
  afterEach(() => tidy(mina, [ana]));
  after(() => it_.close());

  const asks = (visitor: VisitorClient, phone: string, more: object) =>
    visitor.send<Problem>('POST', '/callbacks', visitor.request(phone, more), {
      'idempotency-key': newKey(),
    });

  describe('by an agreement', () => {
    it('is refused by name and rule without one, and nothing is kept or rung [AV1] [AV2]', async () => {
      await ana.ready();
      const before = it_.network.calls.length;
      const cases = [
        ['+442079460105', 'concierge', 'entitlement/none', /agreement/],
        [goldPhone, 'club', 'entitlement/service-not-included', /does not include/],
        ['+442079460110', 'club', 'entitlement/expired', /has ended/],
      ] as const;
      for (const [phone, service, rule, words] of cases) {
        const { status, body } = await asks(it_.visitor(strangerIp), phone, { service });
        assert.equal(status, 403);
        assert.equal(body.type, 'not-entitled');
        assert.equal(body.rule, rule);
        assert.match(body.detail ?? '', words);
      }
      const { line, reservations, live } = await mina.board();
      assert.deepEqual([line, reservations, live], [[], [], []]);
      assert.equal(it_.network.calls.length, before);
      assert.equal((await ana.desk()).me.state, 'ready');
      // A refusal takes nothing away: the same number may ask for what it is owed.
      await it_.visitor(strangerIp).ask('+442079460105');
    });

    it('is served for the number, the address range, or the identity that holds one [AV1] [AV4]', async () => {
      const cases = [
        { ip: strangerIp, phone: goldPhone, tier: 'gold', standing: 'claimed', products: 2 },
        { ip: partnerIp, phone: '+442079460106', tier: 'partner', standing: 'claimed', products: 0 },
        {
          ip: strangerIp,
          phone: '+442079460107',
          identity: identityToken({ sub: 'c-silva', exp: inSeconds(600) }),
          tier: 'gold',
          standing: 'proved',
          products: 2,
        },
      ];
      for (const { ip, phone, tier, standing, products, identity } of cases) {
        await ana.ready();
        const created = await it_
          .visitor(ip)
          .ask(phone, { service: 'concierge', ...(identity !== undefined && { identity }) });
        const { who } = await ana.offer((it) => it.callbackId === created.id);
        assert.equal(who.tier, tier);
        assert.equal(who.standing, standing, 'an address or a typed number proves nobody');
        assert.equal(who.products.length, products);
        await tidy(mina, [ana]);
      }
    });

    it('comes with how often that number has asked before, whoever it belongs to', async () => {
      await ana.ready();
      for (const [phone, name] of [
        ['+442079460102', 'Li Wei'],
        ['+442079460115', 'Maria'],
      ] as const) {
        const visits: number[] = [];
        for (const _time of [1, 2, 3]) {
          const created = await it_.visitor(strangerIp).ask(phone, { name });
          const { who } = await ana.offer((it) => it.callbackId === created.id);
          assert.equal(who.products.length, name === 'Li Wei' ? 1 : 0);
          visits.push(who.visits);
          await tidy(mina, [ana]);
          await ana.ready();
        }
        assert.deepEqual(visits, [1, 2, 3]);
      }
    });

    it('is nothing for a token that is forged, expired, unsigned or lasts too long [SC6]', async () => {
      const good = { sub: 'c-silva', exp: inSeconds(600) };
      const tokens = [
        identityToken(good, 'the secret of somebody quite different'),
        identityToken({ ...good, exp: inSeconds(-120) }),
        identityToken({ ...good, exp: inSeconds(3 * 3600) }),
        identityToken(good, secret, 'none'),
        identityToken({ sub: 'c-silva' }),
        'not.a.token',
      ];
      for (const identity of tokens) {
        const visitor = it_.visitor(strangerIp);
        const { status, body } = await asks(visitor, '+442079460107', { service: 'concierge', identity });
        assert.equal(status, 401, identity);
        assert.equal(body.rule, 'identity/not-valid');
      }
      assert.deepEqual((await mina.board()).line, []);
    });

    it('decides how soon there is somebody: two visitors are told differently [AV10]', async () => {
      const soon = async (ip: string, service: string): Promise<AvailabilityView> =>
        (await it_.visitor(ip).send<AvailabilityView>('GET', `/availability?service=${service}`)).body;
      // The only agent is at work and five wait.
      await ana.ready();
      for (const n of [120, 121, 122, 123, 124]) await it_.visitor(strangerIp).ask(`+442079460${String(n)}`);
      const [partner, stranger] = [await soon(partnerIp, 'sales'), await soon(strangerIp, 'sales')];
      assert.ok(partner.estimate && stranger.estimate);
      assert.ok(
        Date.parse(partner.estimate.to) < Date.parse(stranger.estimate.to) - 60_000,
        'who is owed priority is promised an earlier call',
      );
      assert.ok((await soon(partnerIp, 'concierge')).estimate);
      const unknown = await soon(strangerIp, 'concierge');
      assert.equal(unknown.estimate, undefined, 'nothing is promised to whom nothing is owed');
      assert.ok(unknown.open && unknown.form.token, 'who holds an agreement by number can still ask');
    });

    it('orders the line by tier, then by start time, and the one who is owed most is served first [AV10]', async () => {
      const ask = async (ip: string, phone: string): Promise<VisitorClient> => {
        const visitor = it_.visitor(ip);
        await visitor.ask(phone);
        return visitor;
      };
      const first = await ask(strangerIp, '+442079460130');
      const second = await ask(strangerIp, '+442079460131');
      const partner = await ask(partnerIp, '+442079460132');
      const gold = await ask(strangerIp, goldPhone);
      const places = await Promise.all(
        [gold, partner, first, second].map(async (it) => (await it.look()).place),
      );
      assert.deepEqual(places, [1, 2, 3, 4]);
      const { line } = await mina.board();
      assert.deepEqual(
        line.map((it) => [it.place, it.tier]),
        [
          [1, 'gold'],
          [2, 'partner'],
          [3, 'standard'],
          [4, 'standard'],
        ],
      );
      const mine = await ana.send<WaitingView>('GET', '/line');
      assert.deepEqual(
        mine.body.rows.map((it) => it.tier),
        ['gold', 'partner', 'standard', 'standard'],
      );
      await ana.ready();
      await ana.offer((it) => it.callbackId === gold.created?.id);
      await gold.send('DELETE', `/callbacks/${gold.created?.id ?? ''}`, undefined, gold.bearer());
      await ana.offer((it) => it.callbackId === partner.created?.id);
    });
  });

  describe('by qualification', () => {
    it('only the agent who holds everything is ever picked, however long the others are idle [AV3]', async () => {
      const bo = await it_.readyAgent('bo');
      const cy = await it_.readyAgent('cy');
      await ana.ready();
      for (const n of [140, 141, 142]) {
        const created = await it_.visitor(strangerIp).ask(`+442079460${String(n)}`, { service: 'loans' });
        const offer = await ana.offer((it) => it.callbackId === created.id);
        assert.equal(offer.why.chosen, 'ana');
        assert.deepEqual(offer.needs, ['lang:es 2', 'product:loans 2']);
        for (const other of offer.why.candidates.filter((it) => it.agentId !== 'ana')) {
          assert.match(other.verdict, /lang:es|product:loans/, 'the others are ruled out by what they lack');
        }
        const waiting = it_.visitor(strangerIp);
        const second = await waiting.ask(`+442079460${String(n + 10)}`, { service: 'loans' });
        assert.equal(second.state, 'queued', 'nobody else will do');
        const row = (await mina.board()).line.find((it) => it.callbackId === second.id);
        assert.deepEqual(row?.candidates, ['Ana Story']);
        await ana.send('POST', `/reservations/${offer.reservationId}/reject`, {});
        await tidy(mina, [ana]);
        await ana.ready();
      }
      for (const other of [bo, cy]) {
        assert.deepEqual(
          other.told.items.filter((it) => it.type === 'offer.made'),
          [],
        );
        assert.equal((await other.desk()).me.state, 'ready');
        other.close();
      }
    });
  });

  describe('as a customer who is signed in', () => {
    it('is shown to the agent with products and tickets, and none of it to the visitor [AV1] [SC6]', async () => {
      await ana.ready();
      const visitor = it_.visitor(strangerIp);
      const identity = identityToken({ sub: 'c-silva', exp: inSeconds(600) });
      const created = await visitor.ask('+442079460108', { service: 'concierge', identity });
      visitor.follow();
      const offer = await ana.offer((it) => it.callbackId === created.id);
      assert.equal(offer.who.name, 'Maria Silva', 'the name on file, not the one typed');
      assert.deepEqual(offer.who.products, [
        { name: 'Drift 2 tent', status: 'delivered' },
        { name: 'Care plan', status: 'until March 2027' },
      ]);
      assert.deepEqual(offer.who.tickets, [{ number: '812', title: 'Pole replacement', state: 'open' }]);
      assert.equal(offer.who.ip, '198.51.100.•');

      await ana.accept(offer);
      const { call } = await ana.contactIn('connected', created.id);
      await ana.command(`/calls/${call?.id ?? ''}/drop`);
      await ana.contactIn('wrap-up', created.id);
      await ana.complete(created.id);
      await visitor.until('completed');
      const phone = await it_.phone(extensionOf(staff, 'ana'));
      assert.equal(phone.calls.length, 0);
      const told = JSON.stringify([...visitor.views.items, await visitor.look()]);
      for (const secretThing of [
        'Silva',
        'Drift',
        'Care plan',
        '"812"',
        'Pole',
        'gold',
        'c-silva',
        '442079460108',
      ]) {
        assert.ok(!told.includes(secretThing), `the visitor was told ${secretThing}`);
      }
    });
  });
});
