/** A field of whatever was given; `undefined` also for one that cannot be read. */
export function fieldOf(given: unknown, name: string): unknown {
  try {
    return typeof given === 'object' && given !== null ? Reflect.get(given, name) : undefined;
  } catch {
    return undefined; // a getter that throws has nothing to say
  }
}
