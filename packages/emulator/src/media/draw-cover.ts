import { encode } from 'fast-png';
import { seededRandom } from './seeded-random.js';

const size = 320;

type Colour = readonly [red: number, green: number, blue: number];

/** A colour from its hue (0 to 1) and lightness (0 to 1), at a fixed, friendly saturation. */
function colour(hue: number, lightness: number): Colour {
  const channel = (offset: number) => {
    const k = (offset + hue * 12) % 12;
    return 255 * (lightness - 0.55 * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [channel(0), channel(8), channel(4)];
}

/** A square PNG that belongs to the prompt: two hues that run into each other, a few discs over them, a row of bars. */
export function drawCover(prompt: string, seed: number): Uint8Array<ArrayBuffer> {
  const random = seededRandom('cover', seed, prompt);
  const hue = random();
  const [top, bottom] = [colour(hue, 0.28), colour((hue + 0.12 + random() * 0.2) % 1, 0.62)];
  const discs = Array.from({ length: 5 }, () => ({
    x: random() * size,
    y: random() * size * 0.8,
    radius: size * (0.08 + random() * 0.22),
    ink: colour((hue + random() * 0.5) % 1, 0.72),
  }));
  const bars = Array.from({ length: 16 }, () => size * (0.04 + random() * 0.2));
  const barWidth = size / bars.length;

  const data = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const blend = (y + x * 0.3) / (size * 1.3);
      const inks = discs.filter((disc) => (x - disc.x) ** 2 + (y - disc.y) ** 2 < disc.radius ** 2);
      const inBar = x % barWidth > barWidth * 0.3 && size - y < (bars[Math.floor(x / barWidth)] ?? 0) + size * 0.05;
      for (const channel of [0, 1, 2] as const) {
        let value = top[channel] + (bottom[channel] - top[channel]) * blend;
        for (const { ink } of inks) value += (ink[channel] - value) * 0.35;
        data[(y * size + x) * 3 + channel] = inBar && size - y > size * 0.05 ? value + (255 - value) * 0.75 : value;
      }
    }
  }
  return new Uint8Array(encode({ width: size, height: size, data, channels: 3, depth: 8 }));
}
