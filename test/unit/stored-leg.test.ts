import assert from 'node:assert/strict';
import { endStored } from '../../contact-server/adapters/drachtio/sip-leg.ts';
import type { SipLink } from '../../contact-server/adapters/drachtio/sip-link.ts';
import {
  LinkLost,
  NoSuchDialog,
  type OutgoingEvents,
} from '../../contact-server/adapters/drachtio/sip-messages.ts';

const leg = { leg: 'customer', sipCallId: 'c', dialogId: 'c;from-tag=1', server: 'one' } as const;

/** A link that says of each BYE what the test says. */
function linkThat(...says: readonly ((events: OutgoingEvents) => void)[]): { link: SipLink; sent: string[] } {
  const sent: string[] = [];
  const link = {
    whenUp: (then: () => void) => {
      then();
      return () => {};
    },
    cancel: (uri: string, transactionId: string) => sent.push(`CANCEL ${transactionId} ${uri}`),
    send: ({ method, dialogId }: { method: string; dialogId: string }, events: OutgoingEvents) => {
      sent.push(`${method} ${dialogId}`);
      says[sent.length - 1]?.(events);
    },
  };
  return { link: link as unknown as SipLink, sent };
}

describe('A leg that an earlier process left', () => {
  it('has ended once the SIP server has its BYE, however often the link breaks over it', async () => {
    const lost = (events: OutgoingEvents): void => events.failed(new LinkLost());
    let isOut = (): void => {};
    const { link, sent } = linkThat(lost, lost, (events) => (isOut = () => events.sent?.({} as never)));
    let hasEnded = false;
    const ending = endStored(link, leg).then(() => (hasEnded = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(sent, ['BYE c;from-tag=1', 'BYE c;from-tag=1', 'BYE c;from-tag=1']);
    assert.equal(hasEnded, false);
    isOut();
    await ending;
  });

  it('is told to stop ringing too, where it rang: not every SIP server does that for the dead', async () => {
    const { link, sent } = linkThat(
      () => {},
      (events) => events.failed(new NoSuchDialog('unable to find dialog')),
    );
    await endStored(link, { ...leg, invite: { uri: 'sip:101@192.0.2.1', transactionId: 't1' } });
    assert.deepEqual(sent, ['CANCEL t1 sip:101@192.0.2.1', 'BYE c;from-tag=1']);
  });

  it('has ended long ago where the SIP server knows nothing of it', async () => {
    const { link, sent } = linkThat((events) => events.failed(new NoSuchDialog('unable to find dialog')));
    await endStored(link, leg);
    assert.equal(sent.length, 1);
  });
});
