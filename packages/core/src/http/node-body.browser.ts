/** In a browser no body is a stream of Node's. */
export function mendBody(): void {
  // nothing to mend
}
