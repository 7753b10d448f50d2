import { simulator } from './simulator/index.ts';

/** `BENCH=simulator make bench`: estimators of the wait, scored in a simulated centre, or with `TRACE=file.csv` on a trace. */
export function simulated(): void {
  const { TRACE: trace, AGENTS: agents, LONG: long } = process.env;
  if (agents !== undefined && !(Number.isInteger(Number(agents)) && Number(agents) > 0)) {
    console.error(`AGENTS=${agents} is not a number of agents.`);
    process.exit(1);
  }
  const done = simulator({
    ...(trace !== undefined && { trace }),
    ...(agents !== undefined && { agents: Number(agents) }),
    long: long !== undefined,
    print: (line) => console.log(line),
    complain: (line) => console.error(line),
  });
  if (!done) process.exit(1);
}
