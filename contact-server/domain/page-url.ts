// URL is a global of every JavaScript engine we run in; it reads no network.
/**
 * The address a page may be shown at, or why not: exact origins of the company's sites, no credentials, nothing but
 * http(s). Checked for pushes, for mirrored moves and for where a move landed.
 */
export function sharable(
  text: string,
  origins: readonly string[],
): { readonly ok: true; readonly url: string } | { readonly ok: false; readonly why: string } {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return { ok: false, why: 'This is not a web address. Begin it with https://' };
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { ok: false, why: 'Only web pages can be shown (https).' };
  }
  if (url.username !== '' || url.password !== '') {
    return { ok: false, why: 'An address with a name or password in it is not shown.' };
  }
  if (!origins.includes(url.origin)) return { ok: false, why: 'Only pages of our own sites can be shown.' };
  return { ok: true, url: url.href };
}
