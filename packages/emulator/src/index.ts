/**
 * The Whisul API on your machine: documented answers, scripted faults, songs that play and covers that show.
 *
 * @packageDocumentation
 */
export { createEmulator, type Emulator, type EmulatorOptions } from './create-emulator.js';
export type { EmulatedJob } from './emulated-job.js';
export type { Fault, FaultEffect, FaultMatch, InsteadOfAnswer } from './fault.js';
export type { RequestLog } from './request-log.js';
