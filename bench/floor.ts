import { join } from 'node:path';
import type { Program } from '../embedded/launch/program.ts';
import { startOurs } from '../embedded/launch/backends.ts';

/** The same hops as the product's, bare: two processes over the same Redis, MongoDB and kind of link. */
export interface Floor {
  readonly url: string;
  readonly eventsUrl: string;
  stop(): Promise<void>;
}

export async function startFloor(env: Readonly<Record<string, string>>): Promise<Floor> {
  const quiet = () => (): void => {};
  const link = join(env['DATA_DIR'] ?? '', 'link');
  const dmz = await startOurs(
    'bare-dmz',
    'bench/bare-dmz/main.ts',
    { ...env, LINK_KEY_DIR: join(link, 'web-dmz') },
    quiet,
  );
  const inside = await startOurs(
    'bare-inside',
    'bench/bare-inside/main.ts',
    { ...env, LINK_KEY_DIR: join(link, 'contact-server'), FLOOR_LINK_PORT: String(dmz.ready['linkPort']) },
    quiet,
  );
  const port = (of: Program): string => String(of.ready['port']);
  return {
    url: `http://127.0.0.1:${port(dmz)}`,
    eventsUrl: `http://127.0.0.1:${port(inside)}`,
    async stop() {
      await inside.stop();
      await dmz.stop();
    },
  };
}
