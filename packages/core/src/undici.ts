export { undiciTransport, type UndiciTransport, type UndiciTransportOptions } from './http/undici-transport.js';
