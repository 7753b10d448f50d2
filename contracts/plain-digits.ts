/**
 * A telephone number in the digits 0 to 9, whether it was typed in those, in Arabic or in wide ones, and without the invisible
 * marks that come along with what is copied from an address book or a messenger.
 */
export function plainDigits(typed: string): string {
  return typed
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(/[٠-٩۰-۹]/g, (digit) => `${digit.charCodeAt(0) & 15}`);
}
