export { createNodeJobsHandler, type NodeJobsHandler } from './node/create-node-jobs-handler.js';
export type { NodeRequest, NodeResponse } from './node/node-exchange.js';
export { pipeToSse } from './node/pipe-to-sse.js';
