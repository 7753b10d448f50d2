// URL is a global of every JavaScript engine we run in; it reads no network.

/** As long as an address on the wire may be (contracts/visitor.schema.ts), spelled out. */
const MOST = 2048;

/**
 * The address a page may be shown at, or why not: exact origins of the company's sites, no credentials, nothing but
 * http(s). Checked for pushes, for mirrored moves and for where a move landed.
 */
export function sharable(
  text: string,
  origins: readonly string[],
): { readonly ok: true; readonly url: string } | { readonly ok: false; readonly why: string } {
  const url = parsed(text);
  if (!url) return { ok: false, why: 'This is not a web address. Begin it with https://' };
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { ok: false, why: 'Only web pages can be shown (https).' };
  }
  if (url.username !== '' || url.password !== '') {
    return { ok: false, why: 'An address with a name or password in it is not shown.' };
  }
  if (!origins.includes(url.origin)) return { ok: false, why: 'Only pages of our own sites can be shown.' };
  if (url.href.length > MOST) return { ok: false, why: 'This address is too long.' };
  return { ok: true, url: url.href };
}

/** Words of a parameter's name that say its value opens something; the widget has the same. */
const SECRET =
  /^(auth|authorization|bearer|code|credential|credentials|jwt|key|nonce|otp|pass|passcode|passphrase|passwd|password|pin|pwd|secret|session|sessionid|sid|sig|signature|sso|ticket|token|apikey|authtoken|accesstoken|jsessionid|phpsessid)$/i;

/**
 * An address as others may see it: parameters of query and fragment whose names speak of secrets keep their name and
 * lose their value. The widget does so before sending; this is for the day somebody else speaks in its place.
 */
export function withoutSecrets(address: string): string {
  const url = new URL(address);
  url.search = clean(url.search);
  url.hash = clean(url.hash.slice(1));
  return url.href;
}

export function originOf(address: string): string {
  return parsed(address)?.origin ?? '';
}

function parsed(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function clean(parameters: string): string {
  return parameters.replace(/(^|[?&;])([^=&;?]+)=[^&;]*/g, (all, before: string, name: string) =>
    isSecret(decoded(name)) ? `${before}${name}=` : all,
  );
}

/** `accessToken`, `access_token` and `x-access.token` all have the word `token`. */
function isSecret(name: string): boolean {
  const words = name.replace(/([a-z])([A-Z])/g, '$1 $2').split(/[^A-Za-z]+/);
  return words.some((word) => SECRET.test(word));
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}
