/** Waits until a condition holds, for two minutes at most. */
export async function waitUntil(what, holds) {
  const deadline = Date.now() + 120_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`It did not come to this: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
