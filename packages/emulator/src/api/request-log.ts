/** One request as the emulator saw it. The entry is complete when `status` is no longer `'pending'`. */
export interface RequestLog {
  /** When it came, in epoch ms of the emulator's `now`. */
  readonly at: number;
  readonly method: string;
  /** Scheme, host and port that were asked: a request that went astray shows here. */
  readonly origin: string;
  /** The path as it was sent, percent-encoding and all: `/api/jobs/…`. */
  readonly path: string;
  /** Names in lower case. `authorization` is left out: a key does not belong in a log. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it carried a key that the emulator accepts. */
  readonly authorized: boolean;
  /** The body as it was sent. */
  readonly body?: string;
  /** The prompt, where the body held one. */
  readonly prompt?: string;
  /** The job that was asked for, or that this request created. */
  readonly jobId?: string;
  /**
   * What it was answered with: a status, or what a fault did instead. `aborted`: the client left before the answer.
   * A `hang` turns into `aborted` when the client gives up.
   */
  readonly status: number | 'pending' | 'hang' | 'reset' | 'aborted';
}

/** The emulator's own hold on an entry. */
export type MutableLog = { -readonly [Field in keyof RequestLog]: RequestLog[Field] };

function readPrompt(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null || !('prompt' in value)) return undefined;
    return typeof value.prompt === 'string' && value.prompt.trim() !== '' ? value.prompt : undefined;
  } catch {
    // A body that cannot be read holds no prompt; the API's answer to that is a 400.
    return undefined;
  }
}

/** Reads a request once, for the log and for everyone after it. */
export async function logRequest(
  request: Request,
  { at, accepts }: { at: number; accepts: (authorization: string | null) => boolean },
): Promise<MutableLog> {
  const { origin, pathname } = new URL(request.url);
  const body = request.body === null ? undefined : await request.text();
  const prompt = body === undefined ? undefined : readPrompt(body);
  const [, jobId] = /^\/api\/jobs\/([^/]+)$/.exec(pathname) ?? [];
  return {
    at,
    method: request.method,
    origin,
    path: pathname,
    headers: Object.fromEntries([...request.headers].filter(([name]) => name !== 'authorization')),
    authorized: accepts(request.headers.get('authorization')),
    ...(body !== undefined && { body }),
    ...(prompt !== undefined && { prompt }),
    ...(jobId !== undefined && { jobId }),
    status: 'pending',
  };
}
