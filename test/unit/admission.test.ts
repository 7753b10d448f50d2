import assert from 'node:assert/strict';
import { Admission } from '../../contact-server/app/admission.ts';
import type { Callback } from '../../contact-server/domain/callback.ts';
import type { AuditEntry } from '../../contact-server/ports/stores.ts';
import { systemClock } from '../../server-kit/clock.ts';

type Parts = ConstructorParameters<typeof Admission>[0];

describe('A callback that nobody is owed', () => {
  const callback = { id: 'c1', wish: { service: 'sales', phone: '+442079460101', ip: '192.0.2.1' } };
  const written: AuditEntry[] = [];
  const admission = new Admission({
    routing: { screen: () => Promise.resolve({ ok: false, rule: 'entitlement/none', reason: 'No.' }) },
    audit: { add: (entry: AuditEntry) => Promise.resolve(void written.push(entry)) },
    clock: systemClock,
  } as unknown as Parts);

  it('is written down as refused where that is why it is not made, not where it was only judged', async () => {
    const judged = await admission.judge(callback as unknown as Callback);
    assert.equal(judged.type, 'refused');
    assert.deepEqual(written, []);
    await admission.screen(callback as unknown as Callback);
    assert.deepEqual(
      written.map(({ what, about, detail }) => [what, about, detail]),
      [['refused', 'c1', 'entitlement/none']],
    );
  });
});

describe('A callback of somebody who has talked to us before', () => {
  const wish = { service: 'sales', phone: '+442079460101', ip: '192.0.2.1' };
  const callback = { id: 'c1', wish } as unknown as Callback;
  const lookups: unknown[] = [];
  const admission = (owed: object) =>
    new Admission({
      routing: {
        screen: () =>
          Promise.resolve({
            ok: true,
            tier: '',
            priority: 0,
            requirement: { must: [], prefer: [] },
            ...owed,
          }),
      },
      times: { next: (_wish: unknown, at: number) => Promise.resolve({ ok: true, at }) },
      store: {
        lastAgent: (...asked: unknown[]) => {
          lookups.push(asked);
          return Promise.resolve('bo');
        },
      },
      audit: { add: () => Promise.resolve() },
      clock: { ...systemClock, now: () => 40 * 86_400_000 },
    } as unknown as Parts);
  const preferred = async (owed: object) => {
    const fact = await admission(owed).judge(callback);
    return fact.type === 'screened' ? fact.terms.preferredAgent : fact.rule;
  };

  it('goes first to whoever they talked to in the last thirty days, where the service says so and they have nobody of their own [AV11]', async () => {
    assert.equal(await preferred({ lastAgent: true }), 'bo');
    assert.deepEqual(lookups, [[wish, 10 * 86_400_000]]);
    assert.equal(await preferred({ preferredAgent: 'ana' }), 'ana');
    assert.equal(await preferred({}), undefined);
    assert.equal(lookups.length, 1, 'nothing is looked up for nobody');
  });
});
