import { Centre } from '../../../test/routing/centre.ts';

/** A process that leads: it ends offers that lapse and wakes contacts at their time, until it is killed. */
const [url = '', centreName = '', peopleText = '{}'] = process.argv.slice(2);
const people = JSON.parse(peopleText) as Record<string, string>;
const centre = new Centre({ url }, people, centreName);
await centre.open({ sweepMs: 250, leaseMs: 1_500 });
process.send?.('ready');
process.on('disconnect', () => process.exit(0));
