import assert from 'node:assert/strict';
import { companySchema } from '../../contracts/company.schema.ts';
import { UnknownName } from '../../routing/index.ts';
import type { AcceptResult, Contact, Reservation, Routing } from '../../routing/index.ts';
import {
  capacityFaults,
  idleScore,
  profileId,
  readCapacity,
  readIdleScore,
  replay,
  roomFor,
  seatServes,
  seatsOf,
  USUAL_CAPACITY,
  writtenCapacity,
} from '../../routing/testing.ts';
import {
  agentId,
  Centre,
  contact,
  id,
  off,
  pause,
  queued,
  ready,
  reserved,
  service,
  skills,
} from './centre.ts';
import { type SharedRedis, openRedis } from './redis-process.ts';

describe('Several channels', () => {
  let redis: SharedRedis;
  let centre: Centre;
  const ana = agentId('ana');
  const bo = agentId('bo');

  before(async () => (redis = await openRedis()));
  after(() => redis.remove());
  afterEach(() => centre.close());

  const chat = (name: string, must = ''): Contact =>
    contact(name, '', { requirement: { must: skills(must), prefer: [], channel: 'chat' } });

  async function open(people: Record<string, string>, offers = [service('help')]): Promise<Routing> {
    centre = new Centre(redis, people);
    centre.directory.offers = offers;
    const routing = await centre.open();
    for (const name of Object.keys(people)) await routing.setAgentState(agentId(name), ready);
    return routing;
  }

  async function taken(routing: Routing, it: Contact): Promise<Reservation> {
    const offer = reserved(await routing.enter(it));
    return ok(await routing.accept(offer.id, offer.agentId));
  }

  function ok(answer: AcceptResult): Reservation {
    if (!answer.ok) throw new Error(`not accepted: ${answer.why}`);
    return answer.reservation;
  }

  it('an agent has three chats side by side, offered one after the other, and never a fourth [AV13]', async () => {
    const routing = await open({ ana: '' });
    const first = reserved(await routing.enter(chat('one')));
    for (const name of ['two', 'three', 'four']) queued(await routing.enter(chat(name)));
    assert.equal((await routing.agentStatus(ana))?.open, undefined, 'nothing more while an offer is open');

    await routing.accept(first.id, ana);
    const second = await routing.agentStatus(ana);
    assert.deepEqual([second?.state, second?.contactId], ['reserved', 'two'], 'at once, in the same step');
    await routing.accept(second!.reservationId!, ana);
    await routing.accept((await routing.agentStatus(ana))!.reservationId!, ana);

    const full = await routing.agentStatus(ana);
    assert.deepEqual([full?.state, full?.open], ['busy', ['voice']]);
    const { waiting, reservations } = await routing.snapshot();
    assert.deepEqual(
      waiting.map((it) => it.contact.id),
      ['four'],
    );
    assert.deepEqual(reservations.map((it) => it.contactId).sort(), ['one', 'three', 'two']);

    await routing.wrapUp(first.id);
    assert.equal((await routing.snapshot()).waiting.length, 1, 'writing up counts, each for itself');
    await routing.complete(first.id, { state: 'ready' });
    assert.equal((await routing.agentStatus(ana))?.contactId, id('four'));
  });

  it('a call blocks chats until it is over, and chats do not block a call [AV13]', async () => {
    const routing = await open({ ana: '' });
    const talk = await taken(routing, chat('talk'));
    const call = await taken(routing, contact('call'));
    const status = await routing.agentStatus(ana);
    assert.deepEqual([status?.contactId, status?.open], ['call', undefined]);
    queued(await routing.enter(chat('more')));

    await routing.complete(call.id, { state: 'as-wished' });
    const offered = await routing.agentStatus(ana);
    assert.deepEqual([offered?.state, offered?.contactId], ['reserved', 'more']);
    await routing.complete(talk.id, { state: 'as-wished' });
    assert.equal((await routing.agentStatus(ana))?.contactId, id('more'));
  });

  it('counts whom an agent overtakes for lack of room apart from whom they cannot serve or who wait for them [AV10] [AV13]', async () => {
    const routing = await open({ ana: 'lang:es/voice:1:chat,chat:3:voice' }, [
      service('help', { preferredWaitMs: 60_000 }),
      service('aged', { ageMsPerPriority: 10_000 }),
    ]);
    const talk = await taken(routing, chat('talk', 'lang:es'));
    const now = Date.now();
    const call = (name: string, ago: number, must: string, more: Partial<Contact> = {}) =>
      routing.enter(contact(name, must, { startedAt: now - ago, ...more }));
    queued(await call('plain', 5_000, 'lang:es'));
    queued(await call('urgent', 4_000, 'lang:es', { priority: 3 }));
    queued(await call('aged', 3_000, 'lang:es', { priority: 1, service: 'aged' }));
    queued(await call('another language', 2_000, 'lang:fr'));
    const hers = { agentId: ana, until: now + 60_000 };
    queued(await call('hers', 1_000, 'lang:es', { preferred: hers }));
    queued(await call('later', -1_000, 'lang:es'));
    queued(await call('later, but urgent', -1_000, 'lang:es', { priority: 1, service: 'aged' }));

    const more = chat('more', 'lang:es');
    const offer = reserved(await routing.enter({ ...more, startedAt: now }));
    assert.equal(offer.agentId, ana);
    const counted = async () => (await routing.snapshot()).overtaken;
    const none = { priority: 0, snooze: 0, claimed: 0, unexplained: 0 };
    assert.deepEqual(await counted(), { ...none, capacity: 3, qualification: 1, preferred: 1 });

    await routing.accept(offer.id, ana);
    await routing.complete(talk.id, { state: 'ready' });
    await routing.complete(offer.id, { state: 'ready' });
    assert.equal(
      (await routing.agentStatus(ana))?.contactId,
      id('urgent'),
      'with nothing in hand there is room',
    );
    assert.deepEqual(await counted(), { ...none, capacity: 3, qualification: 1, preferred: 1, priority: 1 });
  });

  it('who has less in hand goes first, then who is idle longer [AV13]', async () => {
    const routing = await open({ ana: '', bo: '' });
    const holders: string[] = [];
    for (const name of ['one', 'two', 'three', 'four'])
      holders.push((await taken(routing, chat(name))).agentId);
    assert.deepEqual(holders, [ana, bo, ana, bo]);
  });

  it('says of each candidate whether they had room, and the same decision can be made again [AV13]', async () => {
    const routing = await open({
      ana: 'lang:es/voice:1:chat,chat:1:',
      bo: 'lang:es',
      cy: 'lang:es/voice:1:,chat:0:',
      di: 'lang:es/voice:1:,chat:2:',
      ed: 'lang:es',
    });
    for (const name of ['bo', 'cy', 'di', 'ed']) await routing.setAgentState(agentId(name), pause('later'));
    await taken(routing, chat('one', 'lang:es'));
    await routing.setAgentState(bo, ready);
    await taken(routing, contact('call', 'lang:es'));
    await routing.setAgentState(agentId('di'), ready);
    await taken(routing, chat('two', 'lang:es'));
    await taken(routing, chat('three', 'lang:es'));
    await routing.setAgentState(agentId('cy'), ready);
    await routing.setAgentState(agentId('ed'), ready);

    const made = reserved(await routing.enter(chat('four', 'lang:es')));
    assert.equal(made.agentId, 'ed');
    const verdict = (name: string) =>
      made.decision.candidates.find((it) => it.agentId === name)?.verdict ?? 'not there';
    assert.equal(verdict('ana'), 'busy');
    assert.equal(verdict('bo'), 'blocked: has a call in hand, no chat beside it');
    assert.equal(verdict('cy'), 'capacity: takes no chats');
    assert.equal(verdict('di'), 'capacity: 2 of 2 chats in hand');
    assert.equal(replay(made.basis), 'ed');
    await routing.accept(made.id, made.agentId);
    const again = reserved(await routing.enter(chat('five', 'lang:es')));
    assert.equal(again.agentId, 'ed');
    assert.match(again.decision.because, /^1 in hand and room for more/);
    assert.equal(replay(again.basis), 'ed');
  });

  it('who wishes a break with chats in hand gets no more, and has it when the last is over', async () => {
    const routing = await open({ ana: '' });
    const one = await taken(routing, chat('one'));
    const two = await taken(routing, chat('two'));
    await routing.setAgentState(ana, pause('lunch'));
    queued(await routing.enter(chat('three')));
    await routing.complete(one.id, { state: 'as-wished' });
    const status = await routing.agentStatus(ana);
    assert.deepEqual([status?.state, status?.next], ['busy', pause('lunch')]);
    await routing.complete(two.id, { state: 'as-wished' });
    assert.equal((await routing.agentStatus(ana))?.reason, 'lunch');
  });

  it('a chat that is not taken goes on, its agent keeps the others and gets no more', async () => {
    const routing = await open({ ana: '', bo: '' });
    await routing.setAgentState(bo, pause('later'));
    const kept = await taken(routing, chat('kept'));
    const offer = reserved(await routing.enter(chat('no')));
    await routing.setAgentState(bo, ready);
    await routing.reject(offer.id, ana);
    const status = await routing.agentStatus(ana);
    assert.deepEqual([status?.state, status?.contactId], ['busy', kept.contactId]);
    assert.deepEqual(status?.next, pause('declined'));
    assert.equal((await routing.agentStatus(bo))?.contactId, id('no'));
    await routing.setAgentState(ana, off);
    await routing.complete(kept.id, { state: 'ready' });
    assert.equal((await routing.agentStatus(ana))?.state, 'logged-off', 'leaving goes before all');
  });

  it('another capacity holds from the next step on', async () => {
    const routing = await open({ ana: '/voice:1:chat,chat:1:' });
    const heard = centre.listen(routing);
    await taken(routing, chat('one'));
    queued(await routing.enter(chat('two')));
    centre.directory.change({ ana: '/voice:1:chat,chat:2:' });
    const offered = await heard.until('reservation.created', (it) => it.reservation.contactId === id('two'));
    assert.equal(offered.reservation.agentId, ana);
  });

  it('promises a chat at once where there is room, else when a chat is over', async () => {
    const routing = await open({ ana: '' });
    for (const name of ['one', 'two']) await taken(routing, chat(name));
    const ask = (channel: 'voice' | 'chat') =>
      routing.estimate({ requirement: { must: [], prefer: [], channel }, priority: 0 });
    const soon = (await ask('chat')).estimate;
    assert.equal(soon && soon.to - soon.from, 20_000, 'somebody is there: only the offer takes time');
    await taken(routing, chat('three'));
    const later = (await ask('chat')).estimate;
    assert.ok(later && later.to - later.from > 20_000, 'one of three has to end first');
  });

  it('refuses a channel nobody knows, before anything is done [AV13]', async () => {
    const routing = await open({ ana: '' });
    const fax = { must: [], prefer: [], channel: 'fax' as 'chat' };
    await assert.rejects(routing.enter(contact('fax', '', { requirement: fax })), UnknownName);
    await assert.rejects(routing.estimate({ requirement: fax, priority: 0 }), /channel fax/);
    assert.equal((await routing.agentStatus(ana))?.state, 'ready');
  });
});

