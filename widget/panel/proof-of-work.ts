import { zeroBitsAfter } from '../shared/sha256.ts';

/** How long one bite of work may hold the page: half a frame. */
const BITE_MS = 8;

/**
 * Finds a nonce with SHA-256(token + ':' + nonce) beginning in `difficulty` zero bits, in small bites between which the page
 * lives on. Message ports, unlike timers, are not slowed in a tab behind others.
 */
export function solve(token: string, difficulty: number, life: AbortSignal): Promise<string> {
  const zeroBits = zeroBitsAfter(`${token}:`);
  const { port1, port2 } = new MessageChannel();
  let tried = 0;
  return new Promise<string>((resolve, reject) => {
    const bite = (): void => {
      if (life.aborted) {
        reject(new Error('no longer wanted'));
        return;
      }
      const until = performance.now() + BITE_MS;
      do {
        const nonce = (tried++).toString(36);
        if (zeroBits(nonce) >= difficulty) {
          resolve(nonce);
          return;
        }
        // Looking at the clock each time would cost more than the work.
      } while (tried % 64 || performance.now() < until);
      port2.postMessage(0);
    };
    port1.onmessage = bite;
    bite();
  }).finally(() => port1.close());
}
