import assert from 'node:assert/strict';
import type { Problem } from '../../contracts/problem.ts';
import type { RulesView } from '../../contracts/rules.ts';
import type { AvailabilityView, CallbackView, ServiceView } from '../../contracts/visitor.ts';
import type { AgentClient } from '../support/agent-client.ts';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { eventually } from '../support/eventually.ts';
import { employ, managerOf, serve, tidy } from '../support/staff.ts';
import { newKey } from '../support/visitor-client.ts';

const staff = { ana: 'service:sales 3', bo: 'service:support 2', cy: 'lang:es 2' };
const shownNumber = '+442079460011';

describe('A manager adds a service and removes it while the centre works', function () {
  this.timeout(120_000);
  let it_: TestCentre;
  let mina: AgentClient;
  let cy: AgentClient;

  before(async () => {
    it_ = await openCentre({ change: (company) => employ(company, staff) });
    mina = await managerOf(it_);
    cy = await it_.readyAgent('cy');
  });
  afterEach(() => tidy(mina, [cy]));
  after(() => it_.close());

  const rules = async (): Promise<RulesView> => (await mina.send<RulesView>('GET', '/rules')).body;
  const change = async (what: object, base?: number) =>
    mina.send<RulesView & Problem>('POST', '/rules', { base: base ?? (await rules()).version, ...what });
  const restore = async (version: number, more: object = {}) =>
    mina.send<RulesView & Problem>('POST', '/rules/restore', {
      base: (await rules()).version,
      version,
      ...more,
    });
  const returns = {
    id: 'returns',
    name: 'Returns',
    hours: 'always',
    must: [{ name: 'lang:es', level: 2 }],
    prefer: [],
    rings: [],
    preferredWaitMs: 0,
    lastAgent: false,
    ageMsPerPriority: 0,
    autoAccept: false,
    offerMs: 20_000,
    entitled: false,
    slotMinutes: 30,
    slotCapacity: 4,
    callerIds: [shownNumber],
  };
  const added = async (): Promise<RulesView> => {
    const { status, body } = await change({ services: [returns] });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const offered = async (): Promise<string[]> =>
    (await it_.visitor().send<ServiceView[]>('GET', '/services')).body.map((it) => it.id);
  const availability = async () =>
    it_.visitor().send<AvailabilityView>('GET', '/availability?service=returns');
  const refused = async (): Promise<Problem> => {
    const visitor = it_.visitor();
    const key = { 'idempotency-key': newKey() };
    const body = visitor.request('+442079460131', { service: 'returns' });
    const answer = await visitor.send<Problem>('POST', '/callbacks', body, key);
    assert.equal(answer.status, 403);
    return answer.body;
  };

  it('and visitors are offered it at once: who asks is called by who can, from its number [MG8]', async () => {
    assert.equal((await availability()).status, 404);
    const { history } = await added();
    assert.deepEqual([history[0]?.who, history[0]?.what], ['Mina Larsen', ['Service Returns added']]);
    assert.ok((await offered()).includes('returns'));
    assert.equal((await availability()).body.open, true);
    const visitor = it_.visitor();
    const { id } = await visitor.ask('+442079460130', { service: 'returns' });
    visitor.follow();
    const offer = await cy.offer((it) => it.callbackId === id);
    assert.equal(offer.service, 'Returns');
    const ringing = visitor.until('dialing-customer');
    await serve(cy, id);
    assert.equal((await ringing).callerId?.replaceAll(' ', ''), shownNumber);
  });

  it('and what makes no sense is refused beside its field, and nothing is added [MG5]', async () => {
    const before = await rules();
    const other = { ...returns, id: 'other', name: 'Other' };
    const ring = (afterMs: number) => ({ afterMs, must: [], prefer: [] });
    const cases = [
      [{ must: [{ name: 'lang:xx', level: 1 }] }, '/services/other/must/0', /not a qualification here/],
      [
        { must: [{ name: 'lang:es', level: 5 }] },
        '/services/other/must',
        /Nobody could take a call for Other/,
      ],
      [{ hours: 'never' }, '/services/other/hours', /no opening hours called never/],
      [{ rings: [ring(2_000), ring(1_000)] }, '/services/other/rings/1/afterMs', /begins later/],
      [{ callerIds: ['+442079460999'] }, '/services/other/callerIds/0', /No line can show/],
      [{ callerIds: ['0999'] }, '/services/0/callerIds/0', /\+44/],
      [{ name: 'sales' }, '/services/other/name', /There is a service called Sales already/],
      [{ name: ' ' }, '/services/0/name', /./],
      [{ id: 'No Id' }, '/services/0/id', /small letters/],
    ] as const;
    for (const [what, path, words] of cases) {
      const { status, body } = await change({ services: [{ ...other, ...what }] });
      assert.equal(status, 400, path);
      assert.match(body.errors?.find((it) => it.path === path)?.message ?? JSON.stringify(body), words);
    }
    const { body } = await change({ removeServices: before.rules.services.map((it) => it.id) });
    assert.match(body.errors?.[0]?.message ?? '', /last service that is offered/);
    assert.deepEqual(await rules(), before);
  });

  it('and of two who add it at once the second is told [MG5]', async () => {
    const { version } = await rules();
    const twins = ['one', 'two'].map((id) => ({ ...returns, id, name: `Twin ${id}` }));
    const answers = await Promise.all(twins.map((it) => change({ services: [it] }, version)));
    assert.deepEqual(answers.map((it) => it.status).sort(), [200, 409]);
    assert.equal((await offered()).filter((it) => it === 'one' || it === 'two').length, 1);
    await restore(version, { anyway: true });
  });

  it('and removed while somebody waits and somebody is booked it is asked for no more, and both are called [MG8]', async () => {
    await cy.send('PUT', '/me/state', { state: 'not-ready', reason: 'break' });
    const [waits, booked] = [it_.visitor(), it_.visitor()];
    await waits.ask('+442079460131', { service: 'returns' });
    const [slot, later] = (await availability()).body.slots.slice(-2);
    await booked.ask('+442079460132', { service: 'returns', at: slot?.from });
    const warned = await change({ removeServices: ['returns'] });
    assert.deepEqual(
      [warned.status, warned.body.type, warned.body.rule],
      [409, 'needs-confirmation', 'service/in-use'],
    );
    assert.equal(
      warned.body.detail,
      'Returns has 1 waiting and 1 booked. They are called as before; nobody else can ask for it.',
    );
    assert.ok((await offered()).includes('returns'), 'nothing is done before it is confirmed');

    const { body } = await change({ removeServices: ['returns'], anyway: true });
    assert.deepEqual(body.history[0]?.what, ['Service Returns removed']);
    assert.deepEqual(body.left, { returns: 2 });
    assert.ok(!(await offered()).includes('returns'));
    const problem = await refused();
    assert.deepEqual(
      [problem.rule, problem.detail],
      [
        'service/removed',
        'Returns is not offered any more. You can ask for: Sales, Support, Concierge, Repairs.',
      ],
    );
    const { instead } = (await availability()).body;
    assert.deepEqual(instead?.[0], { id: 'sales', name: 'Sales' });

    // Whoever could take them must stay able to.
    const nobody = await change({ agents: [{ id: 'cy', qualifications: [] }] });
    assert.match(nobody.body.errors?.[0]?.message ?? '', /Nobody could take a call for Returns/);
    const moved = await booked.send<CallbackView>(
      'PATCH',
      `/callbacks/${booked.created?.id ?? ''}`,
      { at: later?.from },
      booked.bearer(),
    );
    assert.deepEqual([moved.status, moved.body.state, moved.body.at], [200, 'scheduled', later?.from]);

    const from = cy.told.items.length;
    await cy.ready();
    const offer = await cy.offer((it) => it.callbackId === waits.created?.id, from);
    assert.equal(offer.service, 'Returns');
    await serve(cy, offer.callbackId);
    await eventually('one left', async () => ((await rules()).left['returns'] === 1 ? true : undefined));
    const told = await mina.send<{ service: string }>('GET', `/callbacks/${offer.callbackId}`);
    assert.match(JSON.stringify(told.body), /"Returns"/, 'its name is read in what is over, too');
  });

  it('and the company file brings nothing back over a restart, nor takes away what was added [MG8]', async () => {
    await change({ removeServices: ['support'], services: [{ ...returns, id: 'kept', name: 'Kept' }] });
    const before = await rules();
    await it_.centre.kill('contact-server', true);
    await it_.centre.start('contact-server');
    assert.deepEqual(await eventually('the rules', rules), before);
    assert.deepEqual(await eventually('the services', offered), ['sales', 'concierge', 'repairs', 'kept']);
  });

  it('and an earlier version has it again, or has it no more once that is confirmed [MG8]', async () => {
    const { history } = await rules();
    const versionOf = (words: string): number =>
      history.find((it) => it.what.includes(words))?.version ?? Number.NaN;
    const removed = versionOf('Service Returns removed');
    const again = await restore(removed - 1, { anyway: true });
    assert.ok(
      again.body.history[0]?.what.includes('Service Returns offered again'),
      JSON.stringify(again.body),
    );
    assert.ok((await offered()).includes('returns'));
    const asked = await it_.visitor().ask('+442079460133', { service: 'returns' });
    assert.ok(asked.id);
    const warned = await restore(1);
    assert.match(
      warned.body.detail ?? '',
      /^This version does not offer Returns: nobody could ask for it any more\. Returns has 1/,
    );
    const gone = await restore(1, { anyway: true });
    assert.equal(gone.status, 200);
    assert.deepEqual(await offered(), ['sales', 'support', 'concierge', 'repairs']);
    await cy.ready();
    await serve(cy, asked.id);
  });
});
