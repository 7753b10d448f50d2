/*
 * Countries by calling code (ITU-T E.164), ascending; a number is the step from the code before, where it is not 1: 0 shares it.
 * Of those that share a code the largest comes first.
 */
const CODES =
  'US0CA0AG0AI0AS0BB0BM0BS0DM0DO0GD0GU0JM0KN0KY0LC0MP0MS0PR0SX0TC0TT0VC0VG0VI6RU0KZ13EG7ZA3GRNLBEFRES2HU3IT0VAROCH2ATGB0GG0IM0JEDKSENO0SJPLDE2PEMXCUARBRCLCOVE2MYAU0CC0CXIDPHNZSGTH15JPKR2VN2CN4TRINPKAFLKMM3IR113SSMA0EHDZ3TN2LY2GMSNMRMLGNCIBFNETGBJMULRSLGHNGTDCFCMCVSTGQGACGCDAOGWIOACSCSDRWETSODJKETZUGBIMZ2ZMMGRE0YTZWNAMWLSBWSZKM21SH0TAER6AWFOGL51GIPTLUIEISALMTCYFI0AXBG11LTLVEEMDAMBYADMCSM2UARSMEXK2HRSIBA2MK31CZSK2LI77FKBZGTSVHNNICRPAPMHT81GP0BL0MFBOGYECGFPYMQSRUYCW0BQ71TL2NFBNNRPGTOSBVUFJPWWFCKNU2WSKINCTVPFTKFMMH158KP2HKMO2KHLA24BD6TW74MVLBJOSYIQKWSAYEOM2PSAEILBHQABTMNNP15TJTMAZGEKG2UZ';

/** Calling code of each country, ISO 3166-1 alpha-2. */
export const callingCodes = new Map<string, string>();
let code = 0;
for (const [, step, country = ''] of CODES.matchAll(/(\d+)?(..)/g)) {
  code += Number(step ?? 1);
  callingCodes.set(country, String(code));
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
