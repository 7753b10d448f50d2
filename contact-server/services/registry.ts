import type { CompanyRules } from '../ports/company.ts';
import { callbackService } from './callback-service.ts';
import type { ServiceInstance } from './service-instance.ts';

/** The service instance of each service, as it is now. Calling now and calling at a time are one class and two settings. */
export function serviceRegistry(company: CompanyRules): (id: string) => ServiceInstance {
  return (id) => callbackService({ id, pagesAfterCallMs: company.services.get(id)?.pagesAfterCallMs ?? 0 });
}
