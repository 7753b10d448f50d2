/** What tests and benchmarks may open beside the door: the pure rules, the parts, and a place to put fakes. */
export { addressKey, addressRange } from './directory/addresses.ts';
export type { Directory, DirectoryPage, KnownCustomer, Service } from './directory/directory.ts';
export { directoryModels } from './directory/models.ts';
export { MongoDirectory } from './directory/mongo-directory.ts';
export type { DecisionInputs, DecisionRecord } from './domain/decision.ts';
export { explain, replay, replayWith } from './domain/decision.ts';
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
export { step as decide } from './domain/matchmaking.ts';
export type { Entering, Fact, Hold, Order, Wish, World } from './domain/world.ts';
export { emptyWorld } from './domain/world.ts';
export { lineScore, precedence } from './domain/order.ts';
export { Roster } from './domain/roster.ts';
export { connectTo } from './matchmaker/connection.ts';
export type { RawReservation } from './matchmaker/decode.ts';
export type { Entry } from './matchmaker/matchmaker.ts';
export { Matchmaker } from './matchmaker/matchmaker.ts';
export { RosterPublisher } from './matchmaker/publisher.ts';
export { scripts, scriptsWith } from './matchmaker/scripts.ts';
export type { AcdOptions } from './open-acd.ts';
export { openAcd } from './open-acd.ts';
