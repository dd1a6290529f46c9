/**
 * What a record may hold on every server: Postgres refuses U+0000 and halves of surrogate pairs in JSON, and takes their
 * escapes in a text.
 */
export function packed(value: object): object {
  const json = JSON.stringify(value);
  return /\\u(0000|d[89a-f])/.test(json) ? { json } : value;
}

/** What was {@link packed}. */
export function unpacked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('json' in value)) return value;
  return typeof value.json === 'string' ? JSON.parse(value.json) : value;
}
