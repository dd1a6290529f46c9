const types = { stream: 'text/event-stream', json: 'application/json' } as const;

/** The two forms of an answer. */
export type AnswerForm = keyof typeof types;

interface Match {
  /** 0 to 1. */
  readonly quality: number;
  /** How exactly the header named the type: 2 wholly, 1 by its first part, 0 by `*` alone, -1 not at all. */
  readonly exactness: number;
}

function match(ranges: readonly { range: string; quality: number }[], type: string): Match {
  const patterns = ['*/*', `${type.slice(0, type.indexOf('/'))}/*`, type];
  let best: Match = { quality: 0, exactness: -1 };
  for (const { range, quality } of ranges) {
    const exactness = patterns.indexOf(range);
    if (exactness > best.exactness) best = { quality, exactness };
  }
  return best;
}

function readQuality(parameters: readonly string[]): number {
  const written = parameters.map((parameter) => /^\s*q\s*=\s*(\S+)\s*$/i.exec(parameter)?.[1]).find(Boolean);
  const quality = Number(written ?? 1);
  return quality >= 0 && quality <= 1 ? quality : 1;
}

/**
 * Chooses by `Accept`, quality first, then by what was named more exactly. The stream has to be asked for: a header
 * that only says `*`, or none, gets JSON. `undefined` when neither is acceptable.
 */
export function preferredForm(accept: string | null): AnswerForm | undefined {
  const ranges = (accept?.trim() ? accept : '*/*').split(',').map((part) => {
    const [range = '', ...parameters] = part.split(';');
    return { range: range.trim().toLowerCase(), quality: readQuality(parameters) };
  });
  const stream = match(ranges, types.stream);
  const json = match(ranges, types.json);
  const streamWins =
    stream.exactness > 0 &&
    (stream.quality > json.quality || (stream.quality === json.quality && stream.exactness >= json.exactness));
  if (streamWins && stream.quality > 0) return 'stream';
  return json.quality > 0 ? 'json' : undefined;
}
