import { pino } from 'pino';
import { readConfig, WrongSetting } from './config.ts';
import { startSipServer } from './server.ts';

try {
  const config = readConfig(process.env);
  const log = pino({ level: config.logLevel, base: { part: 'sip-server' } }, pino.destination(2));
  const server = await startSipServer({
    ...config,
    limits: { requestsPerSourceSecond: config.requestsPerSourceSecond, scanners: config.scanners },
    log,
  });
  const ready = {
    ready: true,
    sip: { host: config.sipHost, port: server.sipPort },
    control: { host: config.controlHost, port: server.controlPort },
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  log.info(ready, 'listening');
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info(server.stats(), 'closing');
      void server.close().then(() => process.exit(0));
    });
  }
} catch (error) {
  const why = error instanceof WrongSetting ? error.message : `cannot start: ${String(error)}`;
  process.stderr.write(`${why}\n`);
  process.exitCode = 1;
}
