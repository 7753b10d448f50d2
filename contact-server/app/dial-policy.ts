import parsePhoneNumber, { isSupportedCountry } from 'libphonenumber-js/max';
import type { CountryCode, PhoneNumber, PhoneNumberType } from 'libphonenumber-js/max';
import { plainDigits } from '../../contracts/plain-digits.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import type { CallingHours } from './dial-hours.ts';
import { firstWithin, isWithin, isZone } from './dial-hours.ts';
import { emergencyNumbers, forbiddenRanges } from './dial-prefixes.ts';
import { zonesOf } from './dial-zones.ts';

/** A number as a visitor typed it, understood. */
export interface VisitorNumber {
  readonly e164: string;
  /** What may be shown on a page. */
  readonly masked: string;
}

/** A line to the telephone network, as far as choosing one needs it. */
export interface DialTrunk {
  readonly id: string;
  readonly allowedPrefixes: readonly string[];
  readonly callerIds: readonly string[];
}

/** What holds for all dials of a company, asked anew each time so that lists can be reloaded. */
export interface DialRules {
  readonly trunks: readonly DialTrunk[];
  /** Numbers that reach ourselves. */
  readonly ownNumbers: readonly string[];
  /** Nothing else is dialled. Left out: whatever a trunk allows. */
  readonly allowPrefixes?: readonly string[];
  /** High-risk prefixes within what is allowed. */
  readonly blockPrefixes?: readonly string[];
  readonly callingHours: CallingHours;
  /** Numbers a service may show, in the order it prefers. Left out: any of the trunk's. */
  callerIdsOf?(service: string): readonly string[];
}

/** One dial to be judged. */
export interface DialWish {
  readonly now: number;
  readonly service?: string;
  /** The zone the visitor's browser named. */
  readonly visitorZone?: string;
  /** The visitor agreed to be rung at any hour. */
  readonly anyHour?: boolean;
  /** The visitor picked the time on screen: their zone alone rules. */
  readonly pickedTime?: boolean;
}

export type DialAnswer =
  | { readonly ok: true; readonly trunkId: string; readonly callerId: string }
  | { readonly ok: false; readonly rule: string; readonly reason: string; readonly notBefore?: number };

/** Which numbers may be called, when, over which line. */
export interface DialPolicy {
  /** Throws `invalid-phone` with a plain sentence. */
  parseVisitorNumber(input: string): VisitorNumber;
  mayDial(e164: string, wish: DialWish): DialAnswer;
}

/** The policy of one company in `country`, whose rules are read at each question. */
export function dialPolicy(country: string, rules: () => DialRules): DialPolicy {
  return {
    parseVisitorNumber: (input) => parseVisitorNumber(input, country),
    mayDial: (e164, wish) => mayDial(e164, { ...rules(), ...wish }),
  };
}

const E164 = /^\+[1-9]\d{6,14}$/;

/**
 * Understands what a visitor typed, as in their `country` unless it begins with `+`. A possible length is enough:
 * metadata is always a little behind, and the rules of `mayDial` name what is not called.
 */
export function parseVisitorNumber(input: string, country: string): VisitorNumber {
  const typed = plainDigits(input).trim();
  const digits = typed.replace(/\D/g, '');
  if (typed === '') throw invalid('Enter your phone number.');
  if (typed.length > 40 || /[^\d\s()+./–-]/.test(typed)) {
    throw invalid('Use digits only, without an extension.');
  }
  if (digits.length < 7) throw invalid('This number is too short.');
  if (digits.length > 17) throw invalid('This number is too long.');
  const number = parsed(typed, country.toUpperCase());
  if (!number) throw invalid('We do not understand this number. Start it with + and the country code.');
  if (!isDialable(number)) throw invalid(tooLongOrShort(number));
  return { e164: number.number, masked: maskForVisitor(number.number) };
}

/** Who begins with `+` has named the country: that is the number itself, whoever looks at it again. */
function parsed(typed: string, home: string): PhoneNumber | undefined {
  if (/^\+[^+]+$/.test(typed)) return understood(`+${typed.replace(/\D/g, '')}`);
  return parsePhoneNumber(typed, {
    ...(isSupportedCountry(home) && { defaultCountry: home satisfies CountryCode }),
    extract: false,
  });
}

/** May this number be rung now, and how? Rules in the order of REGULATION 6, then hours (REGULATION 1). */
export function mayDial(e164: string, how: DialRules & DialWish): DialAnswer {
  const number = understood(e164);
  const forbidden = forbids(e164, number);
  if (forbidden) return forbidden;
  if (how.ownNumbers.includes(e164)) return no('dial/own-number', 'This is one of our own numbers.');
  const allowed = how.allowPrefixes ?? [''];
  if (!begins(e164, allowed) || begins(e164, how.blockPrefixes ?? [])) return elsewhere;
  const line = chooseLine(e164, how);
  if (!line.ok) return line;
  return tooEarlyOrLate(e164, number, how) ?? line;
}

/** A number as people read it out, `+44 20 7946 0101`. */
export function forReading(e164: string): string {
  return understood(e164)?.formatInternational() ?? e164;
}

const MOST_KNOWN = 200;
const known = new Map<string, PhoneNumber | undefined>();

