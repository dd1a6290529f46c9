/**
 * What the cluster keeps beside its queue: values by space and field. A write has reached the server when it resolves;
 * whether it survives a crash of the server is the server's own setting, which `findRisk` looks at.
 * Spaces and fields are plain ASCII, values are any text without U+0000.
 */
export interface HashStore {
  get(space: string, field: string): Promise<string | undefined>;
  put(space: string, field: string, value: string): Promise<void>;
  remove(space: string, field: string): Promise<void>;
  isEmpty(space: string): Promise<boolean>;
  /** All fields of a space with their values, read in portions. */
  entries(space: string): AsyncIterable<[field: string, value: string]>;
  drop(space: string): Promise<void>;
  /** A sentence about what may lose an acknowledged write; `undefined` when nothing was found. */
  findRisk(): Promise<string | undefined>;
  /** With `false` it does not say goodbye to the server. */
  close(isReachable: boolean): Promise<void>;
}
