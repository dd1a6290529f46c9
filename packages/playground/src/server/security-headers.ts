/**
 * What the page may load: its own files, its own server, and media from where the songs are. No script or style inside
 * the page, no form that leaves it, no frame around it.
 */
export function securityHeaders(mediaOrigins: readonly string[]): Record<string, string> {
  const media = ["'self'", ...mediaOrigins].join(' ');
  const policy = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': media,
    // A song that was loaded for its waveform is played from memory.
    'media-src': `${media} blob:`,
    'connect-src': media,
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': "'none'",
  };
  return {
    'content-security-policy': Object.entries(policy)
      .map(([name, value]) => `${name} ${value}`)
      .join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
  };
}
