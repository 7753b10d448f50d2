import { X509Certificate } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';

/** What a holder of one of our certificates may be on the link. */
export type LinkRole = 'web-dmz' | 'contact-server';

/** Who is at the other end of a link, by its certificate: role and name. */
interface LinkIdentity {
  readonly role: LinkRole;
  readonly name: string;
}

/** Extended key usage (RFC 5280 4.2.1.12): the DMZ is only ever the server of a link, the inside only its client. */
export function keyUsageOf(role: LinkRole): string {
  return role === 'web-dmz' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2';
}

/** The peer's name, if its verified certificate gives it `role` and that role's key usage and no other; else why not. */
export function identityOf(
  certificate: PeerCertificate | undefined,
  role: LinkRole,
): { peer: LinkIdentity } | { refused: string } {
  // Node gives an empty object where the peer sent no certificate.
  const subject = certificate?.subject as Partial<PeerCertificate['subject']> | undefined;
  if (certificate === undefined || subject === undefined) return { refused: 'no certificate' };
  const [name, unit] = [one(subject.CN), one(subject.OU)];
  if (unit !== role || name === undefined) return { refused: `the certificate is not for role ${role}` };
  const usage = certificate.ext_key_usage ?? [];
  if (usage.length !== 1 || usage[0] !== keyUsageOf(role))
    return { refused: "the key usage is not the role's" };
  return { peer: { role, name } };
}

/** The common name in one of our own certificates. */
export function nameIn(certificatePem: string): string {
  const { subject } = new X509Certificate(certificatePem);
  const name = /^CN=(.+)$/m.exec(subject)?.[1];
  if (name === undefined) throw new Error('the certificate has no common name');
  return name;
}

/** A name that occurs twice is no name: what is checked could differ from what is used. */
function one(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
