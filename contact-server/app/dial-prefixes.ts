/** Numbers that are never dialled, whatever the trunk would allow: prefixes in E.164 and why (REGULATION 6.2). */

export interface ForbiddenRange {
  readonly rule: string;
  /** Plain words for the person who typed it. */
  readonly reason: string;
  readonly prefixes: readonly string[];
}

/** Ranges known by their prefix alone: number metadata knows most of them too, but not on the day they are opened. */
export const forbiddenRanges: readonly ForbiddenRange[] = [
  {
    rule: 'dial/satellite',
    reason: 'We do not call satellite and global network numbers.',
    prefixes: ['+870', '+878', '+881', '+882', '+883', '+888', '+979'],
  },
  {
    rule: 'dial/personal-number',
    reason: 'We do not call personal (forwarding) numbers.',
    prefixes: ['+4470'],
  },
  {
    rule: 'dial/premium-number',
    reason: 'We do not call premium-rate numbers.',
    prefixes: [
      ...['+449', '+4487', '+1900', '+1976', '+49900', '+3389', '+34803', '+34806', '+34807', '+34905'],
      ...['+39892', '+39893', '+39894', '+39895', '+39899', '+31900', '+31906', '+31909', '+41900', '+41901'],
      ...['+41906', '+43900', '+43901', '+43930', '+43931', '+32900', '+32901', '+32902', '+32903', '+32904'],
      ...[
        '+32905',
        '+32906',
        '+32907',
        '+32908',
        '+32909',
        '+353151',
        '+353152',
        '+353153',
        '+353154',
        '+353155',
      ],
      ...[
        '+353156',
        '+353157',
        '+353158',
        '+353159',
        '+61190',
        '+64900',
        '+48700',
        '+46900',
        '+46939',
        '+46944',
      ],
      ...['+351601', '+351607', '+351608', '+358600', '+358700', '+420900', '+420906', '+420909'],
    ],
  },
  {
    rule: 'dial/shared-cost',
    reason: 'We do not call shared-cost numbers.',
    prefixes: [
      '+4484',
      '+49137',
      '+49180',
      '+34901',
      '+34902',
      '+39840',
      '+39841',
      '+39848',
      '+41840',
      '+41842',
    ],
  },
];

/** What nobody may be made to call, in any form somebody may type: emergency and helplines of the world. */
export const emergencyNumbers: ReadonlySet<string> = new Set(
  '000 08 100 101 102 103 104 105 106 108 110 111 112 113 114 115 116 117 118 119 120 122 123 125 128 129 130 131 132 133 134 140 144 150 155 158 160 166 170 180 190 191 192 193 194 195 197 198 199 911 912 913 914 915 917 919 933 988 993 994 995 996 997 998 999'.split(
    ' ',
  ),
);
