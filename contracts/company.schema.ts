import { z } from 'zod';
import { CHANNELS, MOST_AT_ONCE, type RoutedChannel, USUAL_CAPACITY } from './capacity.ts';

/**
 * A company as a file: services, hours, people, customers and lines. `COMPANY_FILE` names one; contact-server takes
 * it over into MongoDB at start, adding what is new and leaving what was edited since. The demo company is one.
 */
const name = z.string().trim().min(1).max(100);
export const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'use small letters, digits, dots and dashes');
export const qualificationName = z
  .string()
  .regex(/^[a-z]+:[a-z0-9-]+$/, 'write it as kind:value, e.g. lang:es');
export const qualification = z.strictObject({
  name: qualificationName,
  level: z.number().int().min(1).max(5),
});
/** For a list of ids. */
export function eachOnce(ids: readonly string[], context: z.RefinementCtx): void {
  for (const [i, it] of ids.entries()) if (ids.indexOf(it) < i) context.addIssue(twice(it, [i]));
}
/** For a list of things that are known by an id. */
export function eachIdOnce(items: readonly { readonly id: string }[], context: z.RefinementCtx): void {
  const ids = items.map((it) => it.id);
  for (const [i, it] of ids.entries()) if (ids.indexOf(it) < i) context.addIssue(twice(it, [i, 'id']));
}
function twice(id: string, path: (string | number)[]) {
  return { code: 'custom', path, message: `${id} stands here twice.` } as const;
}
/** A time in milliseconds, which people say and read in seconds or minutes. */
const span = (min: number, max: number, words: string) =>
  z.number().int(words).min(min, words).max(max, words);
const channel = z.enum(CHANNELS);
const clock = z.string().regex(/^([01]\d|2[0-4]):[0-5]\d$/, 'write it as HH:MM');
export const e164 = z.string().regex(/^\+[1-9]\d{6,14}$/, 'write it as +44…');

export const hoursSchema = z.strictObject({
  id,
  /** IANA zone the periods are meant in. */
  timezone: z.string(),
  /** 1 Monday … 7 Sunday; several periods a day; `24:00` ends a day. Empty list: never open. */
  weekly: z.array(z.strictObject({ day: z.number().int().min(1).max(7), from: clock, to: clock })),
  /** Dates (YYYY-MM-DD) closed, or open otherwise than usual; a night that began the day before ends as they begin. */
  exceptions: z
    .array(
      z.strictObject({ date: z.iso.date(), periods: z.array(z.strictObject({ from: clock, to: clock })) }),
    )
    .default([]),
});

export const ringSchema = z.strictObject({
  afterMs: span(1_000, 86_400_000, 'This must be 1 second to 24 hours.'),
  must: z.array(qualification).default([]),
  prefer: z.array(qualification).default([]),
});

export const serviceSchema = z.strictObject({
  id,
  name,
  hours: id,
  must: z.array(qualification).default([]),
  prefer: z.array(qualification).default([]),
  /** What is asked for instead once a contact has waited so long, widest last. */
  rings: z.array(ringSchema).max(5).default([]),
  /** So long a contact waits for its preferred agent alone, while they are logged in; 0: not at all. */
  preferredWaitMs: span(0, 3_600_000, 'This must be 0 to 60 minutes.').default(0),
  /** Who has no preferred agent has the one they talked to last, by customer or number, within 30 days. */
  lastAgent: z.boolean().default(false),
  /** Each point of an entitlement's priority counts as so much waiting; 0: priority goes strictly before age. */
  ageMsPerPriority: span(0, 600_000, 'This must be 0 to 10 minutes.').default(0),
  /** Accept offers for the agent at once. */
  autoAccept: z.boolean().default(false),
  offerMs: span(3_000, 300_000, 'This must be 3 to 300 seconds.').default(20_000),
  /** Needs a matching entitlement; else everybody may ask. */
  entitled: z.boolean().default(false),
  /** Bookable spans. */
  slotMinutes: z.number().int().min(5).max(240).default(30),
  slotCapacity: z.number().int().min(1).max(1000).default(4),
  channels: z.array(channel).default(['voice']),
  /** What becomes of page sharing when the call is over: ends at once, or goes on for so long. */
  pagesAfterCallMs: z.number().int().min(0).max(3_600_000).default(120_000),
  /** Numbers this service may show; the first is used. */
  callerIds: z.array(e164).min(1),
});

const oneTelephone = 'This must be 0 or 1: a person has one telephone.';
/** How many contacts of a channel an agent has in hand at most. */
const most = {
  voice: z.number().int().min(0, oneTelephone).max(MOST_AT_ONCE.voice, oneTelephone),
  chat: z.number().int().min(0).max(MOST_AT_ONCE.chat),
};
/** Channels that get nothing while an agent has one of these in hand. */
const blocks = (name: RoutedChannel) =>
  z
    .array(channel)
    .max(CHANNELS.length)
    .superRefine(eachOnce)
    .refine((it) => !it.includes(name), `${name} does not block itself: that is what its capacity is for`);
