/** A character that stands for no text in Unicode; what it is followed by is the code of the one that it stands for. */
const mark = '\ufdd0';

/** What Postgres takes in no JSON: U+0000 and half a surrogate pair. Half a pair is no whole one in the mode `u`. */
const refused = /[\0\ufdd0\p{Cs}]/gu;
/** The same as it looks in JSON. It may also be a backslash that was there; that costs a look, and changes nothing. */
const suspicious = /\\u0000|\\ud|\ufdd0/;

/**
 * A value as the records of the queue keep it, on whichever server: a prompt, and what the API says, may hold any text. Text
 * that every server takes stays as it is, so that a dashboard can show it.
 */
export function toStored(value: object): object {
  return suspicious.test(JSON.stringify(value)) ? mapFields(value, (text) => text.replace(refused, encode)) : value;
}

/** The value that {@link toStored} was given. */
export function fromStored(value: unknown): unknown {
  const json: unknown = JSON.stringify(value);
  if (typeof json !== 'string' || !json.includes(mark)) return value;
  return mapTexts(value, (text) => text.replace(/\ufdd0([0-9a-f]{4})/g, decode));
}

function encode(char: string): string {
  return mark + char.charCodeAt(0).toString(16).padStart(4, '0');
}

function decode(_: string, code: string): string {
  return String.fromCharCode(Number.parseInt(code, 16));
}

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, map));
  return typeof value === 'object' && value !== null ? mapFields(value, map) : value;
}

function mapFields(value: object, map: (text: string) => string): object {
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [map(name), mapTexts(each, map)]));
}
