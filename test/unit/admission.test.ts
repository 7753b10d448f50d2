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
