import assert from 'node:assert/strict';
import type { Moment } from '../../contact-server/domain/callback.ts';
import { hasLatelyLeft } from '../../contact-server/domain/left-agent.ts';
import type { AgentId } from '../../contracts/ids.ts';

const ana = 'ana' as AgentId;
const ben = 'ben' as AgentId;
const minute = 60_000;
const at = (minutes: number, state: Moment['state']): Moment => ({ at: minutes * minute, state, why: '' });
const lately = (history: readonly Moment[], lastWith: AgentId | undefined, minutes: number): boolean =>
  hasLatelyLeft({ history }, lastWith, ana, minutes * minute);

describe('A contact that has left the desk of Ana', () => {
  const talked = [at(1, 'queued'), at(2, 'dialing-agent'), at(3, 'connected'), at(8, 'wrap-up')];
  const done = [...talked, at(30, 'completed')];

  it('is lately hers for ten minutes after its wrap-up is over, however long that was', () => {
    assert.equal(lately(done, ana, 31), true);
    assert.equal(lately(done, ana, 39.9), true);
    assert.equal(lately(done, ana, 40), false);
    assert.equal(lately(talked, ana, 9), false, 'it has not left');
  });

  it('is so too when the visitor was not reached; what becomes of it later does not prolong that', () => {
    const retried = [at(2, 'dialing-agent'), at(3, 'dialing-customer'), at(4, 'scheduled')];
    assert.equal(lately(retried, ana, 5), true);
    assert.equal(lately([...retried, at(20, 'cancelled')], ana, 21), false);
    assert.equal(lately([...retried, at(5, 'matched'), at(5, 'reserved')], ana, 6), true);
  });

  it('is not hers any more once somebody else has taken it, nor if she never had it', () => {
    assert.equal(lately([...done, at(31, 'dialing-agent')], ben, 32), false);
    assert.equal(lately(done, ben, 31), false);
    assert.equal(lately([at(1, 'queued')], undefined, 2), false);
  });
});
