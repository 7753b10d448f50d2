/**
 * The environment in which contact-server is the version after this one: it keeps its Redis data in another format and has
 * other functions there. Two lines of it are read otherwise as it is loaded; the product knows nothing of this.
 */
export function nextVersion(env: Readonly<Record<string, string>> = {}): Record<string, string> {
  const preload = script(`
    import { register } from 'node:module';
    register(${JSON.stringify(script(reading))});
  `);
  return { ...env, NODE_OPTIONS: `--import=${preload}` };
}

/** Programs run built or from their sources: both hold these lines. */
const reading = String.raw`
  const changes = [
    [/\/routing\/matchmaker\/versions\.[jt]s$/, /const FORMAT = (\d+);/, (_, n) => 'const FORMAT = ' + (Number(n) + 1) + ';'],
    [/\/routing\/matchmaker\/lua\/base\.[jt]s$/, /False where Redis is empty\./, (it) => it + ' Of another version.'],
  ];
  export async function load(url, context, next) {
    const loaded = await next(url, context);
    const [, from, to] = changes.find(([file]) => file.test(url)) ?? [];
    if (from === undefined) return loaded;
    const text = String(loaded.source);
    if (!from.test(text)) throw new Error(url + ' no longer says ' + from);
    return { ...loaded, source: text.replace(from, to) };
  }
`;

function script(text: string): string {
  return `data:text/javascript,${encodeURIComponent(text)}`;
}
