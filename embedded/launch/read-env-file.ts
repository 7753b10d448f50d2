import { existsSync, readFileSync } from 'node:fs';

/** Settings of an `.env` file, `NAME=value` a line; none where there is no file. Throws on a line that is neither that nor a comment. */
export function readEnvFile(file: string): Record<string, string> {
  if (!existsSync(file)) return {};
  const settings: Record<string, string> = {};
  for (const [index, line] of readFileSync(file, 'utf8').split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const match = /^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line);
    if (match?.[1] === undefined) {
      throw new Error(`Line ${String(index + 1)} of .env is no setting: "${line.trim()}". Write NAME=value`);
    }
    settings[match[1]] = withoutQuotes(match[2] ?? '');
  }
  return settings;
}

function withoutQuotes(value: string): string {
  const quoted = /^(["'])(.*)\1\s*(?:#.*)?$/.exec(value);
  return quoted?.[2] ?? value.replace(/\s+#.*$/, '');
}
