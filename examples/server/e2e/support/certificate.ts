// A certificate of the tests' own, for names of this machine, and its own authority.
import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onPath } from './path';

export interface Certificate {
  key: string;
  cert: string;
  /** Where `cert` lies, for programs that read authorities from a file. */
  file: string;
  /** What Chromium is told to trust: the key's SHA-256, in base64. */
  pin: string;
  remove: () => Promise<void>;
}

export async function certificate(): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'campotech-e2e-tls-'));
  const [keyFile, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  await promisify(execFile)(onPath('openssl'), ['req', '-x509', '-days', '2', ...key, ...names, '-out', file]);
  const cert = await readFile(file, 'utf8');
  const spki = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' });
  return {
    key: await readFile(keyFile, 'utf8'),
    cert,
    file,
    pin: createHash('sha256').update(spki).digest('base64'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
