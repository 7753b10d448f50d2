/**
 * Where a called party may be, as IANA zones, from the number alone. A geographic number of a country with one zone
 * has that one; North American area codes name theirs; elsewhere the outer zones of the country stand for all of it:
 * who may be rung in both may be rung in between.
 */

const oneZone: Readonly<Record<string, string>> = {
  AE: 'Asia/Dubai',
  AR: 'America/Argentina/Buenos_Aires',
  AT: 'Europe/Vienna',
  BE: 'Europe/Brussels',
  BG: 'Europe/Sofia',
  CH: 'Europe/Zurich',
  CN: 'Asia/Shanghai',
  CO: 'America/Bogota',
  CY: 'Asia/Nicosia',
  CZ: 'Europe/Prague',
  DE: 'Europe/Berlin',
  DK: 'Europe/Copenhagen',
  EE: 'Europe/Tallinn',
  EG: 'Africa/Cairo',
  FI: 'Europe/Helsinki',
  FR: 'Europe/Paris',
  GB: 'Europe/London',
  GG: 'Europe/Guernsey',
  GR: 'Europe/Athens',
  HK: 'Asia/Hong_Kong',
  HR: 'Europe/Zagreb',
  HU: 'Europe/Budapest',
  IE: 'Europe/Dublin',
  IL: 'Asia/Jerusalem',
  IM: 'Europe/Isle_of_Man',
  IN: 'Asia/Kolkata',
  IS: 'Atlantic/Reykjavik',
  IT: 'Europe/Rome',
  JE: 'Europe/Jersey',
  JP: 'Asia/Tokyo',
  KE: 'Africa/Nairobi',
  KR: 'Asia/Seoul',
  LI: 'Europe/Vaduz',
  LT: 'Europe/Vilnius',
  LU: 'Europe/Luxembourg',
  LV: 'Europe/Riga',
  MA: 'Africa/Casablanca',
  MC: 'Europe/Monaco',
  MT: 'Europe/Malta',
  MY: 'Asia/Kuala_Lumpur',
  NG: 'Africa/Lagos',
  NL: 'Europe/Amsterdam',
  NO: 'Europe/Oslo',
  PE: 'America/Lima',
  PH: 'Asia/Manila',
  PK: 'Asia/Karachi',
  PL: 'Europe/Warsaw',
  RO: 'Europe/Bucharest',
  RS: 'Europe/Belgrade',
  SA: 'Asia/Riyadh',
  SE: 'Europe/Stockholm',
  SG: 'Asia/Singapore',
  SI: 'Europe/Ljubljana',
  SK: 'Europe/Bratislava',
  TH: 'Asia/Bangkok',
  TR: 'Europe/Istanbul',
  TW: 'Asia/Taipei',
  UA: 'Europe/Kyiv',
  UY: 'America/Montevideo',
  VN: 'Asia/Ho_Chi_Minh',
  ZA: 'Africa/Johannesburg',
};

/** The westernmost and the easternmost zone in which people live. */
const manyZones: Readonly<Record<string, readonly string[]>> = {
  AU: ['Australia/Perth', 'Australia/Sydney'],
  BR: ['America/Rio_Branco', 'America/Sao_Paulo'],
  CA: ['America/Vancouver', 'America/St_Johns'],
  CL: ['America/Punta_Arenas', 'America/Santiago'],
  ES: ['Atlantic/Canary', 'Europe/Madrid'],
  ID: ['Asia/Jakarta', 'Asia/Jayapura'],
  MX: ['America/Tijuana', 'America/Cancun'],
  NZ: ['Pacific/Auckland'],
  PT: ['Atlantic/Azores', 'Europe/Lisbon'],
  RU: ['Europe/Kaliningrad', 'Asia/Kamchatka'],
  US: ['Pacific/Honolulu', 'America/New_York'],
};

/** Area codes of the United States and Canada that lie in one zone. The others fall under `manyZones`. */
const areaCodes: readonly (readonly [zone: string, codes: string])[] = [
  [
    'America/New_York',
    '201 202 203 207 212 215 216 220 223 227 229 234 239 240 248 252 267 272 276 301 302 304 305 313 315 321 326 330 332 336 339 347 351 352 380 386 401 404 407 410 412 413 419 434 440 443 445 448 470 475 478 484 508 513 516 518 540 551 561 567 570 571 582 585 586 603 607 609 610 614 617 624 631 640 646 656 667 678 680 681 686 689 703 704 706 716 717 718 724 727 729 732 734 740 743 754 757 762 770 772 774 781 786 802 803 804 810 813 814 826 828 835 838 839 843 845 848 854 856 857 860 862 863 864 865 878 904 908 910 914 917 919 929 934 937 941 943 947 948 954 959 973 978 980 983 984 989',
  ],
  [
    'America/Chicago',
    '205 210 214 217 218 224 225 228 251 254 256 262 281 308 309 312 314 316 318 319 320 325 331 334 337 346 361 364 402 405 409 414 417 430 432 447 464 469 479 501 504 507 512 515 531 534 539 557 563 572 573 580 601 608 612 615 618 629 630 636 641 651 659 660 662 682 708 712 713 715 726 730 731 737 763 769 773 779 806 815 816 817 830 832 847 861 870 872 901 903 913 918 920 936 938 940 945 952 956 972 975 979 985',
  ],
  ['America/Denver', '303 307 385 406 435 505 575 719 720 801 970'],
  ['America/Phoenix', '480 520 602 623 928'],
  [
    'America/Los_Angeles',
    '206 209 213 253 279 310 323 341 350 360 408 415 424 425 442 503 509 510 530 559 562 564 619 626 628 650 657 661 669 702 707 714 725 747 760 775 805 818 820 831 840 858 909 916 925 949 951 971',
  ],
  ['America/Anchorage', '907'],
  ['Pacific/Honolulu', '808'],
  [
    'America/Toronto',
    '226 249 263 289 343 365 367 382 387 416 418 437 438 450 468 514 519 548 579 581 613 647 683 705 742 753 819 873 905 942',
  ],
  ['America/Vancouver', '236 250 257 604 672 778'],
  ['America/Edmonton', '368 403 587 780 825'],
  ['America/Winnipeg', '204 431 584'],
  ['America/Regina', '306 474 639'],
  ['America/Halifax', '428 506 782 902'],
  ['America/St_Johns', '709 879'],
];

const zoneOfArea: ReadonlyMap<string, string> = new Map(
  areaCodes.flatMap(([zone, codes]) => codes.split(' ').map((code): [string, string] => [code, zone])),
);

/** The zones a geographic number may lie in; none if its country is not in our tables. */
export function zonesOf(e164: string, country: string | undefined): readonly string[] {
  const area = e164.startsWith('+1') ? zoneOfArea.get(e164.slice(2, 5)) : undefined;
  if (area !== undefined) return [area];
  const only = country === undefined ? undefined : oneZone[country];
  if (only !== undefined) return [only];
  return country === undefined ? [] : (manyZones[country] ?? []);
}
