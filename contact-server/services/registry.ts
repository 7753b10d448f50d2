import type { CompanyRules } from '../ports/company.ts';
import { callbackService } from './callback-service.ts';
import type { ServiceInstance } from './service-instance.ts';

/** The service instance of each offered service. Calling now and calling at a time are one class and two settings. */
export function serviceRegistry(company: CompanyRules): (id: string) => ServiceInstance {
  const instances = new Map<string, ServiceInstance>(
    [...company.services.values()].map((it) => [
      it.id,
      callbackService({ id: it.id, pagesAfterCallMs: it.pagesAfterCallMs }),
    ]),
  );
  return (id) => instances.get(id) ?? callbackService({ id, pagesAfterCallMs: 0 });
}
