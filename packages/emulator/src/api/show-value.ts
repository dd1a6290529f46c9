/** What was given, for a refusal: as JSON where that says it, so that it can be found in the script. */
export function showValue(value: unknown): string {
  const isNoJson = ['number', 'bigint', 'symbol', 'function', 'undefined'].includes(typeof value);
  try {
    return isNoJson ? String(value) : JSON.stringify(value);
  } catch {
    // A cycle or a bigint inside: its kind must do.
    return Object.prototype.toString.call(value);
  }
}
