// A gateway on Workers, as the guide has it: a client and a handler for each request.
import { createWhisul, fixedSchedule } from '@whisul-rx/core';
import { createJobsHandler } from '@whisul-rx/sse/server';
import { followJobs } from '../anywhere/follow-jobs.mjs';
import { followThroughGateway } from '../anywhere/follow-through-gateway.mjs';

async function followHere() {
  await followJobs();
  await followThroughGateway();
  return new Response('followed');
}

export default {
  fetch(request, env) {
    if (new URL(request.url).pathname === '/here') return followHere();
    const whisul = createWhisul({ apiKey: env.WHISUL_API_KEY, schedule: fixedSchedule(100) });
    return createJobsHandler(whisul, { authorize: 'public', generate: true })(request);
  },
};
