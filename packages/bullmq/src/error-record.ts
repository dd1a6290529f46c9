import { isWhisulError, jobStateSchema, WhisulError, type WhisulErrorDetails } from '@whisul-rx/core';
import * as z from 'zod/mini';

/** An error as the cluster keeps it: what `toJSON` gives. */
export const errorRecordSchema = z.object({
  code: z.string(),
  message: z.string(),
  jobId: z.optional(z.string()),
  status: z.optional(z.number()),
  retryAfter: z.optional(z.number()),
  lastState: z.optional(jobStateSchema),
  requestId: z.optional(z.string()),
  prompt: z.optional(z.string()),
});
export type ErrorRecord = z.infer<typeof errorRecordSchema>;

/** The error that another process met. A code that only a newer version knows becomes `engine`. */
export function recordedError({ code, message, ...details }: ErrorRecord): WhisulError {
  // The guard knows the closed set of codes.
  const named: unknown = Object.assign(new Error(), { name: 'WhisulError', code });
  return new WhisulError(isWhisulError(named) ? named.code : 'engine', message, details);
}

/** The same error in other words, which knows more. */
export function retold(error: WhisulError, message: string, more: WhisulErrorDetails): WhisulError {
  return new WhisulError(error.code, message, Object.assign({ cause: error.cause }, error, more));
}
