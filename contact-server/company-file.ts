import { readFile } from 'node:fs/promises';
import { type Company, companySchema } from '../contracts/company.schema.ts';
import type { Rules } from '../contracts/rules.schema.ts';
import type { RulesFault, RulesView } from '../contracts/rules.ts';
import type { CompanyRules, CompanyService } from './ports/company.ts';

/** The company a file describes; an error that names each wrong field of a file that is not right. */
export async function readCompany(file: string): Promise<Company> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new Error(`COMPANY_FILE: ${file} is not readable JSON`, { cause });
  }
  const result = companySchema.safeParse(json);
  if (result.success) return result.data;
  const wrong = result.error.issues.map((it) => `${it.path.join('.')}: ${it.message}`).join('; ');
  throw new Error(`COMPANY_FILE: ${file}: ${wrong}`);
}

/** The company as call control goes by it, and a way to let it follow what managers change. */
export interface LiveCompany {
  readonly rules: CompanyRules;
  readonly follow: (rules: Rules) => void;
  readonly numbers: () => RulesView['numbers'];
  /** Numbers that are to be shown and that no line can show. */
  readonly numberFaults: (rules: Rules) => readonly RulesFault[];
}

/** Of a service that a manager added what only the company file can say otherwise. */
const ADDED = { channels: ['voice'], pagesAfterCallMs: 120_000 } as const;

/** The part of a company that call control and pages go by. */
export function liveCompany(company: Company, anyHour: boolean): LiveCompany {
  const services = new Map<string, CompanyService>(
    company.services.map(({ id, name, channels, autoAccept, pagesAfterCallMs, callerIds }) => [
      id,
      { id, name, channels, autoAccept, pagesAfterCallMs, callerIds },
    ]),
  );
  const rules: CompanyRules = {
    name: company.name,
    country: company.country,
    timezone: company.timezone,
    consent: company.consent,
    callingHours: anyHour ? { from: '00:00', to: '24:00' } : company.callingHours,
    trunks: company.trunks,
    dispositions: company.dispositions,
    notReadyReasons: company.notReadyReasons,
    services,
  };
  const lines = [...new Set(company.trunks.flatMap((it) => it.callerIds))];
  const file = new Map(services);
  return {
    rules,
    follow: ({ services: now }) => {
      for (const { id, name, autoAccept, callerIds = [], removed } of now) {
        const usual = file.get(id) ?? { ...ADDED, callerIds: lines };
        // A number that was chosen and has left the company file's lines since would let no call be made.
        const chosen = callerIds.filter((it) => lines.includes(it));
        const shown = chosen.length > 0 ? chosen : usual.callerIds;
        services.set(id, { ...usual, id, name, autoAccept, callerIds: shown, removed });
      }
    },
    numbers: () => ({
      lines,
      shown: Object.fromEntries([...services.values()].map((it) => [it.id, it.callerIds[0] ?? ''])),
    }),
    numberFaults: ({ services: now }) =>
      now.flatMap(({ id, callerIds = [] }) =>
        callerIds.flatMap((it, i) => {
          if (lines.includes(it)) return [];
          const message = `No line can show ${it}. Those that can be shown: ${lines.join(', ') || 'none'}.`;
          return [{ path: `/services/${id}/callerIds/${String(i)}`, message }];
        }),
      ),
  };
}
