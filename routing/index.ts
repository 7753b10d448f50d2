import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import type { Clock } from '../server-kit/clock.ts';
import { MongoDirectory } from './directory/mongo-directory.ts';
import type { Connect } from './matchmaker/connection.ts';
import { connectTo } from './matchmaker/connection.ts';
import type { RoutingSettings } from './open-acd.ts';
import { openAcd } from './open-acd.ts';
import type { Routing } from './routing.ts';

export { directoryChanged } from './directory/directory-changed.ts';
export { importDirectory, SenselessRule } from './directory/import-company.ts';
export { readRules, writeRules } from './directory/rule-book.ts';
export { rulesFaults } from './directory/rule-faults.ts';
export { bounded as boundedDecision, replay as replayDecision } from './domain/decision.ts';
export { isOpenAt } from './domain/hours.ts';
export { withLanguage } from './domain/entitlement.ts';
export { canonicalRequirement } from './domain/match.ts';
export { mustAfter } from './domain/rings.ts';
export type { Imported } from './directory/import-company.ts';
export type { Connect, ConnectionOptions } from './matchmaker/connection.ts';
export type { RoutingSettings } from './open-acd.ts';
export { RoutingUnavailable, UnknownName } from './unavailable.ts';
export { CursorTooOld, isOfFormerEpoch } from './routing.ts';
export type {
  AcceptResult,
  AgentNext,
  AgentProfile,
  AgentStatus,
  AgentWish,
  Contact,
  OpeningHours,
  DecisionRecord,
  Outlook,
  Placement,
  Qualification,
  Requirement,
  Ring,
  Reservation,
  Routing,
  RoutingEvent,
  RoutingSnapshot,
  ScreenAsk,
  ScreenResult,
  ServiceRule,
  WhatIf,
  Standing,
} from './routing.ts';

/** What routing needs of its process: Redis by address or by a function that connects, and an open mongoose connection. */
export type RoutingOptions = {
  readonly mongo: Connection;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names the contact centre in every key and document. */
  readonly centre?: string;
  readonly settings?: Partial<RoutingSettings>;
} & ({ readonly redisUrl: string } | { readonly connect: Connect });

/** Opens the automatic call distributor. It makes its own Redis connections, and closes them with `close()`. */
export function openRouting(options: RoutingOptions): Promise<Routing> {
  const { mongo, clock, log, centre = 'main', settings = {} } = options;
  const connect = 'connect' in options ? options.connect : connectTo(options.redisUrl);
  const directory = new MongoDirectory(mongo, centre);
  return openAcd({ connect, directory, clock, log, centre, settings });
}
