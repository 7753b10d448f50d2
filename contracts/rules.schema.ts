import { z } from 'zod';
import type { Capacity } from './capacity.ts';
import {
  capacitySchema,
  e164,
  eachIdOnce,
  eachOnce,
  entitlementSchema,
  hoursSchema,
  id,
  qualification,
  qualificationName,
  ringSchema,
  serviceSchema,
} from './company.schema.ts';

/**
 * What a manager may change of the company while it works, in the very words of the company file; here nothing is left
 * to a default. Services are added and removed here, too; people come from the file alone: they are changed here, not added.
 */
const { name, hours, must, prefer, preferredWaitMs, ageMsPerPriority, autoAccept, offerMs, entitled } =
  serviceSchema.shape;
const { slotMinutes, slotCapacity, lastAgent } = serviceSchema.shape;
const wanted = { must: must.unwrap().max(20), prefer: prefer.unwrap().max(20) };
const ruleServiceSchema = z.strictObject({
  id,
  name,
  hours,
  ...wanted,
  rings: z.array(ringSchema.extend(wanted)).max(5),
  preferredWaitMs: preferredWaitMs.unwrap(),
  /** Absent: as it was. */
  lastAgent: lastAgent.unwrap().optional(),
  ageMsPerPriority: ageMsPerPriority.unwrap(),
  autoAccept: autoAccept.unwrap(),
  offerMs: offerMs.unwrap(),
  entitled: entitled.unwrap(),
  slotMinutes: slotMinutes.unwrap(),
  slotCapacity: slotCapacity.unwrap(),
  /** Numbers it may show, the first that a line can is used; none: those of the company file. Absent: as it was. */
  callerIds: z.array(e164).max(20).superRefine(eachOnce).optional(),
});
const ruleHoursSchema = z.strictObject({
  id,
  timezone: hoursSchema.shape.timezone,
  weekly: hoursSchema.shape.weekly.max(100),
  exceptions: hoursSchema.shape.exceptions.unwrap().max(400),
});

/** All rules of one version. */
export interface Rules {
  /** Known names, e.g. `lang:es`. */
  readonly qualifications: readonly string[];
  /**
   * `rings`: what is asked for instead, once a contact has waited so long; soonest first. `removed`: nobody can ask for it
   * any more, and whoever asked before is called by it; it stays for them, for its name, and to be offered again.
   */
  readonly services: readonly (z.infer<typeof ruleServiceSchema> & { readonly removed?: true })[];
  readonly hours: readonly z.infer<typeof ruleHoursSchema>[];
  readonly agents: readonly {
    readonly id: string;
    readonly name: string;
    readonly qualifications: readonly z.infer<typeof qualification>[];
    /** The hours they are planned to work, for forecasts. */
    readonly hours?: string | undefined;
    /** How many contacts of each channel they have in hand at most; versions from before it was kept here lack it. */
    readonly capacity?: Capacity | undefined;
  }[];
  readonly entitlements: readonly z.infer<typeof entitlementSchema>[];
}

/** Confirmed, although callbacks are booked for times that it closes, or somebody is still to be called for a service it removes. */
const anyway = z.boolean().optional();

/** A change of some rules: each item named is whole, what is not named stays. A service that was removed is offered again. */
export const rulesChangeSchema = z.strictObject({
  /** The version the change began from; another means that somebody else saved meanwhile. */
  base: z.number().int().min(1),
  addQualifications: z.array(qualificationName).max(50).superRefine(eachOnce).default([]),
  services: z.array(ruleServiceSchema).max(100).superRefine(eachIdOnce).default([]),
  hours: z.array(ruleHoursSchema).max(100).superRefine(eachIdOnce).default([]),
  agents: z
    .array(
      z.strictObject({
        id,
        qualifications: z.array(qualification).max(50),
        hours: id.optional(),
        /** Absent: as it was. */
        capacity: capacitySchema.optional(),
      }),
    )
    .max(500)
    .superRefine(eachIdOnce)
    .default([]),
  entitlements: z.array(entitlementSchema).max(500).superRefine(eachIdOnce).default([]),
  removeServices: z.array(id).max(100).superRefine(eachOnce).default([]),
  removeHours: z.array(id).max(100).superRefine(eachOnce).default([]),
  removeEntitlements: z.array(id).max(500).superRefine(eachOnce).default([]),
  anyway,
});
export type RulesChange = z.infer<typeof rulesChangeSchema>;

export const rulesRestoreSchema = z.strictObject({
  base: z.number().int().min(1),
  /** The version whose rules are to hold again. */
  version: z.number().int().min(1),
  anyway,
});
export type RulesRestore = z.infer<typeof rulesRestoreSchema>;
