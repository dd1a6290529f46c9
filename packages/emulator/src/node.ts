/**
 * The emulator on a port, for Node.
 *
 * @packageDocumentation
 */
export { listen, type EmulatorServer, type ListenOptions } from './node/listen.js';
