/**
 * How a link to a store is encrypted: as Node's `tls.connect` takes it. The store's certificate is always
 * verified, and so is the name or address in it.
 */
export interface TlsOptions {
  rejectUnauthorized: true;
  /** Certificates of the authority, PEM. Default: those that Node knows. */
  ca?: string;
  /** Our own, for a store that asks for it. */
  cert?: string;
  key?: string;
  /** Name that the certificate must hold. Default: the address that is connected to. */
  servername?: string;
}
