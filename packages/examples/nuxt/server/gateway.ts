import { createWhisul } from '@whisul-rx/core';
import { createNodeJobsHandler } from '@whisul-rx/sse/node';

// One client and one gateway for the process.
export const whisul = createWhisul(); // reads WHISUL_API_KEY, which only the server has

// Everybody may see a job whose id they know. In your app, look up the session instead.
export const jobs = createNodeJobsHandler(whisul, {
  authorize: 'public',
  basePath: '/api/jobs',
});
