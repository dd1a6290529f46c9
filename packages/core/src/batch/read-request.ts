import { isFields, isText } from '../model/read-job.js';

/** What an item asks for. One with a `flaw` cannot be sent; that says what it has instead. */
export interface BatchItemRequest {
  readonly prompt?: string;
  readonly key?: string;
  readonly flaw?: string;
}

const noPrompt: BatchItemRequest = { flaw: 'no prompt that could be sent' };

export function readRequest(item: unknown): BatchItemRequest {
  try {
    const { prompt, key } = isFields(item) ? item : { prompt: item, key: undefined };
    if (!isText(prompt) || prompt.trim() === '') return noPrompt;
    if (key === undefined) return { prompt };
    return isText(key) ? { prompt, key } : { prompt, flaw: 'a `key` that is no string' };
  } catch {
    // An item whose own getters throw is a bad item like any other.
    return noPrompt;
  }
}