/** The same number is looked at several times on its way; looking it up in the metadata is costly. */
function understood(e164: string): PhoneNumber | undefined {
  if (known.has(e164)) return known.get(e164);
  if (known.size >= MOST_KNOWN) known.clear();
  const number = parsePhoneNumber(e164);
  known.set(e164, number);
  return number;
}

const types = new WeakMap<PhoneNumber, PhoneNumberType | 'unknown'>();

/** What kind of line it is, as the metadata has it; looked up once for each that is understood. */
function typeOf(number: PhoneNumber): PhoneNumberType | 'unknown' {
  const type = types.get(number) ?? number.getType() ?? 'unknown';
  types.set(number, type);
  return type;
}

/** For the visitor's own page: `+44 •••• 0199`. */
export function maskForVisitor(e164: string): string {
  const code = understood(e164)?.countryCallingCode ?? e164.slice(1, 3);
  return `+${code} •••• ${e164.slice(-4)}`;
}

/** For logs and agents' lists: `+4420••••0199`. */
export function maskForLog(e164: string): string {
  return e164.length < 10 ? `${e164.slice(0, 3)}••••` : `${e164.slice(0, 5)}••••${e164.slice(-4)}`;
}

const no = (rule: string, reason: string): DialAnswer & { ok: false } => ({ ok: false, rule, reason });
const elsewhere = no('dial/prefix-not-allowed', 'We do not call this country or network.');

const forbiddenTypes: Partial<Record<PhoneNumberType | 'unknown', string>> = {
  PREMIUM_RATE: 'dial/premium-number',
  SHARED_COST: 'dial/shared-cost',
  PERSONAL_NUMBER: 'dial/personal-number',
};

function forbids(e164: string, number: PhoneNumber | undefined): (DialAnswer & { ok: false }) | undefined {
  const local = number?.nationalNumber ?? e164.slice(1);
  if (emergencyNumbers.has(local) || emergencyNumbers.has(e164.slice(1))) {
    return no('dial/emergency', 'We do not call emergency and short numbers.');
  }
  const rule = number && forbiddenTypes[typeOf(number)];
  const range =
    forbiddenRanges.find((it) => begins(e164, it.prefixes)) ?? forbiddenRanges.find((it) => it.rule === rule);
  if (range) return no(range.rule, range.reason);
  if (number && E164.test(e164) && isDialable(number)) return undefined;
  if (local.length <= 6 && /^\+\d+$/.test(e164))
    return no('dial/short-code', 'We do not call short numbers.');
  return no('dial/not-a-number', 'This number has the wrong length for its country.');
}

function chooseLine(e164: string, how: DialRules & DialWish): DialAnswer {
  const wanted = how.service === undefined ? undefined : how.callerIdsOf?.(how.service);
  const fitting = how.trunks
    .map((trunk) => ({ trunk, reach: longest(e164, trunk.allowedPrefixes) }))
    .filter(({ reach }) => reach > 0)
    .sort((one, other) => other.reach - one.reach); // stable: the company's order breaks ties
  if (fitting.length === 0) return elsewhere;
  for (const { trunk } of fitting) {
    const callerId = wanted ? wanted.find((it) => trunk.callerIds.includes(it)) : trunk.callerIds[0];
    if (callerId !== undefined) return { ok: true, trunkId: trunk.id, callerId };
  }
  return no('dial/no-caller-id', 'No line is set up that can show our number for this service.');
}

function tooEarlyOrLate(
  e164: string,
  number: PhoneNumber | undefined,
  { now, callingHours, visitorZone, anyHour, pickedTime }: DialRules & DialWish,
): DialAnswer | undefined {
  if (anyHour) return undefined;
  const browser = visitorZone !== undefined && isZone(visitorZone) ? [visitorZone] : [];
  const zones =
    pickedTime && browser.length > 0
      ? browser
      : [...new Set([...browser, ...zonesOfParty(e164, number, browser)])];
  if (isWithin(now, callingHours, zones)) return undefined;
  const notBefore = firstWithin(now, callingHours, zones);
  return {
    ...no('dial/outside-hours', `We call between ${callingHours.from} and ${callingHours.to} where you are.`),
    ...(notBefore !== undefined && { notBefore }),
  };
}

/** Fixed lines stay where their prefix says; mobiles travel, so the browser's zone is better where there is one. */
function zonesOfParty(
  e164: string,
  number: PhoneNumber | undefined,
  browser: readonly string[],
): readonly string[] {
  const travels = number !== undefined && typeOf(number) === 'MOBILE';
  if (travels && browser.length > 0) return [];
  return zonesOf(e164, number?.country ?? number?.getPossibleCountries()[0]);
}

function isDialable(number: PhoneNumber): boolean {
  return E164.test(number.number) && number.isPossible() && number.ext === undefined;
}

function tooLongOrShort(number: PhoneNumber): string {
  const digits = number.nationalNumber.length;
  return digits < 7 ? 'This number is too short.' : 'This number has the wrong length for its country.';
}

function invalid(detail: string): ProblemError {
  return new ProblemError('invalid-phone', { detail });
}

const begins = (e164: string, prefixes: readonly string[]): boolean =>
  prefixes.some((it) => e164.startsWith(it));
const longest = (e164: string, prefixes: readonly string[]): number =>
  Math.max(0, ...prefixes.filter((it) => e164.startsWith(it)).map((it) => it.length));
