const titles: Readonly<Record<number, readonly [error: string, message: string]>> = {
  400: ['Invalid input', 'The body must be JSON with a prompt that is not empty.'],
  401: ['Unauthorized', 'The API key is missing, invalid or expired.'],
  404: ['Not found', 'There is no job with this id, or it has expired.'],
  429: ['Too many requests', 'The rate limit is exceeded. Try again later.'],
  500: ['Internal server error', 'Something went wrong. Try again after a short delay.'],
};

/** The API's error body for a status. */
export function apiErrorBody(status: number): { error: string; message: string } {
  const [error, message] = titles[status] ?? [`Error ${status}`, `The request was answered with ${status}.`];
  return { error, message };
}

/** The API's answer with that status, and with that message in place of its own. */
export function apiError(status: number, message?: string): Response {
  return Response.json({ ...apiErrorBody(status), ...(message !== undefined && { message }) }, { status });
}
