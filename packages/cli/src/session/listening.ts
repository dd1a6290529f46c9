import { WhisulError } from '@whisul-rx/core';

/** Waits for a server to listen; if it cannot, the error says why in a sentence. */
export async function listening<T>(port: number, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const advice = /EADDRINUSE/.test(reason)
      ? 'Another program listens there. Choose another --port, or 0 for a free one.'
      : reason;
    throw new WhisulError('invalid_request', `Port ${port} cannot be used: ${advice}`, { cause });
  }
}
