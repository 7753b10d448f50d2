import { openCentre } from '../test/support/centre.ts';
import { accept, offered } from './callbacks.ts';
import { startFloor } from './floor.ts';
import { kills } from './kills/kills.ts';
import { mirror } from './mirror.ts';
import { mongo } from './mongo/mongo.ts';
import { race } from './routing/race.ts';
import { routing } from './routing/routing.ts';
import { simulated } from './simulated.ts';
import { sip, sipLong } from './sip/sip.ts';

/** `make bench`: each figure beside a floor measured in the same run, one JSON object a line. */
const inCentre = { accept, offered, mirror } as const;
/** These start what they need themselves. */
const alone = { routing, simulator: simulated, mongo, sip } as const;
/** These take long, and run only when they are named. */
const long = { 'sip-long': sipLong, race, kills } as const;

const asked = process.argv.slice(2);
const known = Object.keys({ ...inCentre, ...alone, ...long });
const unknown = asked.find((it) => !known.includes(it));
if (unknown !== undefined) {
  console.error(`There is no bench "${unknown}". There are: ${known.join(', ')}.`);
  process.exit(1);
}
const isWanted = (name: string): boolean => asked.includes(name) || (asked.length === 0 && !(name in long));

for (const [name, run] of Object.entries(inCentre)) {
  if (!isWanted(name)) continue;
  // A centre of its own for each, so that none inherits the other's lines.
  const centre = await openCentre();
  const floor = await startFloor(centre.centre.env);
  try {
    await run(centre, floor);
  } finally {
    await floor.stop();
    await centre.close();
  }
}
for (const [name, run] of Object.entries({ ...alone, ...long })) {
  if (isWanted(name)) await run();
}
process.exit(0);
