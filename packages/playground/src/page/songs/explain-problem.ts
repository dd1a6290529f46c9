import { isWhisulError } from '@whisul-rx/core';

/** A sentence for somebody who looks at the page and does not know the library. */
export function explainProblem(error: unknown): string {
  if (!isWhisulError(error)) return 'Something unexpected went wrong on this page.';
  switch (error.code) {
    case 'submit_unknown':
      return 'The answer to this prompt was lost. The song may have been ordered; look at your account before you try again.';
    case 'not_found':
    case 'unauthorized':
      return error.jobId === undefined
        ? 'The order was refused. If a reload of this page does not help, look at the API key of the server.'
        : 'The server no longer knows this song. It may have been restarted.';
    case 'rate_limited':
      return 'There is too much to do at the moment. Wait a little and try again.';
    default:
      return error.message;
  }
}
