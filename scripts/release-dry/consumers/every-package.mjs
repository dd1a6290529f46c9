/** The published packages, without their scope. */
export const everyPackage = ['core', 'sse', 'node-events', 'journal', 'download', 'emulator', 'bullmq', 'cli'];

/** Their peers, as their READMEs say to install them. */
export const drivers = { rxjs: '^7.8.0', undici: '^7.0.0', bullmq: '^6.7.0', ioredis: '^6.0.0' };
