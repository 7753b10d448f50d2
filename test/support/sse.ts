/** One server-sent event as it came. */
export interface SentEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Reads an event stream (WHATWG HTML, section 9.2) until it ends or is aborted. */
export async function* readEvents(response: Response): AsyncIterable<SentEvent> {
  if (!response.body) return;
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const fields = new Map(
        block.split('\n').flatMap((line): [string, string][] => {
          const colon = line.indexOf(':');
          return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1).trimStart()]] : [];
        }),
      );
      const data = fields.get('data');
      if (data !== undefined) yield { id: fields.get('id') ?? '', event: fields.get('event') ?? '', data };
    }
  }
}
