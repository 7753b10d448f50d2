/*
 * Countries by calling code (ITU-T E.164), ascending; a space is a step of one from the code before, a number one of so
 * many. Of those that share a code the largest comes first.
 */
const CODES =
  ' USCAAGAIASBBBMBSDMDOGDGUJMKNKYLCMPMSPRSXTCTTVCVGVI6RUKZ13EG7ZA3GR NL BE FR ES2HU3ITVA RO CH2AT GBGGIMJE DK SE NOSJ PL DE2PE MX CU AR BR CL CO VE2MY AUCCCX ID PH NZ SG TH15JP KR2VN2CN4TR IN PK AF LK MM3IR113SS MAEH DZ3TN2LY2GM SN MR ML GN CI BF NE TG BJ MU LR SL GH NG TD CF CM CV ST GQ GA CG CD AO GW IO AC SC SD RW ET SO DJ KE TZ UG BI MZ2ZM MG REYT ZW NA MW LS BW SZ KM21SHTA ER6AW FO GL51GI PT LU IE IS AL MT CY FIAX BG11LT LV EE MD AM BY AD MC SM2UA RS ME XK2HR SI BA2MK31CZ SK2LI77FK BZ GT SV HN NI CR PA PM HT81GPBLMF BO GY EC GF PY MQ SR UY CWBQ71TL2NF BN NR PG TO SB VU FJ PW WF CK NU2WS KI NC TV PF TK FM MH158KP2HK MO2KH LA24BD6TW74MV LB JO SY IQ KW SA YE OM2PS AE IL BH QA BT MN NP15TJ TM AZ GE KG2UZ';

/** Calling code of each country, ISO 3166-1 alpha-2. */
export const callingCodes = new Map<string, string>();
let code = 0;
for (const [, step, group] of CODES.matchAll(/( |\d+)([A-Z]+)/g)) {
  code += Number(step) || 1;
  for (const [country] of group?.matchAll(/../g) ?? []) callingCodes.set(country, `${code}`);
}

/** The country an international number begins with; `preferred` wins among those that share a code. */
export function countryOf(digits: string, preferred: string): string | undefined {
  for (const length of [3, 2, 1]) {
    const code = digits.slice(0, length);
    const found = [preferred, ...callingCodes.keys()].find((it) => callingCodes.get(it) === code);
    if (found) return found;
  }
  return undefined;
}

interface ZonedLocale extends Intl.Locale {
  getTimeZones?(): string[] | undefined;
  readonly timeZones?: string[];
}

function zonesOf(region: string): readonly string[] {
  const locale: ZonedLocale = new Intl.Locale('und', { region });
  return locale.getTimeZones?.() ?? locale.timeZones ?? [];
}

/**
 * Guesses the visitor's country: a region of their languages that has their zone; else the first country that has it; else
 * the service's own. Browsers that do not tell zones of regions leave it to the language and the service.
 */
export function guessCountry(
  zone: string,
  languages: readonly string[],
  fallback: string | undefined,
): string | undefined {
  const regions = languages.map((language) => new Intl.Locale(language).region);
  return (
    [...regions, fallback, ...callingCodes.keys()].find((it) => it && zonesOf(it).includes(zone)) ??
    fallback ??
    regions.find((it) => it && callingCodes.has(it))
  );
}
