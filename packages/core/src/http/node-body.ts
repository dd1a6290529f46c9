/** As much of a stream of Node's as is needed here, so that nothing of Node is imported. */
interface NodeStream {
  readonly complete?: unknown;
  on(event: string, listener: (value: unknown) => void): unknown;
  off(event: string, listener: (value: unknown) => void): unknown;
  emit(event: string): unknown;
  pipe(to: unknown): unknown;
  destroy(error?: Error): unknown;
}

function isNodeStream(value: unknown): value is NodeStream {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['on', 'off', 'emit', 'pipe', 'destroy'].every((name) => typeof Reflect.get(value, name) === 'function')
  );
}

/** What is piped into a stream, which is the only thing that knows it: `pipe` lets go when its target closes, and says so. */
function sourceOf(stream: NodeStream): NodeStream | undefined {
  let source: unknown;
  const onUnpipe = (from: unknown) => (source = from);
  stream.on('unpipe', onUnpipe);
  stream.emit('close');
  stream.off('unpipe', onUnpipe);
  if (!isNodeStream(source)) return undefined;
  source.pipe(stream);
  return source;
}

/**
 * Mends a body of node-fetch, which is below cross-fetch in Node: it pipes the message of the server into the body, maybe
 * through a decoder, and a pipe tells neither end of the other's early one. Without this a body that is cut short never
 * ends, and one that is given up holds its connection. Leaves every other body as it is; bundles for browsers get
 * `node-body.browser.js` instead.
 */
export function mendBody(body: unknown): void {
  if (!isNodeStream(body)) return;
  let message: NodeStream | undefined = body;
  for (let depth = 0; depth < 3 && message !== undefined && message.complete === undefined; depth += 1) {
    message = sourceOf(message);
  }
  if (message === undefined || message.complete === undefined) return;
  const source = message;
  source.on('close', () => {
    if (source.complete === true) return;
    body.destroy(
      Object.assign(new Error('The connection was closed in the middle of the body.'), { code: 'ECONNRESET' }),
    );
  });
  body.on('close', () => source.destroy());
}
