import { readFileSync } from 'node:fs';
import type { TlsOptions } from './tls.ts';

/** Paths, and the name as it is. */
interface TlsFiles {
  ca: string | undefined;
  cert: string | undefined;
  key: string | undefined;
  servername: string | undefined;
}

export interface RedisTlsConfig {
  REDIS_TLS_CA_FILE?: string | undefined;
  REDIS_TLS_CERT_FILE?: string | undefined;
  REDIS_TLS_KEY_FILE?: string | undefined;
  REDIS_TLS_SERVER_NAME?: string | undefined;
}

export interface CassandraTlsConfig {
  CASSANDRA_TLS?: 'on' | 'off' | undefined;
  CASSANDRA_TLS_CA_FILE?: string | undefined;
  CASSANDRA_TLS_CERT_FILE?: string | undefined;
  CASSANDRA_TLS_KEY_FILE?: string | undefined;
  CASSANDRA_TLS_SERVER_NAME?: string | undefined;
}

/** Certificates of the links to Redis, this region's and the others'. */
export function redisTls(config: RedisTlsConfig): TlsOptions {
  return tlsOptions({
    ca: config.REDIS_TLS_CA_FILE,
    cert: config.REDIS_TLS_CERT_FILE,
    key: config.REDIS_TLS_KEY_FILE,
    servername: config.REDIS_TLS_SERVER_NAME,
  });
}

/** Undefined: plain text. */
export function cassandraTls(config: CassandraTlsConfig): TlsOptions | undefined {
  if (config.CASSANDRA_TLS !== 'on') return undefined;
  return tlsOptions({
    ca: config.CASSANDRA_TLS_CA_FILE,
    cert: config.CASSANDRA_TLS_CERT_FILE,
    key: config.CASSANDRA_TLS_KEY_FILE,
    servername: config.CASSANDRA_TLS_SERVER_NAME,
  });
}

/** Reads the files. Errors: one that cannot be read. A new certificate is taken with the next start. */
function tlsOptions({ ca, cert, key, servername }: TlsFiles): TlsOptions {
  return {
    rejectUnauthorized: true,
    ...(ca !== undefined && { ca: readFileSync(ca, 'utf8') }),
    ...(cert !== undefined && { cert: readFileSync(cert, 'utf8') }),
    ...(key !== undefined && { key: readFileSync(key, 'utf8') }),
    ...(servername !== undefined && { servername }),
  };
}
