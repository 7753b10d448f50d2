import { openCentre } from '../test/support/centre.ts';
import { accept, offered } from './callbacks.ts';
import { startFloor } from './floor.ts';
import { mirror } from './mirror.ts';
import { mongo } from './mongo/mongo.ts';
import { simulated } from './simulated.ts';

/** `make bench`: each figure beside a floor measured in the same run, one JSON object a line. */
const all = { accept, offered, mirror, mongo } as const;
/** These need no centre. */
const alone = { simulator: simulated } as const;
const asked = process.argv.slice(2);
const unknown = asked.find((it) => !(it in all || it in alone));
if (unknown !== undefined) {
  const known = [...Object.keys(all), ...Object.keys(alone)].join(', ');
  console.error(`There is no bench "${unknown}". There are: ${known}.`);
  process.exit(1);
}

for (const [name, run] of Object.entries(alone)) {
  if (asked.length === 0 || asked.includes(name)) run();
}

for (const [name, run] of Object.entries(all)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
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
process.exit(0);
