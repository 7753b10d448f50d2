/** The time of day that each message is stamped with: `HH:MM:SS.micros`, UTC. */
export function stackTime(): string {
  const now = performance.timeOrigin + performance.now();
  const micros = Math.floor((now % 1000) * 1000);
  const seconds = Math.floor(now / 1000);
  const clock = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${clock}.${String(micros).padStart(6, '0')}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
