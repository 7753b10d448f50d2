import { readFile } from 'node:fs/promises';
import { type Company, companySchema } from '../contracts/company.schema.ts';
import type { Rules } from '../contracts/rules.schema.ts';
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
}

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
  return {
    rules,
    follow: ({ services: now }) => {
      for (const { id, name, autoAccept } of now) {
        const known = services.get(id);
        if (known) services.set(id, { ...known, name, autoAccept });
      }
    },
  };
}
