/** What tests and benchmarks may open beside the door: the pure rules, the parts, and a place to put fakes. */
export { addressKey, addressRange } from './directory/addresses.ts';
export type { Directory, DirectoryPage, KnownCustomer, Service } from './directory/directory.ts';
export { EntitlementBook } from './directory/entitlement-book.ts';
export { directoryModels } from './directory/models.ts';
export { MongoDirectory } from './directory/mongo-directory.ts';
export type { Capacity, RoutedChannel } from './domain/channels.ts';
export {
  capacityFaults,
  idleScore,
  readCapacity,
  readIdleScore,
  roomFor,
  USUAL_CAPACITY,
  writtenCapacity,
} from './domain/channels.ts';
export type { DecisionInputs, DecisionRecord } from './domain/decision.ts';
export { bounded, replay, replayWith } from './domain/decision.ts';
export type { Asker, Entitlement } from './domain/entitlement.ts';
export { screenEntitlement, withLanguage } from './domain/entitlement.ts';
export type { Calibration, Spread } from './domain/estimate/calibration.ts';
export { calibrated, lesson, taught, uncalibrated } from './domain/estimate/calibration.ts';
export { Competition } from './domain/estimate/competition.ts';
export type { Comer, Experience } from './domain/estimate/experience.ts';
export { ALL, FULL, knowledgeFrom } from './domain/estimate/experience.ts';
export { Forecast, fromZero } from './domain/estimate/forecast.ts';
export { later } from './domain/estimate/situation.ts';
export type { Knowledge } from './domain/estimate/forward.ts';
export { playForward } from './domain/estimate/forward.ts';
export { BINS, binOf, Law, learnedLaw } from './domain/estimate/law.ts';
export { normal, seeded } from './domain/estimate/random.ts';
export { seatServes, seatsOf } from './domain/estimate/seats.ts';
export type { Planned } from './domain/estimate/shifts.ts';
export { Shifts } from './domain/estimate/shifts.ts';
export type { Situation, Waiting } from './domain/estimate/situation.ts';
export type { Hours, Span } from './domain/hours.ts';
export { nextChanges, openingAt, openSpans, slotAt, slotsBetween, withRoom } from './domain/hours.ts';
export {
  canonicalRequirement,
  canServe,
  capacityOf,
  channelOf,
  classId,
  compareRanks,
  profileId,
  rankOf,
  tiersFor,
} from './domain/match.ts';
export type { ClassId, ProfileId } from './domain/match.ts';
export { step as decide } from './domain/matchmaking.ts';
export { lineScore, precedence, urgencySpan } from './domain/order.ts';
export type { Qualification, Requirement } from './domain/qualification.ts';
export type { Desk, Entering, Fact, Hold, Order, Wish, World } from './domain/world.ts';
export { emptyWorld } from './domain/world.ts';
export { Roster } from './domain/roster.ts';
export { connectTo } from './matchmaker/connection.ts';
export type { RawReservation } from './matchmaker/decode.ts';
export {
  readReservation,
  readStatus,
  readStep,
  readWaiting,
  toldBody,
  toldReservation,
} from './matchmaker/decode.ts';
export type { Entry } from './matchmaker/matchmaker.ts';
export { Matchmaker } from './matchmaker/matchmaker.ts';
export { RosterPublisher } from './matchmaker/publisher.ts';
export { forgetFormerVersions, keyPrefix } from './matchmaker/versions.ts';
export { scripts, scriptsWith } from './matchmaker/scripts.ts';
export type { AcdOptions } from './open-acd.ts';
export { openAcd } from './open-acd.ts';
