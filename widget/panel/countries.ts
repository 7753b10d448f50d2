/*
 * Countries by calling code (ITU-T E.164), ascending; a number is the step from the code before, where it is not 1. Of those
 * that share a code the largest comes first.
 */
const CODES =
  'USCAAGAIASBBBMBSDMDOGDGUJMKNKYLCMPMSPRSXTCTTVCVGVI 6RUKZ 13EG 7ZA 3GR NL BE FR ES 2HU 3ITVA RO CH 2AT GBGGIMJE DK SE NOSJ PL DE 2PE MX CU AR BR CL CO VE 2MY AUCCCX ID PH NZ SG TH 15JP KR 2VN 2CN 4TR IN PK AF LK MM 3IR 113SS MAEH DZ 3TN 2LY 2GM SN MR ML GN CI BF NE TG BJ MU LR SL GH NG TD CF CM CV ST GQ GA CG CD AO GW IO AC SC SD RW ET SO DJ KE TZ UG BI MZ 2ZM MG REYT ZW NA MW LS BW SZ KM 21SHTA ER 6AW FO GL 51GI PT LU IE IS AL MT CY FIAX BG 11LT LV EE MD AM BY AD MC SM 2UA RS ME XK 2HR SI BA 2MK 31CZ SK 2LI 77FK BZ GT SV HN NI CR PA PM HT 81GPBLMF BO GY EC GF PY MQ SR UY CWBQ 71TL 2NF BN NR PG TO SB VU FJ PW WF CK NU 2WS KI NC TV PF TK FM MH 158KP 2HK MO 2KH LA 24BD 6TW 74MV LB JO SY IQ KW SA YE OM 2PS AE IL BH QA BT MN NP 15TJ TM AZ GE KG 2UZ';

/** Calling code of each country, ISO 3166-1 alpha-2. */
export const callingCodes = new Map<string, string>();
let code = 0;
for (const group of CODES.split(' ')) {
  code += parseInt(group) || 1;
  for (const country of group.match(/[A-Z]{2}/g) ?? []) callingCodes.set(country, String(code));
}

/** The country an international number begins with; `preferred` wins among those that share a code. */
export function countryOf(digits: string, preferred: string): string | undefined {
  for (const length of [3, 2, 1]) {
    const code = digits.slice(0, length);
    if (callingCodes.get(preferred) === code) return preferred;
    for (const [country, its] of callingCodes) if (its === code) return country;
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
  const regions = languages
    .map((language) => new Intl.Locale(language).region)
    .filter((it) => it !== undefined);
  return (
    [...regions, ...(fallback ? [fallback] : []), ...callingCodes.keys()].find((region) =>
      zonesOf(region).includes(zone),
    ) ??
    fallback ??
    regions.find((region) => callingCodes.has(region))
  );
}
