/** One 32-bit hash of a text; `lane` makes independent ones. */
function hash(text: string, lane: number): number {
  let state = 0x811c9dc5 ^ Math.imul(lane, 0x9e3779b9);
  for (let i = 0; i < text.length; i += 1) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
  state = Math.imul(state ^ (state >>> 12), 0x297a2d39);
  return (state ^ (state >>> 15)) >>> 0;
}

/**
 * Random numbers in [0, 1) that depend on the keys and nothing else.
 * 128 bits of state: with 32, a hundred thousand jobs would already share an id.
 */
export function seededRandom(...keys: readonly (string | number)[]): () => number {
  const text = JSON.stringify(keys);
  let [a, b, c, d] = [hash(text, 1), hash(text, 2), hash(text, 3), hash(text, 4) | 1];
  return () => {
    // Marsaglia's xorshift, four words wide.
    const mixed = a ^ (a << 11);
    [a, b, c] = [b, c, d];
    d = d ^ (d >>> 19) ^ mixed ^ (mixed >>> 8);
    return (Math.imul(d, 0x9e3779b1) >>> 0) / 2 ** 32;
  };
}

/** One of the choices. */
export function pick<const T extends readonly [unknown, ...unknown[]]>(random: () => number, choices: T): T[number] {
  return choices[Math.floor(random() * choices.length)];
}

/** Random digits in the shape of a UUID, version 4. */
export function randomUuid(random: () => number): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (place) =>
    (place === 'y' ? 8 + Math.floor(random() * 4) : Math.floor(random() * 16)).toString(16),
  );
}
