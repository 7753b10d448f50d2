/**
 * Where a pushed page may be: on this page's own origin or one that the company named; a web address without credentials.
 * The server checks too; this is for the day it is not ours any more.
 */
export function mayGo(address: string, origins: readonly string[]): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  const isWeb = url.protocol === 'https:' || (url.protocol === 'http:' && location.protocol === 'http:');
  return (
    isWeb && url.username === '' && url.password === '' && [location.origin, ...origins].includes(url.origin)
  );
}
