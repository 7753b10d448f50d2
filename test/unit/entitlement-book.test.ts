import assert from 'node:assert/strict';
import type { Asker, Entitlement } from '../../routing/testing.ts';
import { addressKey, addressRange, EntitlementBook, screenEntitlement } from '../../routing/testing.ts';

const service = { id: 'club', entitled: true };
const ranges = ['203.0.113.0/24', '10.0.0.0/8', '2001:db8::/32'].map((it) => addressRange(it));
const pick = <T>(from: readonly T[], seed: number): T | undefined => from[seed % (from.length + 1)];

/** Every combination of what an entitlement may name, and of what an asker may show. */
function entitlements(): Entitlement[] {
  return Array.from({ length: 64 }, (_, n) => {
    const customerId = pick(['c1', 'c2', 'c3'], n);
    const phone = pick(['+441', '+442', '+443'], n >> 2);
    const addresses = pick(ranges, n >> 4);
    return {
      id: `e${String(n)}`,
      services: n % 5 === 0 ? ['other'] : ['club'],
      tier: `tier-${String(n)}`,
      priority: (n * 7) % 13,
      ...(customerId !== undefined && { customerId }),
      ...(phone !== undefined && { phone }),
      ...(addresses && { addresses }),
    };
  });
}

describe('The book of entitlements held in memory', () => {
  it('owes every asker what the whole list owes them, whichever conditions are named [AV1] [AV4]', () => {
    const all = entitlements();
    const book = new EntitlementBook(all);
    for (const customerId of [undefined, 'c1', 'c2', 'c9'])
      for (const phone of ['', '+441', '+449'])
        for (const ip of [undefined, '203.0.113.7', '10.1.2.3', '2001:db8::7', '192.0.2.1']) {
          const address = ip === undefined ? undefined : addressKey(ip);
          const asker: Asker = {
            phone,
            ...(customerId !== undefined && { customerId }),
            ...(address !== undefined && { address }),
          };
          assert.deepEqual(
            screenEntitlement(service, asker, book.of(asker), 1_000),
            screenEntitlement(service, asker, all, 1_000),
            JSON.stringify(asker),
          );
        }
  });
});
