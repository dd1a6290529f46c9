export { createJobsHandler, type JobsHandler } from './server/create-jobs-handler.js';
export type { CorsOptions } from './server/requests/cors.js';
export type { JobsHandlerOptions, Verdict } from './server/gateway/jobs-handler-options.js';
export type { SseOptions } from './server/feeds/sse-options.js';
export { toSseMessages, type SseMessage } from './server/to-sse-messages.js';
export { toSseResponse } from './server/to-sse-response.js';
