import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Matchmaker } from '../matchmaker/matchmaker.ts';

/**
 * Tells when Redis is another than before: it was restarted, or a replica took over, and either may have lost the last
 * moments it acknowledged. What survives is used as it is; the event lets the contact server compare and refill.
 */
export function watchRestarts(redis: Redis, matchmaker: Matchmaker, log: Logger): void {
  const look = async () => {
    const run = /^run_id:(\w+)/m.exec(await redis.info('server'))?.[1];
    if (run === undefined) return;
    const [answer] = await matchmaker.run('noteRun', run);
    if (answer === 'another') log.warn('redis was restarted or replaced');
  };
  const lookAgain = () => {
    // Gone again already: then it will be ready again, too.
    look().catch((err: unknown) => log.debug({ err }, 'could not ask redis who it is'));
  };
  redis.on('ready', lookAgain);
  if (redis.status === 'ready') lookAgain();
}
