/** A length as people write it: `8.4 s`, `1:38`, `1:02:03`. */
export function formatTime(ms: number): string {
  if (ms < 59_950) return `${(Math.max(0, ms) / 1_000).toFixed(1)} s`;
  return formatClock(Math.round(ms / 1_000));
}

/** Seconds as a player shows them: `3:03`, `1:02:03`. */
export function formatClock(seconds: number): string {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  const rest = String(whole % 60).padStart(2, '0');
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}

/** A wait that is only guessed: `<1 min`, `~3 min`, `~2 h`. */
export function formatGuess(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes <= 1) return '<1 min';
  return minutes < 90 ? `~${minutes} min` : `~${Math.round(minutes / 60)} h`;
}
