/** Throws unless both are the same as JSON. `node:assert` is not in browsers. */
export function expectEqual(actual, expected, what) {
  const [is, shouldBe] = [actual, expected].map((value) => JSON.stringify(value));
  if (is !== shouldBe) throw new Error(`${what}: ${is} instead of ${shouldBe}`);
}
