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
  const memoryMb = settings.memoryBytes / 2 ** 20;
  log.info(
    { url, directory: settings.directory, memoryMb },
    `the embedded MongoDB server runs and holds up to ${memoryMb} MB of documents and indexes; set MONGODB_URL to use a real MongoDB instead`,
  );
  process.stdout.write(`${JSON.stringify({ ready: true, mongo: { host, port, url, memoryMb } })}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void server.close().then(() => process.exit(0)));
  }
} catch (error) {
  log.fatal({ err: error }, 'the embedded MongoDB server does not start');
  process.exit(1);
}
