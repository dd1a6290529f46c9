/**
 * The Whisul API on your machine: documented answers, scripted faults, songs that play and covers that show.
 *
 * @module main
 */
export { createEmulator, type Emulator } from './create-emulator.js';
export type { EmulatorOptions } from './api/emulator-options.js';
export type { EmulatedJob } from './api/emulated-job.js';
export type { Fault, FaultEffect, FaultMatch, InsteadOfAnswer } from './faults/fault.js';
export type { RequestLog } from './api/request-log.js';
