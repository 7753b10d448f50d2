import type { Rules } from '../../contracts/rules.schema.ts';
import { rulesChangeSchema, rulesRestoreSchema } from '../../contracts/rules.schema.ts';
import type { RulesFault, RulesView } from '../../contracts/rules.ts';

/** Rules of a small company, as the server tells them. */
export function rulesAs(change: Partial<Rules> = {}): RulesView {
  const yesterday = Date.now() - 86_400_000;
  return {
    version: 7,
    rules: {
      qualifications: ['lang:es', 'lang:pt', 'service:cards', 'service:sales'],
      services: [
        {
          id: 'sales',
          name: 'Sales',
          hours: 'office',
          must: [{ name: 'service:sales', level: 1 }],
          prefer: [],
          rings: [],
          preferredWaitMs: 0,
          ageMsPerPriority: 0,
          autoAccept: false,
          offerMs: 20_000,
          entitled: false,
          slotMinutes: 30,
          slotCapacity: 4,
        },
      ],
      hours: [
        {
          id: 'office',
          timezone: 'Europe/London',
          weekly: [1, 2, 3, 4, 5].map((day) => ({ day, from: '09:00', to: '17:30' })),
          exceptions: [
            { date: '2026-12-24', periods: [{ from: '09:00', to: '12:00' }] },
            { date: '2026-12-25', periods: [] },
          ],
        },
      ],
      agents: [
        { id: 'ana', name: 'Ana Costa', qualifications: [{ name: 'service:sales', level: 3 }] },
        { id: 'rui', name: 'Rui Alves', qualifications: [] },
      ],
      entitlements: [
        { id: 'gold', ipRange: '203.0.113.0/24', services: ['sales'], tier: 'gold', priority: 20 },
      ],
      ...change,
    },
    history: [
      {
        version: 7,
        at: yesterday,
        who: 'Mina Larsen',
        what: ['Service Sales: offer time 15 s → 20 s'],
      },
      { version: 1, at: yesterday, who: 'company file', what: ['Taken over from the company file'] },
    ],
    numbers: { lines: ['+442079460100', '+442079460101'], shown: { sales: '+442079460100' } },
    left: {},
  };
}

/** What a server with these rules answers to a change: the next version, or what it refuses. */
export function changedBy(view: RulesView, body: unknown): RulesView | 'conflict' | readonly RulesFault[] {
  const restore = rulesRestoreSchema.safeParse(body);
  if (restore.success) {
    const what = [`Version ${String(restore.data.version)} restored`];
    const version = view.version + 1;
    return {
      ...view,
      version,
      history: [{ version, at: Date.now(), who: 'Ana Costa', what }, ...view.history],
    };
  }
  const parsed = rulesChangeSchema.safeParse(body);
  if (!parsed.success) {
    return parsed.error.issues.map((it) => ({ path: `/${it.path.join('/')}`, message: it.message }));
  }
  const { base, services, hours, agents, entitlements, removeHours, removeServices } = parsed.data;
  if (base !== view.version) return 'conflict';
  const merged = <T extends { readonly id: string }>(now: readonly T[], next: readonly T[]): T[] => [
    ...now.map((it) => next.find((other) => other.id === it.id) ?? it),
    ...next.filter((it) => !now.some((other) => other.id === it.id)),
  ];
  const version = view.version + 1;
  return {
    ...view,
    version,
    rules: {
      ...view.rules,
      services: merged(view.rules.services, services).map((it) =>
        removeServices.includes(it.id) ? { ...it, removed: true } : it,
      ),
      agents: view.rules.agents.map((it) => ({ ...it, ...agents.find(({ id }) => id === it.id) })),
      hours: merged(view.rules.hours, hours).filter((it) => !removeHours.includes(it.id)),
      entitlements: merged(view.rules.entitlements, entitlements),
    },
    history: [{ version, at: Date.now(), who: 'Ana Costa', what: ['Changed here'] }, ...view.history],
  };
}
