import { readFile } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { WhisulError } from '@whisul-rx/core';

/** A prompt of a batch, and the name that it has in the journal. */
export interface BatchItem {
  readonly key: string;
  readonly prompt: string;
}

/**
 * Reads the prompts of a batch: one a line, or JSONL with `prompt` and, if it has a name, `key`. Blank lines are no
 * prompts. A line without a key is named by its prompt, so that lines can come, go and move between two runs.
 *
 * @param file - a path, or `-` for `stdin`
 * @param signal - gives up reading; then this throws its reason
 * @throws WhisulError `source` that says which line cannot be read
 */
export async function readPrompts(file: string, stdin: Readable, signal: AbortSignal): Promise<BatchItem[]> {
  const name = file === '-' ? 'The standard input' : `The file ${file}`;
  const items = parsePrompts(await readText(file, stdin, signal, name), name);
  if (items.length === 0) throw new WhisulError('source', `${name} has no prompts. Write one on each line.`);
  return items;
}

async function readText(file: string, stdin: Readable, signal: AbortSignal, name: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = file === '-' ? await buffer(addAbortSignal(signal, stdin)) : await readFile(file, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WhisulError('source', `${name} cannot be read (${reason}). Nothing was sent.`, { cause });
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // UTF-16 without a mark at its beginning is valid UTF-8, with a NUL beside each letter.
    if (!text.includes('\0')) return text;
  } catch {
    // The sentence below says it.
  }
  throw new WhisulError('source', `${name} is not UTF-8 text. Save it as UTF-8. Nothing was sent.`);
}

function parsePrompts(text: string, name: string): BatchItem[] {
  /** The line on which each key stands first. */
  const taken = new Map<string, number>();
  const repeats = new Map<string, number>();
  /** The second line with the same prompt is another song. */
  const keyOf = (prompt: string): string => {
    for (let count = (repeats.get(prompt) ?? 0) + 1; ; count += 1) {
      repeats.set(prompt, count);
      const key = count === 1 ? prompt : `${prompt} (${count})`;
      if (!taken.has(key)) return key;
    }
  };
  return text.split(/\r\n|\n|\r/).flatMap((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '') return [];
    const place = `${name}, line ${index + 1}`;
    const { prompt, key = keyOf(prompt) } = trimmed.startsWith('{') ? readRecord(trimmed, place) : { prompt: trimmed };
    const first = taken.get(key);
    if (first !== undefined) {
      const message = `${place}: The key ${JSON.stringify(key)} is on line ${first}, too. Give each line a key of its own.`;
      throw new WhisulError('source', `${message} Nothing was sent.`);
    }
    taken.set(key, index + 1);
    return [{ key, prompt }];
  });
}

function readRecord(line: string, place: string): { prompt: string; key?: string } {
  const refuse = (what: string): WhisulError =>
    new WhisulError(
      'source',
      `${place}: ${what} Write {"prompt": "…"} or {"key": "…", "prompt": "…"}. Nothing was sent.`,
    );
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    throw refuse('This line begins with { and is not JSON.');
  }
  const { prompt, key }: { prompt?: unknown; key?: unknown } =
    typeof record === 'object' && record !== null ? record : {};
  if (typeof prompt !== 'string' || prompt.trim() === '') throw refuse('There is no prompt.');
  if (key === undefined) return { prompt };
  if (typeof key === 'string' && key !== '') return { prompt, key };
  throw refuse('The key is not a string.');
}
