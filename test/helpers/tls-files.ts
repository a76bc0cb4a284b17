import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate of a test's own for 127.0.0.1, signed by itself, with its key. */
export class TlsFiles {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tls-'));
  readonly certificate = join(this.#folder, 'cert.pem');
  readonly key = join(this.#folder, 'key.pem');

  constructor() {
    const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const files = ['-keyout', this.key, '-out', this.certificate];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
    execFileSync('openssl', ['req', '-x509', ...kind, ...names, ...files], { stdio: 'ignore' });
  }

  delete(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
