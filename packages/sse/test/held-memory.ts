import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What is alive after a collection, in bytes. */
export function heldMemory(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}
