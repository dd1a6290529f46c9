export { fromEmitter, type JobEmitterLike } from './from-emitter.js';
export type { JobEmitter, JobEvents } from './job-emitter.js';
export { toEmitter } from './to-emitter.js';
