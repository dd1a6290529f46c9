/** A browser says nothing of why a request failed, so nothing is provable there. */
export const isNeverSent = (): boolean => false;

/** Nor does it say that a certificate is not trusted. */
export const untrusted = (): undefined => undefined;
