/** How loud each of so many parts of a sound is: its highest sample, where the loudest part of all is 1. */
export function peaksOf(samples: ArrayLike<number>, parts: number): number[] {
  const peaks = Array.from({ length: parts }, (_, part) => {
    const end = Math.floor(((part + 1) * samples.length) / parts);
    let peak = 0;
    for (let at = Math.floor((part * samples.length) / parts); at < end; at += 1) {
      peak = Math.max(peak, Math.abs(samples[at] ?? 0));
    }
    return peak;
  });
  const loudest = Math.max(...peaks, 0);
  return peaks.map((peak) => (loudest === 0 ? 0 : peak / loudest));
}
