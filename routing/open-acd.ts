import type { Logger } from 'pino';
import type { Clock } from '../server-kit/clock.ts';
import { Acd } from './acd.ts';
import { Attendance } from './attendance.ts';
import type { Directory } from './directory/directory.ts';
import { Competition } from './domain/estimate/competition.ts';
import { Forecasts } from './forecasts.ts';
import { DueTimes } from './lifecycle/due-times.ts';
import { watchRestarts } from './lifecycle/restart-watch.ts';
import { RosterWatch } from './lifecycle/roster-watch.ts';
import { repeat } from './lifecycle/repeat.ts';
import { Upkeep } from './lifecycle/upkeep.ts';
import type { Connect } from './matchmaker/connection.ts';
import { quick, readyWithin } from './matchmaker/connection.ts';
import { Matchmaker } from './matchmaker/matchmaker.ts';
import { Outbox } from './matchmaker/outbox.ts';
import { RosterPublisher } from './matchmaker/publisher.ts';
import { forgetFormerVersions, keyPrefix } from './matchmaker/versions.ts';
import { Vocabulary } from './matchmaker/vocabulary.ts';
import { plannedAgents } from './planned-agents.ts';
import { Refiling } from './refiling.ts';
import { Snapshots } from './snapshots.ts';
import { Standings } from './standings.ts';
import { RoutingUnavailable } from './unavailable.ts';

/** What may be set; all in ms but `outboxMax`. */
export interface RoutingSettings {
  /** About how many events are kept for readers that were away. */
  readonly outboxMax: number;
  readonly sweepMs: number;
  readonly leaseMs: number;
  readonly auditMs: number;
  readonly dueGraceMs: number;
  readonly maxHandleMs: number;
  /** How often the store is asked for a new roster, and the opening hours are looked at. */
  readonly rosterPollMs: number;
  /** How often a process says that its functions are in use, and looks for those that are not. */
  readonly tidyMs: number;
  /** Handling time believed in before any was measured. */
  readonly priorHandleMs: number;
}

const usual: RoutingSettings = {
  outboxMax: 100_000,
  sweepMs: 250,
  leaseMs: 1_500,
  auditMs: 5_000,
  dueGraceMs: 500,
  maxHandleMs: 4 * 3_600_000,
  rosterPollMs: 1_000,
  tidyMs: 600_000,
  priorHandleMs: 300_000,
};

export interface AcdOptions {
  readonly connect: Connect;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly log: Logger;
  readonly centre: string;
  readonly settings?: Partial<RoutingSettings>;
}

/** Puts routing together over any directory. Opens without Redis too, and begins to work when it is there. */
export async function openAcd(options: AcdOptions): Promise<Acd> {
  const { connect, directory, clock, log, centre } = options;
  const settings = { ...usual, ...options.settings };
  const prefix = keyPrefix(centre);
  const page = await directory.load();

  const redis = connect(quick);
  redis.on('error', (err) => {
    log.debug({ err: err.message }, 'redis is away');
  });
  redis.on('ready', () => {
    log.info({ centre }, 'redis is here');
  });
  const matchmaker = new Matchmaker(redis, prefix, settings.outboxMax, () => directory.nextEpoch());
  watchRestarts(redis, matchmaker, log);
  const publisher = new RosterPublisher(redis, matchmaker, prefix);
  const watch = new RosterWatch(page, directory, publisher, matchmaker, clock, log);
  const attendance: Attendance = new Attendance(() => snapshots.agents());
  const vocabulary = new Vocabulary(
    publisher,
    () => watch.page.roster,
    (moment) => attendance.at(moment),
  );
  const competition = new Competition(
    (profile) => vocabulary.profile(profile),
    (id) => vocabulary.requirement(id),
  );
  const usualHandleMs = settings.priorHandleMs;
  const planned = () => plannedAgents(redis, `${prefix}agents`, watch.page);
  const forecasts = new Forecasts({
    ...{ matchmaker, vocabulary, competition, planned, clock, log },
    usualHandleMs,
  });
  const standings = new Standings(
    vocabulary,
    competition,
    forecasts,
    (service) => watch.page.services.get(service)?.hours,
  );
  const snapshots = new Snapshots({ matchmaker, vocabulary, standings, clock });
  const outbox = new Outbox(connect, prefix, vocabulary);
  const dueTimes = new DueTimes(connect, centre, clock, log, matchmaker);
  const endReaders = new AbortController();

  try {
    await readyWithin(redis, 1_000);
    await watch.look(false);
  } catch (err) {
    if (!(err instanceof RoutingUnavailable)) throw err;
    log.warn({ err }, 'routing opens without redis');
  }
  const upkeep = new Upkeep(matchmaker, log, settings);

  const stopTidying = repeat(settings.tidyMs, log, 'former versions', async () => {
    const removed =
      redis.status === 'ready' ? await forgetFormerVersions(redis, matchmaker.library, centre) : [];
    if (removed.length > 0) log.info({ removed }, 'what former versions left in redis is removed');
  });

  const close = async () => {
    endReaders.abort();
    refiling.close();
    await Promise.all([stopWatching(), stopTidying(), upkeep.close()]);
    await dueTimes.close();
    redis.disconnect();
  };
  const acd = new Acd({
    redis,
    prefix,
    clock,
    log,
    directory,
    matchmaker,
    publisher,
    watch,
    vocabulary,
    standings,
    forecasts,
    snapshots,
    outbox: {
      read: (after, signal) =>
        attendance.hearing(
          forecasts.hearing(outbox.read(after, AbortSignal.any([signal, endReaders.signal]))),
        ),
    },
    dueTimes,
    close,
  });
  const away = (err: unknown): never => {
    throw new RoutingUnavailable('redis', err);
  };
  const refiling = new Refiling({
    watch,
    waiting: () => snapshots.waiting(),
    anew: (contact) => acd.anew(contact),
    seen: {
      read: () => redis.hgetall(`${prefix}refiled`).catch(away),
      write: (rules) => redis.hset(`${prefix}refiled`, rules).catch(away),
    },
  });
  const stopWatching = repeat(settings.rosterPollMs, log, 'roster', async () => {
    await watch.look(upkeep.leading);
    await refiling.look();
  });
  return acd;
}
