import type { Observable } from 'rxjs';
import { refuse } from '../../wire/refusal.js';
import { preferredForm } from '../requests/accept.js';
import { optionsAnswer, refusalAnswer, type Answer } from './answer.js';
import { corsHeaders, preflightHeaders } from '../requests/cors.js';
import { GatewayContext } from './gateway-context.js';
import type { GatewayRequest } from '../requests/gateway-request.js';
import type { GatewaySettings } from './jobs-handler-options.js';
import { readJobs } from './read-jobs.js';
import { matchRoute, type Route } from '../requests/route.js';
import { startJob } from './start-job.js';

/** Decides what every request is answered with. What platform the answer is written to makes no difference to it. */
export class JobsGateway {
  readonly #context: GatewayContext;

  constructor(settings: GatewaySettings) {
    this.#context = new GatewayContext(settings);
  }

  /** Emits once the gateway closes, also to those who come later. */
  get closing$(): Observable<unknown> {
    return this.#context.closing$;
  }

  isClosing(): boolean {
    return this.#context.isClosing();
  }

  /** Sends new requests and open streams away; resolves when all streams have ended and all is answered. */
  close(): Promise<void> {
    return this.#context.close();
  }

  /** Answers a request. Never rejects. A feed in the answer is the caller's to open or close. */
  async answer(request: GatewayRequest): Promise<Answer> {
    const { pending, settings } = this.#context;
    pending.enter();
    const answer = await this.#route(request).catch(() =>
      refusalAnswer(refuse(500, 'engine', 'The request could not be answered because of a fault of the server.')),
    );
    pending.leave();
    const cors = corsHeaders(settings.cors, request.header('origin'));
    const vary = [answer.headers['vary'], cors['vary']].filter((name) => name !== undefined).join(', ');
    return { ...answer, headers: { ...answer.headers, ...cors, vary } };
  }

  async #route(request: GatewayRequest): Promise<Answer> {
    const { basePath, engine, cors } = this.#context.settings;
    let route: Route | undefined;
    try {
      route = matchRoute(basePath, request.target, request.handedOn);
    } catch {
      return refusalAnswer(refuse(400, 'invalid_request', 'The job id in the path is not percent-encoded UTF-8.'));
    }
    if (route === undefined) return refusalAnswer(refuse(404, 'not_found', 'There is nothing at this path.'));
    const submits = route.id === undefined && engine !== undefined;
    const allow = `GET, HEAD, OPTIONS${submits ? ', POST' : ''}`;
    const { method } = request;
    if (method === 'OPTIONS') return optionsAnswer({ allow, ...preflightHeaders(cors, allow) });
    if (method !== 'GET' && method !== 'HEAD' && !(method === 'POST' && submits)) {
      return refusalAnswer(refuse(405, 'invalid_request', `This path takes ${allow}.`), { allow });
    }
    const form = preferredForm(request.header('accept'));
    if (form === undefined) {
      return refusalAnswer(refuse(406, 'invalid_request', 'Accept text/event-stream or application/json.'));
    }
    if (method === 'POST' && engine !== undefined) {
      return startJob(this.#context, request, form, route.base, engine);
    }
    return readJobs(this.#context, request, form, route);
  }
}
