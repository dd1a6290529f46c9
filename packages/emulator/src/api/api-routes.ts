import { Hono, type Context } from 'hono';
import { apiError } from './api-error.js';
import { jobBody, type EmulatedJob, type MutableJob } from './emulated-job.js';
import type { MediaFile, MediaLibrary } from '../media/media-library.js';
import type { MutableLog } from './request-log.js';
import { serveFile } from '../media/serve-file.js';

/** What the routes work on. */
export interface ApiContext {
  readonly seed: number;
  readonly jobs: ReadonlyMap<string, EmulatedJob>;
  readonly media: MediaLibrary;
  now(): number;
  createJob(prompt: string): MutableJob;
}

/** The documented API below `/api`, and the files it points to, outside of it as on a CDN. */
export function createApi(api: ApiContext): Hono<{ Bindings: { log: MutableLog } }> {
  const app = new Hono<{ Bindings: { log: MutableLog } }>();
  type RequestContext = Context<{ Bindings: { log: MutableLog } }>;

  const generate = ({ env: { log } }: RequestContext) => {
    if (log.prompt === undefined) return apiError(400);
    const { job_id } = api.createJob(log.prompt);
    log.jobId = job_id;
    const body = { message: 'Composition task received.', job_id, poll_url: `/jobs/${job_id}` };
    return Response.json(body, { status: 202 });
  };

  const file = (context: RequestContext, media: (prompt: string) => MediaFile) => {
    const job = api.jobs.get(context.req.param('file')?.slice(0, -'.wav'.length) ?? '');
    if (job?.outcome !== 'completed' || api.now() < job.finishesAt) return apiError(404);
    return serveFile(context.req.raw, media(job.prompt));
  };
  const preflight = () =>
    new Response(null, {
      status: 204,
      headers: {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, HEAD',
        'access-control-allow-headers': 'range',
      },
    });

  app.use('/api/*', (context, next) => (context.env.log.authorized ? next() : Promise.resolve(apiError(401))));
  app.post('/api/generate', generate);
  app.post('/api/compose', generate);
  app.get('/api/jobs/:id', (context) => {
    const job = api.jobs.get(context.req.param('id'));
    if (!job || job.expired) return apiError(404);
    return Response.json(jobBody(job, { now: api.now(), origin: context.env.log.origin, seed: api.seed }));
  });
  app.get('/songs/:file{.+\\.wav}', (context) => file(context, (prompt) => api.media.song(prompt)));
  app.get('/art/:file{.+\\.png}', (context) => file(context, (prompt) => api.media.cover(prompt)));
  app.options('/songs/*', preflight);
  app.options('/art/*', preflight);
  app.notFound(() => apiError(404, 'There is no such path, or it does not take this method.'));
  app.onError((error) => apiError(500, `The emulator itself failed: ${error.message}`));
  return app;
}
