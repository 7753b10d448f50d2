import { RedisProcess } from '../../test/routing/redis-process.ts';
import { cycle, waiting } from './cycle.ts';
import { estimates } from './estimates.ts';
import { lateness } from './lateness.ts';
import { recovery } from './recovery.ts';

/** Who gets whom, and what that costs Redis; over a Redis of its own, so that nothing else is measured. */
export async function routing(): Promise<void> {
  for (const part of [cycle, waiting, estimates, lateness, recovery]) {
    const process = await RedisProcess.start();
    try {
      await part(process);
    } finally {
      await process.remove();
    }
  }
}
