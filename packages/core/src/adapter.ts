// What authors of adapters need, beside the types at the front door. Apps do not.
export {
  badOption,
  functionOption,
  numberOption,
  objectOption,
  schedulerOption,
  signalOption,
} from './model/option.js';
export { type ClientSettings, settingsOf } from './client-settings.js';
export { optionNames } from './model/option-names.js';
export { codeOfStatus, isTransient } from './model/failure.js';
export { isNeverSent } from './model/never-sent.js';
export { parseJobRef, parsePrompt } from './model/job-ref.js';
export { readJob } from './model/read-job.js';
export { readJobState } from './model/read-job-state.js';
export { statesOption } from './model/states-option.js';
export { isNotSent, registerSubmission, type Submission, submissionOf } from './model/submission.js';
export { decodeJournalEntry, encodeJournalEntry } from './batch/journal-entry-codec.js';
export { pendingReceipts, type PendingReceipts } from './batch/pending-receipts.js';
export { abort$ } from './polling/abort.js';
export { longTimer$ } from './polling/long-timer.js';
export { resolveRetryPolicy, retryWait } from './polling/retry-policy.js';
export { retryAfterMs } from './http/retry-after.js';
