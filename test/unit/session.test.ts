import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionId } from '../../contracts/ids.ts';
import {
  change,
  legId,
  type LegWish,
  newSession,
  type Session,
} from '../../contact-server/domain/session.ts';
import { callbackService } from '../../contact-server/services/callback-service.ts';
import { serviceRegistry } from '../../contact-server/services/registry.ts';
import type { CompanyRules } from '../../contact-server/ports/company.ts';

const fresh = newSession('s1' as SessionId, 1);
const leg = { role: 'agent', who: 'maya', name: 'Maya', channel: 'voice' } as const;
const maya = legId('agent', 'maya', 'voice');

function after(...wishes: readonly LegWish[]): Session {
  return wishes.reduce((session, wish, n) => change(session, wish, 10 + n), fresh);
}

describe('A session', () => {
  it('records who is joined, since when, and in which state [SE-1] [SE1]', () => {
    const session = after({ do: 'add', ...leg, state: 'invited' }, { do: 'set', id: maya, state: 'joined' });
    assert.deepEqual(session.legs, [{ id: maya, ...leg, state: 'joined', since: 11 }]);
  });

  it('has one leg for one endpoint on one channel, however often it is added [SE-2]', () => {
    const session = after(
      { do: 'add', ...leg, state: 'joined' },
      { do: 'set', id: maya, state: 'lost' },
      { do: 'add', ...leg, state: 'joined' },
      { do: 'add', ...leg, channel: 'pages', state: 'joined' },
    );
    assert.deepEqual(
      session.legs.map((it) => [it.channel, it.state]),
      [
        ['voice', 'joined'],
        ['pages', 'joined'],
      ],
    );
  });

  it('lets everybody leave when it ends, and opens again for the next contact without them', () => {
    const ended = after({ do: 'add', ...leg, state: 'joined' }, { do: 'end' });
    assert.equal(ended.state, 'ended');
    assert.ok(ended.legs.every((it) => it.state === 'left'));
    assert.equal(
      change(ended, { do: 'set', id: maya, state: 'joined' }, 20),
      ended,
      'nobody comes back unasked',
    );
    const again = change(ended, { do: 'add', ...leg, who: 'rui', state: 'invited' }, 30);
    assert.equal(again.state, 'open');
    assert.equal(again.since, 30);
    assert.deepEqual(
      again.legs.map((it) => it.who),
      ['rui'],
    );
  });

  it('is the very same when nothing changes, so that nobody is told of nothing', () => {
    const wishes: readonly LegWish[] = [
      { do: 'add', ...leg, state: 'joined' },
      { do: 'set', id: maya, state: 'joined' },
      { do: 'set', id: legId('agent', 'nobody', 'voice'), state: 'lost' },
    ];
    const session = after({ do: 'add', ...leg, state: 'joined' });
    for (const wish of wishes) assert.equal(change(session, wish, 99), session);
  });

  it('never holds two legs of one name, nor anybody still there once it has ended', () => {
    const who = fc.constantFrom('maya', 'rui');
    const channel = fc.constantFrom('voice' as const, 'pages' as const);
    const state = fc.constantFrom('invited' as const, 'joined' as const, 'lost' as const, 'left' as const);
    const wish: fc.Arbitrary<LegWish> = fc.oneof(
      fc.record({
        do: fc.constant('add' as const),
        role: fc.constant('agent' as const),
        who,
        name: who,
        channel,
        state,
      }),
      fc
        .tuple(who, channel, state)
        .map(([w, c, s]) => ({ do: 'set' as const, id: legId('agent', w, c), state: s })),
      fc.constant({ do: 'end' as const }),
    );
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 40 }), (wishes) => {
        let session = fresh;
        wishes.forEach((it, n) => {
          const next = change(session, it, n);
          assert.equal(new Set(next.legs.map((one) => one.id)).size, next.legs.length);
          if (next.state === 'ended') assert.ok(next.legs.every((one) => one.state === 'left'));
          for (const one of next.legs) {
            const before = session.legs.find((same) => same.id === one.id);
            if (before?.state === one.state && session.state === next.state)
              assert.equal(one.since, before.since, 'since is since then');
          }
          session = next;
        });
      }),
    );
  });
});

describe('Two services [SE-3]', () => {
  it('differ by their settings and share everything else', () => {
    const company = {
      services: new Map([
        ['sales', { id: 'sales', pagesAfterCallMs: 120_000 }],
        ['support', { id: 'support', pagesAfterCallMs: 0 }],
      ]),
    } as unknown as CompanyRules;
    const of = serviceRegistry(company);
    assert.equal(of('sales').pagesAfterCallMs, 120_000);
    assert.equal(of('support').pagesAfterCallMs, 0);
    assert.equal(
      of('gone').pagesAfterCallMs,
      callbackService({ id: 'gone', pagesAfterCallMs: 0 }).pagesAfterCallMs,
    );
  });
});