const room = (name: RoutedChannel) => z.strictObject({ most: most[name], blocks: blocks(name) });
/** What an agent may have in hand at once, nothing left to a default. */
export const capacitySchema = z.strictObject({ voice: room('voice'), chat: room('chat') });
const usualRoom = (name: RoutedChannel) =>
  z
    .strictObject({
      most: most[name].default(USUAL_CAPACITY[name].most),
      blocks: blocks(name).default([...USUAL_CAPACITY[name].blocks]),
    })
    .prefault({});

const agentSchema = z.strictObject({
  id,
  name,
  username: z.string().min(1).max(100),
  /** Plain here, only ever stored as scrypt. */
  password: z.string().min(8).max(200),
  roles: z.array(z.enum(['agent', 'manager'])).min(1),
  extension: z
    .string()
    .regex(/^\d{2,6}$/)
    .optional(),
  /** Digest password of the phone; generated when absent. */
  devicePassword: z.string().min(8).max(100).optional(),
  /** A program, not a person: it may log in for the demo. */
  robot: z.boolean().default(false),
  /** Where it is not that of the centre. */
  capacity: z.strictObject({ voice: most.voice.optional(), chat: most.chat.optional() }).optional(),
  qualifications: z.array(qualification).default([]),
  /** The hours they are planned to work, for forecasts; absent: not planned. */
  hours: id.optional(),
});

export const entitlementSchema = z
  .strictObject({
    id,
    /** Whom it is for: a customer, a number, or an address range (which may grant a tier, never an identity). */
    customerId: id.optional(),
    phone: e164.optional(),
    ipRange: z.string().max(50).optional(),
    services: z.array(id).min(1).superRefine(eachOnce),
    tier: z.string().trim().min(1).max(30),
    /** Higher is served earlier. */
    priority: z.number().int().min(0).max(100).default(0),
    validFrom: z.iso.datetime().optional(),
    validTo: z.iso.datetime().optional(),
  })
  .refine((it) => it.customerId ?? it.phone ?? it.ipRange, {
    path: ['customerId'],
    message: 'Name a customer, a number or an address range.',
  });

const customerSchema = z.strictObject({
  id,
  name,
  phones: z.array(e164).default([]),
  since: z.iso.date().optional(),
  language: z.string().max(35).optional(),
  preferredAgent: id.optional(),
  products: z.array(z.strictObject({ name, status: z.string().max(60) })).default([]),
  tickets: z
    .array(
      z.strictObject({ number: z.string().max(30), title: z.string().max(200), state: z.string().max(30) }),
    )
    .default([]),
});

const trunkSchema = z.strictObject({
  id,
  /** `host:port`, UDP. */
  address: z.string().min(3).max(260),
  /** E.164 prefixes it may dial; nothing else is dialled. */
  allowedPrefixes: z.array(z.string().regex(/^\+[1-9]\d{0,10}$/)).min(1),
  callerIds: z.array(e164).min(1),
  maxConcurrent: z.number().int().min(1).max(10_000).default(20),
  maxPerHour: z.number().int().min(1).max(1_000_000).default(600),
});

export const companySchema = z.strictObject({
  name,
  /** Demo data never starts in production. */
  demo: z.boolean().default(false),
  country: z.string().length(2),
  timezone: z.string(),
  hours: z.array(hoursSchema).min(1).superRefine(eachIdOnce),
  /** What an agent may have in hand at once: one call and nothing beside it, or three chats. */
  channels: z.strictObject({ voice: usualRoom('voice'), chat: usualRoom('chat') }).prefault({}),
  services: z.array(serviceSchema).min(1).superRefine(eachIdOnce),
  agents: z.array(agentSchema).superRefine(eachIdOnce),
  entitlements: z.array(entitlementSchema).superRefine(eachIdOnce).default([]),
  customers: z.array(customerSchema).superRefine(eachIdOnce).default([]),
  trunks: z.array(trunkSchema).superRefine(eachIdOnce).default([]),
  consent: z.strictObject({
    call: z.strictObject({ text: z.string().min(10).max(2000), version: z.string().min(1).max(64) }),
    pages: z.strictObject({ text: z.string().min(10).max(2000), version: z.string().min(1).max(64) }),
  }),
  /** Hours in which a called party may be rung, in their own zone, unless they ask otherwise. */
  callingHours: z.strictObject({ from: clock, to: clock }).default({ from: '08:00', to: '21:00' }),
  dispositions: z.array(z.string().min(1).max(60)).min(1).default(['resolved', 'follow-up', 'no-need']),
  notReadyReasons: z
    .array(z.string().min(1).max(60))
    .min(1)
    .default(['break', 'lunch', 'training', 'paperwork']),
});
export type Company = z.infer<typeof companySchema>;
