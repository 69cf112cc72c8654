import { readFileSync } from 'node:fs';
import type { TlsOptions } from './tls.ts';

/** Paths, and the name as it is. */
interface TlsFiles {
  ca: string | undefined;
  cert: string | undefined;
  key: string | undefined;
  servername: string | undefined;
}

/** Reads the files. Errors: one that cannot be read. A new certificate is taken with the next start. */
export function tlsOptions({ ca, cert, key, servername }: TlsFiles): TlsOptions {
  return {
    rejectUnauthorized: true,
    ...(ca !== undefined && { ca: readFileSync(ca, 'utf8') }),
    ...(cert !== undefined && { cert: readFileSync(cert, 'utf8') }),
    ...(key !== undefined && { key: readFileSync(key, 'utf8') }),
    ...(servername !== undefined && { servername }),
  };
}
