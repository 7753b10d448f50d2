const AGAIN_MS = 200;

/** Resolves when the server says that everything it needs is there. */
export async function untilReady(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(new URL('/readyz', url)).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}
