/** What tests and benchmarks may open beside the door: the pure rules, the parts, and a place to put fakes. */
export { addressKey, addressRange } from './directory/addresses.ts';
export type { Directory, DirectoryPage, KnownCustomer, Service } from './directory/directory.ts';
export { EntitlementBook } from './directory/entitlement-book.ts';
export { directoryModels } from './directory/models.ts';
export { MongoDirectory } from './directory/mongo-directory.ts';
export type { DecisionContext, DecisionInputs } from './domain/decision.ts';
export { explain, replay } from './domain/decision.ts';
export type { Asker, Entitlement } from './domain/entitlement.ts';
export { screenEntitlement, withLanguage } from './domain/entitlement.ts';
export { Competition, handleTime, lineWait, placeWait } from './domain/estimate.ts';
export type { Hours, Span } from './domain/hours.ts';
export { openingAt, openSpans, slotsBetween } from './domain/hours.ts';
export {
  canonicalRequirement,
  canServe,
  classId,
  compareRanks,
  profileId,
  rankOf,
  tiersFor,
} from './domain/match.ts';
export { lineScore } from './domain/order.ts';
export { Roster } from './domain/roster.ts';
export { connectTo } from './matchmaker/connection.ts';
export type { RawReservation } from './matchmaker/decode.ts';
export { readInputs } from './matchmaker/decode.ts';
export { scripts } from './matchmaker/scripts.ts';
export type { AcdOptions } from './open-acd.ts';
export { openAcd } from './open-acd.ts';
