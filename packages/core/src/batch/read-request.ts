/** What an item asks for. One with a `flaw` cannot be sent; that says what it has instead. */
export interface BatchItemRequest {
  readonly prompt?: string;
  readonly key?: string;
  readonly flaw?: string;
}

const noPrompt: BatchItemRequest = { flaw: 'no prompt that could be sent' };

export function readRequest(item: unknown): BatchItemRequest {
  if (typeof item === 'string') return isPrompt(item) ? { prompt: item } : noPrompt;
  try {
    if (typeof item !== 'object' || item === null || !('prompt' in item)) return noPrompt;
    const { prompt } = item;
    if (!isPrompt(prompt)) return noPrompt;
    const key = 'key' in item ? item.key : undefined;
    if (key === undefined) return { prompt };
    return typeof key === 'string' ? { prompt, key } : { prompt, flaw: 'a `key` that is no string' };
  } catch {
    // An item whose own getters throw is a bad item like any other.
    return noPrompt;
  }
}

function isPrompt(prompt: unknown): prompt is string {
  return typeof prompt === 'string' && prompt.trim() !== '';
}
