import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../server-kit/clock.ts';
import { ensureAuthority, localHolders } from '../../server-kit/link/authority.ts';
import { readLinkKeys } from '../../server-kit/link/link-keys.ts';

const DAY_MS = 86_400_000;
const inDays = (days: number): Clock => ({ now: () => Date.now() + days * DAY_MS, after: () => () => {} });

describe('A company starts for the first time, and nobody has made certificates', () => {
  let dir: string;
  const file = (...path: string[]): string => join(dir, ...path);
  const certificate = (...path: string[]): X509Certificate =>
    new X509Certificate(readFileSync(file(...path)));

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'ringback-authority-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('has an authority and a certificate for each side, with every key readable by its owner only', () => {
    assert.deepEqual(ensureAuthority(dir), ['web-dmz', 'contact-server']);
    for (const folder of ['authority', 'web-dmz', 'contact-server']) {
      assert.equal(statSync(file(folder, 'key.pem')).mode & 0o777, 0o600);
      assert.equal(statSync(file(folder)).mode & 0o777, 0o700);
    }
    const authority = certificate('authority', 'cert.pem');
    assert.equal(authority.ca, true);
    for (const folder of ['web-dmz', 'contact-server']) {
      assert.deepEqual(readdirSync(file(folder)).sort(), ['authority.pem', 'cert.pem', 'key.pem']);
      assert.equal(certificate(folder, 'cert.pem').ca, false);
      assert.ok(certificate(folder, 'cert.pem').verify(authority.publicKey));
      assert.ok(certificate(folder, 'cert.pem').checkIssued(authority));
    }
  });

  it('gives each side its role, and its side of TLS only', () => {
    ensureAuthority(dir);
    const [dmz, inside] = [certificate('web-dmz', 'cert.pem'), certificate('contact-server', 'cert.pem')];
    assert.match(dmz.subject, /OU=web-dmz/);
    assert.deepEqual(dmz.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    assert.equal(dmz.checkIP('127.0.0.1'), '127.0.0.1');
    assert.equal(dmz.checkHost('localhost'), 'localhost');
    assert.equal(dmz.checkHost('elsewhere.example'), undefined);
    assert.match(inside.subject, /OU=contact-server/);
    assert.deepEqual(inside.keyUsage, ['1.3.6.1.5.5.7.3.2']);
  });

  it('keeps what is good, renews what has less than 30 days left, and never makes a second authority', () => {
    ensureAuthority(dir);
    const before = readFileSync(file('web-dmz', 'cert.pem'), 'utf8');
    const authority = readFileSync(file('authority', 'cert.pem'), 'utf8');
    assert.deepEqual(ensureAuthority(dir, { clock: inDays(330) }), []);
    assert.equal(readFileSync(file('web-dmz', 'cert.pem'), 'utf8'), before);
    assert.deepEqual(ensureAuthority(dir, { clock: inDays(340) }), ['web-dmz', 'contact-server']);
    assert.notEqual(readFileSync(file('web-dmz', 'cert.pem'), 'utf8'), before);
    assert.equal(readFileSync(file('authority', 'cert.pem'), 'utf8'), authority);
  });

  it('issues anew for another host, or where key and certificate are not a pair', () => {
    ensureAuthority(dir);
    const [dmz, inside] = localHolders;
    const moved = { ...dmz!, hosts: ['127.0.0.1', 'dmz.example'] };
    assert.deepEqual(ensureAuthority(dir, { holders: [moved, inside!] }), ['web-dmz']);
    assert.equal(certificate('web-dmz', 'cert.pem').checkHost('dmz.example'), 'dmz.example');
    writeFileSync(file('contact-server', 'key.pem'), readFileSync(file('web-dmz', 'key.pem')));
    assert.deepEqual(ensureAuthority(dir, { holders: [moved, inside!] }), ['contact-server']);
  });

  it('says so when the authority itself runs out, ten years later', () => {
    ensureAuthority(dir);
    assert.throws(() => ensureAuthority(dir, { clock: inDays(3650) }), /authority .* runs out/);
  });

  it('refuses link keys that others can read, or that lie beside something else', () => {
    ensureAuthority(dir);
    chmodSync(file('web-dmz', 'key.pem'), 0o640);
    assert.throws(() => readLinkKeys(file('web-dmz')), /can be read by others/);
    chmodSync(file('web-dmz', 'key.pem'), 0o600);
    writeFileSync(file('web-dmz', 'authority-key.pem'), readFileSync(file('authority', 'key.pem')));
    assert.throws(() => readLinkKeys(file('web-dmz')), /authority-key.pem does not belong/);
  });
});
