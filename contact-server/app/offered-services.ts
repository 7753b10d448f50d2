import { ProblemError } from '../../server-kit/problem.ts';
import type { CompanyRules, CompanyService } from '../ports/company.ts';

/** What can be asked for now, in the order of the company. */
export function offered({ services }: CompanyRules): readonly CompanyService[] {
  return [...services.values()].filter((it) => !it.removed);
}

/** Throws, and names what can be asked for instead, where a service is not offered or not any more. */
export function mustBeOffered(id: string, company: CompanyRules): void {
  const service = company.services.get(id);
  if (service && !service.removed) return;
  if (!service) {
    throw new ProblemError('not-entitled', {
      rule: 'service/unknown',
      detail: 'There is no such service here.',
    });
  }
  const names = offered(company).map((it) => it.name);
  throw new ProblemError('not-entitled', {
    rule: 'service/removed',
    detail: `${service.name} is not offered any more. You can ask for: ${names.join(', ')}.`,
  });
}
