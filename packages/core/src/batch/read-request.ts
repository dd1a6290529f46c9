/** The prompt and the key of an item, or `undefined` for one that cannot be sent. */
export function readRequest(item: unknown): { readonly prompt: string; readonly key?: string | undefined } | undefined {
  try {
    const request = typeof item === 'string' ? { prompt: item } : item;
    if (typeof request !== 'object' || request === null || !('prompt' in request)) return undefined;
    const { prompt } = request;
    const key = 'key' in request ? request.key : undefined;
    if (typeof prompt !== 'string' || prompt.trim() === '') return undefined;
    return key === undefined || typeof key === 'string' ? { prompt, key } : undefined;
  } catch {
    // An item whose own getters throw is a bad item like any other.
    return undefined;
  }
}
