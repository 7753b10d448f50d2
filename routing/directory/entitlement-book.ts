import type { Asker, Entitlement } from '../domain/entitlement.ts';

/** All entitlements of one version, found by whom they are for. */
export class EntitlementBook {
  readonly #byCustomer = new Map<string, Entitlement[]>();
  readonly #byPhone = new Map<string, Entitlement[]>();
  readonly #byAddress: Entitlement[] = [];

  constructor(all: readonly Entitlement[]) {
    for (const it of all) {
      // Every condition named must hold, so that one of them is enough to find it by.
      if (it.customerId !== undefined) file(this.#byCustomer, it.customerId, it);
      else if (it.phone !== undefined) file(this.#byPhone, it.phone, it);
      else this.#byAddress.push(it);
    }
  }

  /** Every one that could be this asker's, valid or not. */
  of({ customerId, phone, address }: Asker): readonly Entitlement[] {
    const covers = ({ addresses }: Entitlement) =>
      address !== undefined &&
      addresses !== undefined &&
      addresses.first <= address &&
      address <= addresses.last;
    return [
      ...(customerId === undefined ? [] : (this.#byCustomer.get(customerId) ?? [])),
      ...(this.#byPhone.get(phone) ?? []),
      ...this.#byAddress.filter(covers),
    ];
  }
}

function file(into: Map<string, Entitlement[]>, key: string, it: Entitlement): void {
  const known = into.get(key);
  if (known) known.push(it);
  else into.set(key, [it]);
}
