/** Reads a stream of server-sent events part by part, as a browser would with fetch. */
export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #buffer = '';

  constructor(response: Response) {
    if (!response.body) throw new Error('no body');
    this.#reader = response.body.getReader();
  }

  /** The fields of the next event; undefined when the stream has ended. Comments and retry are passed over. */
  async next(): Promise<Record<string, string> | undefined> {
    for (;;) {
      const end = this.#buffer.indexOf('\n\n');
      if (end === -1) {
        const { done, value } = await this.#reader.read();
        if (done) return undefined;
        this.#buffer += this.#decoder.decode(value, { stream: true });
        continue;
      }
      const lines = this.#buffer.slice(0, end).split('\n');
      this.#buffer = this.#buffer.slice(end + 2);
      const event: Record<string, string> = {};
      for (const line of lines) {
        const [, field = '', text = ''] = /^([a-z]*): ?(.*)$/.exec(line) ?? [];
        if (field === 'data' && 'data' in event) event['data'] += `\n${text}`;
        else if (field !== '' && field !== 'retry') event[field] = text;
      }
      if (Object.keys(event).length > 0) return event;
    }
  }

  async leave(): Promise<void> {
    await this.#reader.cancel();
  }
}
