import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import type { CommandContext } from '../session/command-context.js';
import { listening } from '../session/listening.js';
import { type ApiOptions, openApi } from '../session/open-api.js';
import { UsageError } from '../session/usage-error.js';
import { cleanText } from '../view/clean-text.js';
import { jsonLine } from '../view/json-line.js';

/** The options of `serve`. */
export interface ServeOptions extends ApiOptions {
  readonly port: number;
  readonly host: string;
  readonly generate?: boolean;
  readonly public?: boolean;
  readonly token?: string;
}

/** `whisul-rx serve`: job streams over server-sent events, until Ctrl-C. */
export async function serve(options: ServeOptions, context: CommandContext): Promise<number> {
  const { terminal, json, interruption } = context;
  const authorize = readAuthorize(options);
  const api = await openApi(options, context.process.env);
  const jobs = createNodeJobsHandler(api.whisul, { authorize, generate: options.generate === true });
  const server = createServer((request, response) => {
    logRequest(request, response, context);
    jobs(request, response);
  });
  try {
    await listening(options.port, () => {
      return new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(options.port, options.host, resolve);
      });
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : options.port;
    const host = options.host.includes(':') ? `[${options.host}]` : options.host;
    const url = `http://${host}:${port}/jobs`;
    if (json) terminal.print(jsonLine({ type: 'listening', url }));
    else {
      const who = options.public ? 'Everybody who can reach it' : 'Those who send the token';
      const pays = api.emulated ? 'which are emulated: nothing is charged' : 'which your key pays for';
      const may = options.generate ? `read any job and start songs, ${pays}` : 'read any job';
      terminal.print(`Job streams are served at ${url}. ${who} may ${may}. Ctrl-C ends it.`);
    }
    await interruption.aborted;
    await jobs.close();
    return 0;
  } finally {
    server.close();
    server.closeAllConnections();
    await api.close();
  }
}

/** @throws UsageError unless it is said who may read */
function readAuthorize({ public: everybody, token }: ServeOptions): 'public' | ((request: Request) => boolean) {
  if (everybody === true && token !== undefined) throw new UsageError('Give --public or --token, not both.');
  if (everybody === true) return 'public';
  if (token === undefined || token === '') {
    throw new UsageError('Say who may read jobs: --token <secret> for those who send it, or --public for everybody.');
  }
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${token}`);
  return (request) => timingSafeEqual(digest(request.headers.get('authorization') ?? ''), expected);
}

/** A line for each request, when its answer has ended. Headers are not in it: they hold the token. */
function logRequest(request: IncomingMessage, response: ServerResponse, { terminal, json }: CommandContext): void {
  const began = performance.now();
  const { method = '', url = '' } = request;
  response.once('close', () => {
    const took = Math.round(performance.now() - began);
    const { statusCode: status } = response;
    const at = new Date().toISOString();
    if (json) terminal.print(jsonLine({ type: 'request', at, method, url, status, took }));
    else terminal.print(`${at}  ${status}  ${method.padEnd(4)}  ${cleanText(url)}  ${took} ms`);
  });
}
