interface LogLine {
  readonly level?: number;
  readonly msg?: string;
  readonly err?: { readonly message?: string };
}

const ERROR = 50;

/**
 * What a person should read of a program's last lines: of log lines in JSON the last one that tells of an error, in
 * words; of anything else (a stack, a message) the whole.
 */
export function plainWords(lines: readonly string[]): string {
  const logged = lines.flatMap((line) => parsed(line) ?? []);
  const trouble = logged.findLast((it) => (it.level ?? 0) >= ERROR);
  if (trouble) return trouble.err?.message ?? trouble.msg ?? '';
  return lines.filter((line) => parsed(line) === undefined).join('\n');
}

/** Whether a line tells of an error, in the log or outside it. */
export function isTrouble(line: string): boolean {
  const level = parsed(line)?.level;
  return level === undefined || level >= ERROR;
}

function parsed(line: string): LogLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}
