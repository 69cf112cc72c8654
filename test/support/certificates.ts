import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Of keystores: nobody keeps a secret in them. */
export const keystorePassword = 'changeit';

/** A certificate with its private key, as files. */
export interface Certificate {
  certFile: string;
  keyFile: string;
  /** Both as Java reads them. */
  keystoreFile: string;
}

/** An authority that nobody knows, made by the machine's openssl. */
export interface Authority {
  caFile: string;
  /** `names`: as in a certificate, such as `DNS:redis.example` or `IP:127.0.0.1`. */
  issue(name: string, names: string): Promise<Certificate>;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];

/** Whether certificates can be made here. In CI they must be; elsewhere their tests are left out, and say so. */
export async function hasOpenssl(): Promise<boolean> {
  const { stdout } = await run('openssl', ['version']).catch(() => ({ stdout: '' }));
  const isThere = Number(/^OpenSSL (\d+)/.exec(stdout)?.[1] ?? 0) >= 3;
  if (!isThere && process.env.CI !== undefined) {
    throw new Error('openssl 3 is missing: .ci/run installs it.');
  }
  if (!isThere)
    process.stderr.write('\nNOT TESTED: TLS. Install openssl 3, then run this again.\n\n');
  return isThere;
}

/** Errors: rejects where there is no openssl (3 or later). */
export async function makeAuthority(folder: string, name: string): Promise<Authority> {
  const [caFile, caKeyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const subject = ['-subj', `/CN=${name}`];
  await run('openssl', [
    'req',
    '-x509',
    ...newKey,
    ...subject,
    '-keyout',
    caKeyFile,
    '-out',
    caFile,
  ]);
  return {
    caFile,
    async issue(holder, names) {
      const [certFile, keyFile, keystoreFile] = ['pem', 'key', 'p12'].map((extension) =>
        join(folder, `${name}-${holder}.${extension}`),
      ) as [string, string, string];
      await run('openssl', [
        ...[
          'req',
          '-x509',
          ...newKey,
          '-subj',
          `/CN=${holder}`,
          '-CA',
          caFile,
          '-CAkey',
          caKeyFile,
        ],
        ...['-addext', `subjectAltName=${names}`, '-addext', 'basicConstraints=critical,CA:FALSE'],
        ...['-keyout', keyFile, '-out', certFile],
      ]);
      await run('openssl', [
        ...['pkcs12', '-export', '-in', certFile, '-inkey', keyFile, '-certfile', caFile],
        ...['-out', keystoreFile, '-passout', `pass:${keystorePassword}`],
      ]);
      return { certFile, keyFile, keystoreFile };
    },
  };
}
