import type { Rules, RulesChange } from '../../contracts/rules.schema.ts';
import type { RulesFault } from '../../contracts/rules.ts';

type Service = Rules['services'][number];

/** Removed ones are kept for their names, so that there is an end to it. */
const MOST_SERVICES = 500;

/** Those that are offered in one version and in the next no more. */
export function removedBetween(before: Rules, after: Rules): readonly Service[] {
  return before.services.filter(
    (it) => !it.removed && after.services.find(({ id }) => id === it.id)?.removed,
  );
}

/** What is not right about the services that a change adds and removes. */
export function serviceChangeFaults(
  now: Rules,
  { services, removeServices }: Pick<RulesChange, 'services' | 'removeServices'>,
): readonly RulesFault[] {
  const known = new Map(now.services.map((it) => [it.id, it]));
  const isNew = ({ id }: { readonly id: string }): boolean => !known.has(id);
  const added = services.filter((it) => isNew(it) || known.get(it.id)?.removed);
  return [
    ...added.flatMap((it) => nameFaults(it, now, services)),
    ...(services.some(isNew) && known.size + services.filter(isNew).length > MOST_SERVICES
      ? [{ path: '/services', message: `There can be ${String(MOST_SERVICES)} services, removed ones too.` }]
      : []),
    ...removeServices.flatMap((id, i) => {
      const path = `/removeServices/${String(i)}`;
      if (services.some((it) => it.id === id))
        return [{ path, message: `${id} is changed and removed at once.` }];
      if (known.has(id)) return [];
      return [{ path, message: `There is no service ${id}.` }];
    }),
  ];
}

/** Two services of one name could not be told apart, by visitors nor by agents. */
function nameFaults(
  { id, name }: { id: string; name: string },
  now: Rules,
  next: readonly { id: string; name: string }[],
): RulesFault[] {
  const changed = new Set(next.map((it) => it.id));
  const others = [...now.services.filter((it) => !it.removed && !changed.has(it.id)), ...next];
  const same = others.find((it) => it.id !== id && plain(it.name) === plain(name));
  if (!same) return [];
  return [{ path: `/services/${id}/name`, message: `There is a service called ${same.name} already.` }];
}

function plain(name: string): string {
  return name.trim().toLowerCase();
}

/** Visitors must be able to ask for something. */
export function nothingOffered(before: Rules, after: Rules): readonly RulesFault[] {
  if (after.services.some((it) => !it.removed)) return [];
  const last = before.services.find((it) => !it.removed)?.name ?? 'This';
  return [
    {
      path: '/removeServices',
      message: `${last} is the last service that is offered: visitors could ask for nothing. Add another first.`,
    },
  ];
}
