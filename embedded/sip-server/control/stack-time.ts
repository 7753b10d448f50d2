const origin = performance.timeOrigin;
let second = -1;
let clock = '';

/** The time of day that each message is stamped with: `HH:MM:SS.micros`, UTC. */
export function stackTime(): string {
  const now = origin + performance.now();
  const whole = Math.floor(now / 1000);
  if (whole !== second) {
    second = whole;
    clock = new Date(whole * 1000).toISOString().slice(11, 20); // with the point
  }
  return clock + String(1_000_000 + Math.floor((now % 1000) * 1000)).slice(1);
}
