import { X509Certificate, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import { makeFolder } from '../make-folder.ts';
import { issueCertificate } from './certificate.ts';
import type { LinkRole } from './link-identity.ts';
import { linkKeyFiles } from './link-keys.ts';

/** One holder of a link certificate: its folder below the authority's, its role, its name, and where it is reached. */
export interface LinkHolder {
  readonly folder: string;
  readonly role: LinkRole;
  readonly name: string;
  /** Host names and addresses others dial; the inside is dialled by nobody and may leave them out. */
  readonly hosts?: readonly string[];
}

/** One web-dmz and one contact-server on this machine. */
export const localHolders: readonly LinkHolder[] = [
  { folder: 'web-dmz', role: 'web-dmz', name: 'web-dmz', hosts: ['localhost', '127.0.0.1', '::1'] },
  { folder: 'contact-server', role: 'contact-server', name: 'contact-server' },
];

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3653;
const HOLDER_DAYS = 365;
const RENEW_DAYS = 30;
const authoritySubject = { role: 'authority', name: 'Ringback link authority' } as const;

/**
 * Makes sure that `dir` holds a link authority (`dir/authority`, whose key never leaves it) and a folder for each
 * holder with its key, its certificate and the authority's certificate. What is there and good stays as it is; a
 * certificate with less than 30 days left, for other hosts, or of another key is issued anew. Returns the names of
 * the folders that were (re)issued.
 */
export function ensureAuthority(
  dir: string,
  options: { holders?: readonly LinkHolder[]; clock?: Clock } = {},
): string[] {
  const now = (options.clock ?? systemClock).now();
  const authority = openAuthority(join(dir, 'authority'), now);
  return (options.holders ?? localHolders)
    .filter((holder) => renew(join(dir, holder.folder), holder, authority, now))
    .map((holder) => holder.folder);
}

interface Authority {
  readonly key: string;
  readonly cert: string;
}

function openAuthority(folder: string, now: number): Authority {
  makeFolder(folder);
  const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') };
  if (existsSync(files.cert)) {
    const authority = { key: readFileSync(files.key, 'utf8'), cert: readFileSync(files.cert, 'utf8') };
    // Every holder believes this certificate: a new one has to be carried to each by hand, so it is not made in passing.
    if (daysLeft(authority.cert, now) < RENEW_DAYS) {
      throw new Error(
        `the link authority in ${folder} runs out: move it away, start again, copy the new keys out`,
      );
    }
    return authority;
  }
  const key = newKey();
  const privateKey = createPrivateKey(key);
  const publicKey = createPublicKey(key);
  const cert = issueCertificate({
    subject: authoritySubject,
    subjectKey: publicKey,
    issuer: authoritySubject,
    issuerKey: privateKey,
    issuerPublicKey: publicKey,
    from: now - DAY_MS,
    until: now + AUTHORITY_DAYS * DAY_MS,
  });
  write(files.key, key, 0o600);
  write(files.cert, cert, 0o644);
  return { key, cert };
}

/** The certificate is written last, so that a crash half way leaves a folder that is made anew. */
function renew(folder: string, holder: LinkHolder, authority: Authority, now: number): boolean {
  makeFolder(folder);
  const file = (name: keyof typeof linkKeyFiles): string => join(folder, linkKeyFiles[name]);
  if (isGood(file('cert'), file('key'), holder, authority, now)) return false;
  const key = newKey();
  const cert = issueCertificate({
    subject: { role: holder.role, name: holder.name },
    subjectKey: createPublicKey(key),
    issuer: authoritySubject,
    issuerKey: createPrivateKey(authority.key),
    issuerPublicKey: createPublicKey(authority.key),
    from: now - DAY_MS,
    until: now + HOLDER_DAYS * DAY_MS,
    hosts: hostsOf(holder),
  });
  write(file('key'), key, 0o600);
  write(file('ca'), authority.cert, 0o644);
  write(file('cert'), cert, 0o644);
  return true;
}

function isGood(
  certFile: string,
  keyFile: string,
  holder: LinkHolder,
  authority: Authority,
  now: number,
): boolean {
  if (!existsSync(certFile) || !existsSync(keyFile)) return false;
  const cert = new X509Certificate(readFileSync(certFile));
  const names = cert.subject.split('\n');
  return (
    cert.verify(createPublicKey(authority.key)) &&
    cert.checkPrivateKey(createPrivateKey(readFileSync(keyFile))) &&
    daysLeft(cert.toString(), now) >= RENEW_DAYS &&
    names.includes(`OU=${holder.role}`) &&
    names.includes(`CN=${holder.name}`) &&
    hostsOf(holder).every((host) => isReachedAt(cert, host))
  );
}

function isReachedAt(cert: X509Certificate, host: string): boolean {
  return (isIP(host) === 0 ? cert.checkHost(host) : cert.checkIP(host)) !== undefined;
}

function hostsOf(holder: LinkHolder): readonly string[] {
  return holder.hosts !== undefined && holder.hosts.length > 0 ? holder.hosts : [holder.name];
}

function daysLeft(cert: string, now: number): number {
  return (Date.parse(new X509Certificate(cert).validTo) - now) / DAY_MS;
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/** All or nothing, even if the machine stops in the middle. */
function write(file: string, text: string, mode: number): void {
  writeFileSync(`${file}.new`, text, { mode });
  chmodSync(`${file}.new`, mode);
  renameSync(`${file}.new`, file);
}
