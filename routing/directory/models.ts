import type { Connection, Model } from 'mongoose';
import { Schema } from 'mongoose';
import type { Qualification } from '../routing.ts';
import type { Capacity } from '../domain/channels.ts';
import type { Hours } from '../domain/hours.ts';

/** Readers accept this version and the one before. */
export const SCHEMA_VERSION = 1;

interface Common {
  readonly _id: string;
  readonly centre: string;
  readonly schemaVersion: number;
}
type Skills = readonly Qualification[];

export interface AgentDoc extends Common {
  readonly id: string;
  readonly name: string;
  readonly qualifications: Skills;
  /** Absent: the usual one. */
  readonly capacity?: Capacity;
  /** The hours they are planned to work, by id. */
  readonly hours?: string;
  /** Somebody who left is kept for history, and is no longer offered anything. */
  readonly active: boolean;
}
export interface QualificationDoc extends Common {
  readonly name: string;
  readonly kind: string;
}
export interface ServiceDoc extends Common {
  readonly id: string;
  readonly name: string;
  readonly hours: string;
  readonly must: Skills;
  readonly prefer: Skills;
  /** Absent in documents from before there were any. */
  readonly rings?: readonly { readonly afterMs: number; readonly must: Skills; readonly prefer: Skills }[];
  readonly preferredWaitMs?: number;
  readonly lastAgent?: boolean;
  readonly ageMsPerPriority?: number;
  readonly autoAccept: boolean;
  readonly offerMs: number;
  readonly entitled: boolean;
  readonly slotMinutes: number;
  readonly slotCapacity: number;
  /** Absent: those of the company file. */
  readonly callerIds?: readonly string[];
  /** Removed by a manager: kept, for those who asked before, and so that the company file does not bring it back. */
  readonly removed?: true;
}
export interface HoursDoc extends Common, Hours {
  /** Removed by a manager; kept, so that the company file does not bring it back. */
  readonly removed?: true;
}
export interface EntitlementDoc extends Common {
  readonly id: string;
  readonly customerId?: string;
  readonly phone?: string;
  /** As written; `first` and `last` are its ends as 32 hexadecimal digits. */
  readonly ipRange?: string;
  readonly first?: string;
  readonly last?: string;
  readonly services: readonly string[];
  readonly tier: string;
  readonly priority: number;
  readonly validFrom?: Date;
  readonly validTo?: Date;
  /** As for hours. */
  readonly removed?: true;
}
export interface CustomerDoc extends Common {
  readonly id: string;
  readonly preferredAgent?: string;
  readonly language?: string;
}
/** One a centre: the counters that must outlive Redis. */
export interface MetaDoc extends Common {
  readonly version: number;
  readonly epoch: number;
}

export interface DirectoryModels {
  readonly agents: Model<AgentDoc>;
  readonly qualifications: Model<QualificationDoc>;
  readonly services: Model<ServiceDoc>;
  readonly hours: Model<HoursDoc>;
  readonly entitlements: Model<EntitlementDoc>;
  readonly customers: Model<CustomerDoc>;
  readonly meta: Model<MetaDoc>;
}

const text = { type: String, required: true } as const;
const number = { type: Number, required: true } as const;
const flag = { type: Boolean, required: true } as const;
const skills = { type: [{ _id: false, name: text, level: number }], default: [] };
const period = { from: text, to: text };
const room = { _id: false, type: { most: number, blocks: [String] } };

function schema<T>(collection: string, fields: Record<string, unknown>): Schema<T> {
  const all = { _id: text, centre: text, schemaVersion: { ...number, default: SCHEMA_VERSION }, ...fields };
  return new Schema<T>(all as never, {
    collection,
    versionKey: false,
    autoIndex: false,
    autoCreate: false,
  });
}

const schemas = {
  agents: schema<AgentDoc>('directory_agents', {
    id: text,
    name: text,
    qualifications: skills,
    capacity: { _id: false, type: { voice: room, chat: room } },
    hours: String,
    active: { ...flag, default: true },
  }),
  qualifications: schema<QualificationDoc>('directory_qualifications', { name: text, kind: text }),
  services: schema<ServiceDoc>('directory_services', {
    id: text,
    name: text,
    hours: text,
    must: skills,
    prefer: skills,
    rings: [{ _id: false, afterMs: number, must: skills, prefer: skills }],
    preferredWaitMs: Number,
    lastAgent: Boolean,
    ageMsPerPriority: Number,
    autoAccept: flag,
    offerMs: number,
    entitled: flag,
    slotMinutes: number,
    slotCapacity: number,
    callerIds: { type: [String], default: undefined },
    removed: Boolean,
  }),
  hours: schema<HoursDoc>('directory_hours', {
    id: text,
    timezone: text,
    weekly: [{ _id: false, day: number, ...period }],
    exceptions: [{ _id: false, date: text, periods: [{ _id: false, ...period }] }],
    removed: Boolean,
  }),
  entitlements: schema<EntitlementDoc>('directory_entitlements', {
    id: text,
    customerId: String,
    phone: String,
    ipRange: String,
    first: String,
    last: String,
    services: [String],
    tier: text,
    priority: number,
    validFrom: Date,
    validTo: Date,
    removed: Boolean,
  }),
  customers: schema<CustomerDoc>('directory_customers', {
    id: text,
    preferredAgent: String,
    language: String,
  }),
  meta: schema<MetaDoc>('directory_meta', { version: number, epoch: number }),
};

for (const it of [schemas.agents, schemas.services, schemas.hours, schemas.entitlements, schemas.customers]) {
  it.index({ centre: 1, id: 1 }, { unique: true });
}
schemas.qualifications.index({ centre: 1, name: 1 }, { unique: true });
for (const field of ['customerId', 'phone', 'first']) {
  schemas.entitlements.index(
    { centre: 1, [field]: 1 },
    { partialFilterExpression: { [field]: { $exists: true } } },
  );
}

/** The models on this connection; the same ones when asked again. */
export function directoryModels(connection: Connection): DirectoryModels {
  const model = <T>(name: string, of: Schema<T>) =>
    (connection.models[name] as Model<T> | undefined) ?? (connection.model(name, of) as unknown as Model<T>);
  return {
    agents: model('DirectoryAgent', schemas.agents),
    qualifications: model('DirectoryQualification', schemas.qualifications),
    services: model('DirectoryService', schemas.services),
    hours: model('DirectoryHours', schemas.hours),
    entitlements: model('DirectoryEntitlement', schemas.entitlements),
    customers: model('DirectoryCustomer', schemas.customers),
    meta: model('DirectoryMeta', schemas.meta),
  };
}
