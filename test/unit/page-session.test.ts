import assert from 'node:assert/strict';
import type { AgentId, SessionId } from '../../contracts/ids.ts';
import {
  activeTab,
  asked,
  consented,
  focused,
  isSharing,
  navigated,
  newPageSession,
  type PageSession,
  register,
  type Registration,
  seenAt,
  sharingEnded,
  tabClosed,
  unregister,
} from '../../contact-server/domain/page-session.ts';

const fresh = newPageSession('s1' as SessionId, '198.51.100.1', 'https://shop.example', 0);
const maya: Registration = {
  id: 'r1',
  ip: '198.51.100.1',
  agentId: 'maya' as AgentId,
  name: 'Maya',
  role: 'agent',
  mode: 'lead',
  at: 0,
};
const mina: Registration = { ...maya, id: 'r2', agentId: 'mina' as AgentId, role: 'manager', mode: 'watch' };

function at(
  session: PageSession,
  tab: string,
  seq: number,
  page: string,
  how: 'load' | 'history' = 'load',
): PageSession {
  return navigated(session, { tab, seq, url: `https://shop.example/${page}`, at: seq }, how);
}

const shows = (session: PageSession): string | undefined => activeTab(session)?.url.split('/').at(-1);

describe('With several tabs', () => {
  it('the one that moved last is shared, and a number counts once', () => {
    let session = at(at(fresh, 'one', 1, 'a'), 'two', 1, 'b');
    assert.equal(shows(session), 'b');
    session = at(session, 'one', 2, 'c');
    assert.equal(shows(session), 'c');
    assert.equal(at(session, 'one', 2, 'd'), session, 'a repeat changes nothing');
    assert.equal(at(session, 'one', 1, 'd'), session);
  });

  it('the one in front is, and a page that loads anew in the background does not take it over', () => {
    let session = focused(at(at(fresh, 'one', 1, 'a'), 'two', 1, 'b'), 'one', 3);
    assert.equal(shows(session), 'a');
    session = at(session, 'two', 2, 'c');
    assert.equal(shows(session), 'a');
    assert.equal(shows(focused(session, 'two', 4)), 'c');
    assert.equal(shows(at(session, 'two', 3, 'd', 'history')), 'd', 'somebody clicks in it');
  });

  it('the next takes over when it is closed, and the last one stays as the place where the visitor was', () => {
    const two = focused(at(at(fresh, 'one', 1, 'a'), 'two', 1, 'b'), 'two', 2);
    const one = tabClosed(two, 'two', 3);
    assert.equal(shows(one), 'a');
    assert.equal(tabClosed(one, 'one', 4), one);
    assert.equal(focused(one, 'nobody', 5), one);
  });
});

describe('A yes to sharing', () => {
  it('tells of the present page and what follows, not of what was before [CO2]', () => {
    let session = at(at(fresh, 'one', 1, 'secret'), 'one', 2, 'a');
    session = register(session, maya);
    assert.deepEqual(session.trail, []);
    session = at(consented(session, true, 3), 'one', 3, 'b');
    assert.deepEqual(
      session.trail.map((it) => it.url.split('/').at(-1)),
      ['a', 'b'],
    );
    assert.ok(isSharing(session));
    session = consented(session, false, 4);
    assert.equal(session.consent, 'withdrawn');
    assert.deepEqual(session.trail, []);
    assert.ok(!isSharing(session));
  });

  it('is asked for anew when the call was over, and the question goes with whoever asked it', () => {
    const given = consented(register(at(fresh, 'one', 1, 'a'), maya), true, 1);
    assert.deepEqual([sharingEnded(given).consent, sharingEnded(given).registrations], ['unasked', []]);
    const open = asked(register(fresh, maya), 'Maya');
    assert.equal(unregister(open, () => true).consent, 'unasked');
  });
});

describe('A registration', () => {
  it('is one for each agent, under the address the visitor has now [CO-5]', () => {
    let session = register(register(fresh, maya), { ...maya, id: 'r9' });
    assert.deepEqual(
      session.registrations.map((it) => it.id),
      ['r9'],
    );
    session = seenAt(session, '203.0.113.9');
    assert.equal(session.ip, '203.0.113.9');
    assert.equal(session.earlierIp, '198.51.100.1');
    assert.equal(session.registrations[0]?.ip, '203.0.113.9');
    assert.equal(seenAt(session, '203.0.113.9'), session);
    assert.equal(seenAt(fresh, '203.0.113.9').earlierIp, undefined, 'nobody was told of the other one');
  });

  it('of a manager goes with the last agent', () => {
    const both = register(register(fresh, maya), mina);
    assert.deepEqual(unregister(both, (it) => it.id === 'r1').registrations, []);
    assert.deepEqual(unregister(both, (it) => it.id === 'r2').registrations, [maya]);
  });
});
