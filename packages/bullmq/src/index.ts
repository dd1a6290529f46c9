export type { ClusterBatchOptions } from './batch/cluster-batch.js';
export type { ClusterConnection, PostgresOptions } from './cluster/server.js';
export { type BullmqEngine, createBullmqEngine } from './create-bullmq-engine.js';
export type { BullmqEngineOptions } from './engine-options.js';
