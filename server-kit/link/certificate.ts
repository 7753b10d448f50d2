import type { KeyObject } from 'node:crypto';
import { createHash, randomBytes, sign } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { der } from './der.ts';
import type { LinkRole } from './link-identity.ts';
import { keyUsageOf } from './link-identity.ts';

interface Subject {
  /** Organizational unit: what the holder may be on the link. */
  readonly role: LinkRole | 'authority';
  /** Common name: which one it is. */
  readonly name: string;
}

interface Issue {
  readonly subject: Subject;
  readonly subjectKey: KeyObject;
  readonly issuer: Subject;
  readonly issuerKey: KeyObject;
  /** The issuer's public key: its hash is how a chain is found (RFC 5280 4.2.1.1). */
  readonly issuerPublicKey: KeyObject;
  readonly from: number;
  readonly until: number;
  /** Host names and addresses that the holder is reached at. */
  readonly hosts?: readonly string[];
}

/**
 * An X.509 version 3 certificate (RFC 5280) in PEM: ECDSA P-256 with SHA-256. An authority's may sign leaves and nothing
 * else; a leaf's is good for its role's side of TLS and nothing else.
 */
export function issueCertificate(issue: Issue): string {
  const tbs = der.sequence(
    der.explicit(0, der.integer(Buffer.of(2))),
    der.integer(Buffer.concat([Buffer.of(0x01), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    nameOf(issue.issuer),
    der.sequence(der.time(issue.from), der.time(issue.until)),
    nameOf(issue.subject),
    publicKeyInfo(issue.subjectKey),
    der.explicit(3, der.sequence(...extensionsOf(issue))),
  );
  const signature = sign('sha256', tbs, issue.issuerKey);
  return pem(der.sequence(tbs, ECDSA_WITH_SHA256, der.bitString(signature)));
}

const ECDSA_WITH_SHA256 = der.sequence(der.oid('1.2.840.10045.4.3.2'));
/** Bits of keyUsage (RFC 5280 4.2.1.3), as a bit string. */
const MAY_SIGN_CERTIFICATES = der.bitString(Buffer.of(0x06), 1);
const MAY_SIGN_HANDSHAKES = der.bitString(Buffer.of(0x80), 7);

function extensionsOf(issue: Issue): Buffer[] {
  const { role } = issue.subject;
  const keyIds = [
    extension('2.5.29.14', false, der.octetString(keyId(issue.subjectKey))),
    extension('2.5.29.35', false, der.sequence(der.implicit(0, keyId(issue.issuerPublicKey)))),
  ];
  if (role === 'authority') {
    const leavesOnly = der.sequence(der.boolean(true), der.integer(Buffer.of(0)));
    return [
      extension('2.5.29.19', true, leavesOnly),
      extension('2.5.29.15', true, MAY_SIGN_CERTIFICATES),
      ...keyIds,
    ];
  }
  return [
    extension('2.5.29.19', true, der.sequence()),
    extension('2.5.29.15', true, MAY_SIGN_HANDSHAKES),
    extension('2.5.29.37', true, der.sequence(der.oid(keyUsageOf(role)))),
    extension('2.5.29.17', false, der.sequence(...(issue.hosts ?? []).map(hostName))),
    ...keyIds,
  ];
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return der.sequence(der.oid(id), ...(critical ? [der.boolean(true)] : []), der.octetString(value));
}

/** GeneralName (RFC 5280 4.2.1.6): an address as its bytes, anything else as a DNS name. */
function hostName(host: string): Buffer {
  if (isIPv4(host) || isIPv6(host)) return der.implicit(7, Buffer.from(ipaddr.parse(host).toByteArray()));
  return der.implicit(2, Buffer.from(host, 'ascii'));
}

function nameOf(subject: Subject): Buffer {
  const part = (id: string, text: string): Buffer => der.set(der.sequence(der.oid(id), der.utf8(text)));
  return der.sequence(
    part('2.5.4.10', 'Ringback'),
    part('2.5.4.11', subject.role),
    part('2.5.4.3', subject.name),
  );
}

function publicKeyInfo(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha256').update(publicKeyInfo(key)).digest().subarray(0, 20);
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