describe('What an agent may have in hand', () => {
  it('is written into the name of the profile, where it is not the usual', () => {
    const own = { voice: { most: 2, blocks: [] }, chat: { most: 5, blocks: ['voice'] } } as const;
    assert.deepEqual(readCapacity(writtenCapacity(own)), own);
    assert.equal(profileId(skills('lang:es'), USUAL_CAPACITY), profileId(skills('lang:es')));
    assert.equal(profileId(skills('lang:es'), own), `${profileId(skills('lang:es'))}~voice:2:,chat:5:voice`);
  });

  it('leaves room or names the test that failed', () => {
    assert.equal(roomFor('chat', USUAL_CAPACITY, ['chat', 'chat']), undefined);
    assert.deepEqual(roomFor('chat', USUAL_CAPACITY, ['chat', 'chat', 'chat']), { why: 'capacity' });
    assert.deepEqual(roomFor('chat', USUAL_CAPACITY, ['voice']), { why: 'blocked', by: 'voice' });
    assert.equal(roomFor('voice', USUAL_CAPACITY, ['chat', 'chat', 'chat']), undefined);
    assert.deepEqual(roomFor('voice', USUAL_CAPACITY, ['voice']), { why: 'capacity' });
  });

  it('orders by how much is in hand, then by how long idle, exactly', () => {
    const now = 1_800_000_000_000_000;
    assert.ok(idleScore(0, now) < idleScore(1, 0));
    assert.ok(idleScore(1, now + 1_000_000) < idleScore(2, now));
    assert.ok(idleScore(20, now) < idleScore(20, now + 1_000));
    assert.deepEqual(readIdleScore(idleScore(20, now)), { inHand: 20, since: now / 1_000 });
    assert.deepEqual(readIdleScore(idleScore(0, now)), { inHand: 0, since: now / 1_000 });
  });

  it('is played forward as seats, one for each contact; of a blocked channel as one that waits for what blocks it', () => {
    const both = new Set(['voice', 'chat'] as const);
    const [talk, call] = [
      { class: 'c1~chat', since: 1 },
      { class: 'c1', since: 2 },
    ];
    assert.deepEqual(seatsOf('p', [], new Set(['voice'])), { busy: [], idle: ['p'] });
    assert.deepEqual(seatsOf('p', [talk], both), {
      busy: [{ ...talk, profile: 'p/chat' }],
      idle: ['p', 'p/chat', 'p/chat'],
    });
    assert.deepEqual(seatsOf('p', [talk, call], both), {
      busy: [
        { ...call, profile: 'p' },
        { ...call, profile: 'p/chat' },
      ],
      idle: [],
    });
    const serves = seatServes(() => true);
    assert.deepEqual([serves('p', 'c1'), serves('p', 'c1~chat')], [true, false]);
    assert.deepEqual([serves('p/chat', 'c1'), serves('p/chat', 'c1~chat')], [false, true]);
  });

  it('is refused with the reason where it makes no sense [AV13]', () => {
    assert.deepEqual(capacityFaults(USUAL_CAPACITY), []);
    assert.deepEqual(
      capacityFaults({ voice: { most: 21, blocks: ['voice'] }, fax: { most: 0.5, blocks: ['telex'] } }),
      [
        'voice: a capacity is 0 to 1, not 21.',
        'voice: a channel does not block itself; its capacity does.',
        'fax: there is no such channel.',
        'telex: there is no such channel.',
      ],
    );
    const { channels, agents } = companySchema.shape;
    assert.deepEqual(channels.parse(undefined), USUAL_CAPACITY);
    assert.deepEqual(channels.parse({ chat: { most: 5 } }).chat, { most: 5, blocks: [] });
    const refusal = (channel: unknown) => channels.safeParse(channel).error?.issues[0]?.message ?? 'taken';
    assert.match(refusal({ fax: { most: 1 } }), /fax/);
    assert.match(refusal({ chat: { most: 21 } }), /20/);
    assert.match(refusal({ voice: { blocks: ['voice'] } }), /does not block itself/);
    const person = { id: 'ana', name: 'Ana', username: 'ana', password: 'at least 8', roles: ['agent'] };
    assert.equal(agents.safeParse([{ ...person, capacity: { chat: 0 } }]).success, true);
    assert.equal(agents.safeParse([{ ...person, capacity: { chat: 21 } }]).success, false);
  });
});
