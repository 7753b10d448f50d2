/** What the whole company agreed on: words, hours of calling, lines. Read from the company file. */
export interface CompanyRules {
  readonly name: string;
  readonly country: string;
  /** IANA; counters reset at its midnight. */
  readonly timezone: string;
  readonly consent: {
    readonly call: { readonly text: string; readonly version: string };
    readonly pages: { readonly text: string; readonly version: string };
  };
  readonly callingHours: { readonly from: string; readonly to: string };
  readonly trunks: readonly TrunkRule[];
  readonly dispositions: readonly string[];
  readonly notReadyReasons: readonly string[];
  /** By service id. */
  readonly services: ReadonlyMap<string, CompanyService>;
}

export interface CompanyService {
  readonly id: string;
  readonly name: string;
  readonly channels: readonly ('voice' | 'chat')[];
  readonly autoAccept: boolean;
  readonly pagesAfterCallMs: number;
  readonly callerIds: readonly string[];
  /** A manager has removed it: nobody can ask for it any more, and whoever asked before is called. */
  readonly removed?: boolean | undefined;
}

export interface TrunkRule {
  readonly id: string;
  /** `host:port`. */
  readonly address: string;
  readonly allowedPrefixes: readonly string[];
  readonly callerIds: readonly string[];
  readonly maxConcurrent: number;
  readonly maxPerHour: number;
}
