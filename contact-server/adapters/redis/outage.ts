/** Redis is away, or was lost before it answered (ioredis tells these by their words only). */
export function isRedisOutage(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^(Stream isn't writeable|Connection is closed|Command timed out|connect |read |Reached the max retries)/.test(
      error.message,
    )
  );
}
