import assert from 'node:assert/strict';
import { ConsentCopies } from '../../contact-server/app/consent-copies.ts';
import type { CallbackId } from '../../contracts/ids.ts';
import type { CallbackStore, ConsentRecord } from '../../contact-server/ports/stores.ts';
import { systemClock } from '../../server-kit/clock.ts';

const consent = (id: string): ConsentRecord => ({
  purpose: 'call',
  text: 'You may call me.',
  version: '1',
  at: 1,
  ipHash: 'hash',
  callbackId: id as CallbackId,
});

describe('The copy of a consent that outlives its callback', () => {
  it('is made later where a crash or an outage prevented it, and only then counts as made [CB2]', async () => {
    const owed = new Map(['a', 'b'].map((id) => [id, consent(id)]));
    const kept: ConsentRecord[] = [];
    let isAway = true;
    const store: Pick<CallbackStore, 'consentCopied' | 'consentsOwed'> = {
      consentCopied: (id) => {
        owed.delete(id);
        return Promise.resolve();
      },
      consentsOwed: () => Promise.resolve([...owed.values()]),
    };
    const copies = new ConsentCopies({
      store,
      consents: {
        add: (record) => {
          if (isAway) return Promise.reject(new Error('away'));
          kept.push(record);
          return Promise.resolve();
        },
      },
      clock: systemClock,
    });
    await assert.rejects(copies.makeUp(), /away/);
    assert.equal(owed.size, 2);
    isAway = false;
    await copies.makeUp();
    assert.deepEqual(
      kept.map((it) => it.callbackId),
      ['a', 'b'],
    );
    assert.equal(owed.size, 0);
  });
});
