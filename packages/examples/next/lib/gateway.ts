import { createWhisul } from '@whisul-rx/core';
import { createJobsHandler } from '@whisul-rx/sse/server';

function openGateway() {
  const whisul = createWhisul(); // reads WHISUL_API_KEY, which only the server has
  // Everybody may see a job whose id they know. In your app, look up the session instead.
  const jobs = createJobsHandler(whisul, { authorize: 'public', basePath: '/api/jobs' });
  return { whisul, jobs };
}

// Next loads this file once for the page, once for the route, and again after each edit in development.
// So the client and the gateway are kept in a global: the process has one of each.
const kept: { whisulGateway?: ReturnType<typeof openGateway> } & object = globalThis;
export const { whisul, jobs } = (kept.whisulGateway ??= openGateway());
