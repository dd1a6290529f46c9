const written = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?) ?(Z|UTC|GMT|[+-]\d\d:?\d\d)?$/i;

/** What the API writes, and what comes out of here, on a day that every month has: it can be read without a `Date`. */
const usual = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])[T ]([01]\d|2[0-3])(:[0-5]\d){2}(\.\d{3}Z)?$/;

/** Empty for what is no time. */
function toIso(text: string): string {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString();
}

/**
 * Reads a timestamp of the API as ISO 8601 with `Z`; `undefined` when it cannot be read.
 * The API writes `YYYY-MM-DD HH:MM:SS` in UTC with no zone, which `new Date` would take for local time.
 * A time that names its zone is believed.
 */
export function toIsoTimestamp(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (usual.test(value)) return value.replace(' ', 'T') + (value.endsWith('Z') ? '' : '.000Z');
  const [, day, time, zone = 'Z'] = written.exec(value.trim()) ?? [];
  if (day === undefined || time === undefined) return undefined;
  // Some engines roll February 30th over to March instead of refusing it.
  if (!toIso(`${day}T00:00:00Z`).startsWith(day)) return undefined;
  const offset = /[+-]/.test(zone) ? zone.replace(/^(...):?/, '$1:') : 'Z';
  const iso = toIso(`${day}T${time.replace(',', '.')}${offset}`);
  // A zone may carry a time out of the years of four digits.
  return iso.length === 24 ? iso : undefined;
}
