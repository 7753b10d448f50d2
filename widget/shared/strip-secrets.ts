import type { Settings } from './core.ts';

/** Words of a parameter's name that say its value opens something. */
const SECRET =
  /^(auth|authorization|bearer|code|credential|credentials|jwt|key|nonce|otp|pass|passcode|passphrase|passwd|password|pin|pwd|secret|session|sessionid|sid|sig|signature|sso|ticket|token|apikey|authtoken|accesstoken|jsessionid|phpsessid)$/i;
const MOST = 2048;

/**
 * An address as it may leave the page: parameters of query and fragment whose names speak of secrets keep their name and lose
 * their value, and credentials go. Undefined for what is no web page.
 */
export function stripSecrets(
  address: string,
  { strip, keep }: Pick<Settings, 'strip' | 'keep'>,
): string | undefined {
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  const isSecret = (name: string): boolean => {
    if (keep.includes(name)) return false;
    if (strip.includes(name)) return true;
    // `accessToken`, `access_token` and `x-access.token` all have the word `token`.
    const words = name.replace(/([a-z])([A-Z])/g, '$1 $2').split(/[^A-Za-z]+/);
    return words.some((word) => SECRET.test(word));
  };
  const clean = (parameters: string): string =>
    parameters.replace(/(^|[?&;])([^=&;?]+)=[^&;]*/g, (all, before: string, name: string) =>
      isSecret(decode(name)) ? `${before}${name}=` : all,
    );
  url.username = url.password = '';
  url.search = clean(url.search);
  url.hash = clean(url.hash.slice(1));
  for (const part of ['hash', 'search', 'pathname'] as const) if (url.href.length > MOST) url[part] = '';
  return url.href;
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
