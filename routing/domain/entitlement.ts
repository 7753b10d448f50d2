import type { Qualification, Requirement } from './qualification.ts';

/** What a customer, a number or an address range is owed; every condition named must hold. */
export interface Entitlement {
  readonly id: string;
  readonly customerId?: string;
  readonly phone?: string;
  /** First and last address of the range, as 32 hexadecimal digits. */
  readonly addresses?: { readonly first: string; readonly last: string };
  readonly services: readonly string[];
  readonly tier: string;
  readonly priority: number;
  readonly validFrom?: number;
  readonly validTo?: number;
}

/** Who asks: the identity proved, the phone claimed, the address seen (as 32 hexadecimal digits). */
export interface Asker {
  readonly customerId?: string;
  readonly phone: string;
  readonly address?: string;
}

/** Those who are owed nothing in particular. */
export const USUAL_TIER = 'standard';

export type Owed =
  | { readonly ok: true; readonly tier: string; readonly priority: number }
  | { readonly ok: false; readonly rule: string; readonly reason: string };

/** The best of what this asker is owed for a service, or why it is nothing. A service for everybody refuses nobody. */
export function screenEntitlement(
  service: { readonly id: string; readonly entitled: boolean },
  asker: Asker,
  entitlements: readonly Entitlement[],
  now: number,
): Owed {
  const theirs = entitlements.filter((it) => isFor(it, asker));
  const including = theirs.filter((it) => it.services.includes(service.id));
  const valid = including.filter((it) => (it.validFrom ?? 0) <= now && now < (it.validTo ?? Infinity));
  const [best] = [...valid].sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
  if (best !== undefined) return { ok: true, tier: best.tier, priority: best.priority };
  if (!service.entitled) return { ok: true, tier: USUAL_TIER, priority: 0 };
  const refuse = (rule: string, reason: string) => ({ ok: false, rule, reason }) as const;
  if (theirs.length === 0) {
    return refuse('entitlement/none', 'This service is for customers with an agreement, and we found none.');
  }
  if (including.length === 0) {
    return refuse('entitlement/service-not-included', 'Your agreement does not include this service.');
  }
  return including.some((it) => (it.validFrom ?? 0) > now)
    ? refuse('entitlement/not-yet-valid', 'Your agreement for this service has not begun yet.')
    : refuse('entitlement/expired', 'Your agreement for this service has ended.');
}

function isFor(it: Entitlement, asker: Asker): boolean {
  if (it.customerId === undefined && it.phone === undefined && it.addresses === undefined) return false;
  if (it.customerId !== undefined && it.customerId !== asker.customerId) return false;
  if (it.phone !== undefined && it.phone !== asker.phone) return false;
  if (it.addresses === undefined) return true;
  const { first, last } = it.addresses;
  return asker.address !== undefined && first <= asker.address && asker.address <= last;
}

/** A service's requirement with the visitor's language wished for; whoever lacks it may still help. */
export function withLanguage(requirement: Requirement, language: string | undefined): Requirement {
  const primary = language?.split(/[-_]/)[0]?.toLowerCase() ?? '';
  if (!/^[a-z]{2,3}$/.test(primary)) return requirement;
  const wish: Qualification = { name: `lang:${primary}`, level: 1 };
  const known = [...requirement.must, ...requirement.prefer].some((it) => it.name === wish.name);
  return known ? requirement : { ...requirement, prefer: [...requirement.prefer, wish] };
}
