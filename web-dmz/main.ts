import { systemClock } from '../server-kit/clock.ts';
import { readConfig } from './config.ts';
import { openLog } from './log.ts';
import { startWebDmz } from './web-dmz.ts';

try {
  const config = readConfig(process.env);
  const log = openLog(config.logLevel);
  const server = await startWebDmz(config, systemClock, log);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void server.close().then(() => process.exit(0)));
  }
  process.on('SIGHUP', () => {
    try {
      server.renew();
      log.info('link keys read again');
    } catch (err) {
      log.error({ err }, 'link keys not renewed: the old ones stay in use');
    }
  });
  process.stdout.write(`${JSON.stringify({ ready: true, public: server.public, link: server.link })}\n`);
  log.info({ public: server.public, link: server.link }, 'web-dmz is ready');
} catch (err) {
  openLog('info').fatal({ err }, 'web-dmz does not start');
  process.exitCode = 1;
}
