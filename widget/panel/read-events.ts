/** One server-sent event (WHATWG HTML, 9.2). */
export interface ServerEvent {
  /** Its name; empty for the ordinary `message`. */
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** Takes a stream of text apart into server-sent events; a half line waits for its other half. */
export function eventSplitter(tell: (event: ServerEvent) => void): (chunk: string) => void {
  let rest = '';
  let event = '';
  let data: string[] = [];
  let id: string | undefined;

  const line = (text: string): void => {
    if (!text) {
      if (data.length > 0) tell({ event, data: data.join('\n'), id });
      event = '';
      data = [];
      return;
    }
    const [, field, value = ''] = /^([^:]*):? ?(.*)$/.exec(text) ?? [];
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id') id = value;
  };

  return (chunk) => {
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    lines.forEach(line);
  };
}
