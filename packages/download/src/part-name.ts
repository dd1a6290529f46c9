import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

/** Whose a part file is. */
export interface PartOwner {
  /** A digest of the machine's name: process ids mean nothing on another machine. */
  readonly host: string;
  readonly pid: number;
}

/** The owner of the part files of this process. */
export const thisOwner: PartOwner = {
  host: createHash('sha256').update(hostname()).digest('hex').slice(0, 8),
  pid: process.pid,
};

/** The name of a part file beside the file that it will be; `mark` tells apart those of one owner. */
export function partName(path: string, mark: string, { host, pid } = thisOwner): string {
  return `${path}.${host}-${pid}-${mark}.part`;
}

/** Whose part file has this name; `undefined` if it is not one of this package. */
export function partOwner(name: string): PartOwner | undefined {
  const [, host, pid] = /\]\.\w+\.([0-9a-f]{8})-(\d+)-[0-9a-f]{8}\.part$/.exec(name) ?? [];
  return host === undefined ? undefined : { host, pid: Number(pid) };
}
