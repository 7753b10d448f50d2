import { openCentre } from '../test/support/centre.ts';
import { accept, offered } from './callbacks.ts';
import { startFloor } from './floor.ts';
import { mirror } from './mirror.ts';
import { sip, sipLong } from './sip/sip.ts';

/** `make bench`: each figure beside a floor measured in the same run, one JSON object a line. */
const all = { accept, offered, mirror } as const;
/** These start what they need themselves; the long one runs only when it is named. */
const alone = { sip, 'sip-long': sipLong } as const;
const asked = process.argv.slice(2);
const unknown = asked.find((it) => !(it in all || it in alone));
if (unknown !== undefined) {
  console.error(
    `There is no bench "${unknown}". There are: ${Object.keys({ ...all, ...alone }).join(', ')}.`,
  );
  process.exit(1);
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
for (const [name, run] of Object.entries(alone)) {
  if (asked.includes(name) || (asked.length === 0 && name !== 'sip-long')) await run();
}
process.exit(0);
