/** A URL that may stand in a link or load media. Others, such as `javascript:`, give `undefined`. */
export function webUrl(text: string): URL | undefined {
  const url = URL.canParse(text, location.href) ? new URL(text, location.href) : undefined;
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url : undefined;
}
