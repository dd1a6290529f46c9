export { createSseSource } from './client/create-sse-source.js';
export type { SseSourceOptions } from './client/gateway.js';
