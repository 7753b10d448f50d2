import { pino } from 'pino';
import { startMongoServer } from './server.ts';
import { type Settings, readSettings } from './settings.ts';

let settings: Settings;
try {
  settings = readSettings(process.env);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}

const log = pino({ level: settings.logLevel, name: 'mongo-server' }, pino.destination(2));
try {
  const server = await startMongoServer({ ...settings, log, onFailure: () => process.exit(1) });
  const { host, port, url } = server;
  log.info(
    { url, directory: settings.directory },
    'the embedded MongoDB server runs; set MONGODB_URL to use a real MongoDB instead',
  );
  process.stdout.write(`${JSON.stringify({ ready: true, mongo: { host, port, url } })}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void server.close().then(() => process.exit(0)));
  }
} catch (error) {
  log.fatal({ err: error }, 'the embedded MongoDB server does not start');
  process.exit(1);
}
