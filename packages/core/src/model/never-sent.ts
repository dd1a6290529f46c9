import { fieldOf } from './field-of.js';

/** A certificate that this side refused, by the names of OpenSSL, Node and undici. */
const refusedCertificate =
  /^(CERT|CRL|UNABLE_TO|ERROR_IN_C\w+|ERR_TLS_CERT)_|SELF_SIGNED_CERT|^(INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|UND_ERR_PRX_TLS)$/;
/** The calls that come before there is a connection. */
const connecting = /^(connect|getaddrinfo|getnameinfo|query[A-Z]\w*)$/;
/** Where the failed call is not known: codes that hardly anything but those calls fails with. */
const neverConnected = /^E(CONNREFUSED|NOTFOUND|AI_\w+|(HOST|NET)(UNREACH|DOWN)|ADDRNOTAVAIL)$/;
/** Codes for a connection that took too long to make, and for a proxy that refused to pass it on. */
const noConnection = /^(UND_ERR_CONNECT_TIMEOUT|ERR_PROXY_TUNNEL)$/;
/** What undici says of such a proxy, with a code that it has for much else. */
const refusedByProxy = /^Proxy (response \(\d+\) !== 200 when HTTP Tunneling|Authentication Required \(407\))$/;

const untrustedHint =
  'The certificate of the server is not trusted. Check `baseUrl`; if the certificate is from an authority of your own, ' +
  'set NODE_EXTRA_CA_CERTS to the file with its certificate.';

interface PlatformError {
  readonly code: string;
  /** The system call that failed, as far as it is known. */
  readonly call: string | undefined;
  readonly message: string;
  /** What happened to each address that was tried. */
  readonly errors: readonly unknown[];
}

/** The first link of a chain of causes that has a code of the platform: it is the one that tells what happened. */
function platformError(error: unknown): PlatformError | undefined {
  let link = error;
  for (let depth = 0; depth < 8 && typeof link === 'object' && link !== null; depth += 1) {
    const [code, syscall, text, errors] = ['code', 'syscall', 'message', 'errors'].map((name) => fieldOf(link, name));
    const message = typeof text === 'string' ? text : '';
    const isPlatform = typeof code === 'string' && /^[A-Z][A-Z\d_]+$/.test(code);
    if (isPlatform || Array.isArray(errors)) {
      // node-fetch, below cross-fetch, keeps the call in its message only: `reason: connect ETIMEDOUT 10.0.0.1:80`.
      const call = typeof syscall === 'string' ? syscall : /(?:^|: )(\w+) E[A-Z_]+\b/.exec(message)?.[1];
      return { code: isPlatform ? code : '', call, message, errors: Array.isArray(errors) ? errors : [] };
    }
    link = fieldOf(link, 'cause');
  }
  return undefined;
}

/** What to do when a request failed because this side does not trust the certificate of the other: time does not mend it. */
export function untrusted(error: unknown): string | undefined {
  return refusedCertificate.test(platformError(error)?.code ?? '') ? untrustedHint : undefined;
}

/**
 * Tells whether a failed request provably never left. It goes by the call that failed: connecting or looking up the
 * name, for every address that was tried; or a certificate that this side refused; or a proxy that did not pass the
 * connection on. Looks for the platform's error along the chain of causes.
 *
 * @example
 * ```ts
 * import { isNeverSent } from '@whisul-rx/core/adapter';
 *
 * const timeout = Object.assign(new Error('timed out'), { code: 'ETIMEDOUT', syscall: 'connect' });
 * const safe = isNeverSent(timeout); // true; with the system call `read` it would be false
 * ```
 */
export function isNeverSent(error: unknown): boolean {
  return wasNeverSent(error, 0);
}

function wasNeverSent(error: unknown, depth: number): boolean {
  const found = platformError(error);
  if (found === undefined || depth > 4) return false;
  const { code, call, message, errors } = found;
  if (errors.length > 0) return errors.every((one) => wasNeverSent(one, depth + 1));
  if (refusedCertificate.test(code) || noConnection.test(code) || refusedByProxy.test(message)) return true;
  if (call !== undefined) return connecting.test(call);
  // An error of several addresses has no message of its own, and node-fetch keeps nothing else of it.
  return neverConnected.test(code) || (/^E[A-Z]+$/.test(code) && / failed, reason: $/.test(message));
}
