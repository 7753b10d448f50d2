/** What a log shows of an error: no more than this, since drivers hang whole documents and commands on theirs. */
export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string | number;
  readonly cause?: LoggedError;
}

const MAX_CAUSES = 5;

/** An error as it may be logged; anything else that was thrown by its type only. */
export function loggedError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error))
    return { type: typeof error, message: 'something was thrown that is no error' };
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    type: name,
    message,
    ...(stack !== undefined && { stack }),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(cause instanceof Error && depth < MAX_CAUSES && { cause: loggedError(cause, depth + 1) }),
  };
}

/**
 * A log line without telephone numbers, wherever in it they stand: `+442079460199` is written `+4420••••0199`.
 * The list of allowed fields is the rule; this is for what slips through in somebody else's error message.
 */
export function maskedLine(line: string): string {
  return line.replaceAll(
    /(\+|%2B|\b(?:sips?|tel):\+?)(\d{7,15})(?!\d)/gi,
    (_, before: string, digits: string) => {
      return `${before}${digits.slice(0, 4)}••••${digits.slice(-4)}`;
    },
  );
}
