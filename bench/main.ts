import { openCentre } from '../test/support/centre.ts';
import { accept, offered } from './callbacks.ts';
import { startFloor } from './floor.ts';
import { routing } from './routing/routing.ts';
import { mirror } from './mirror.ts';

/** `make bench`: each figure beside a floor measured in the same run, one JSON object a line. */
const all = { accept, offered, mirror } as const;
const asked = process.argv.slice(2);
const unknown = asked.find((it) => !(it in all) && it !== 'routing');
if (unknown !== undefined) {
  console.error(`There is no bench "${unknown}". There are: ${[...Object.keys(all), 'routing'].join(', ')}.`);
  process.exit(1);
}

// The matchmaker alone needs no centre.
if (asked.length === 0 || asked.includes('routing')) await routing();

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
