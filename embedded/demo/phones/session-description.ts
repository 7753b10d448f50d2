/** Which way audio may go, seen from the one who says it. */
export interface Flow {
  send: boolean;
  receive: boolean;
}

/** One m= line of a session description, with what it inherits from the session. */
export interface MediaLine {
  kind: string;
  port: number;
  protocol: string;
  formats: string[];
  host: string;
  flow: Flow;
  /** Payload number of telephone-event (RFC 4733), if it is among the formats. */
  telephoneEvent: number | undefined;
}

/** A session description as far as a telephone needs it (RFC 8866). */
export interface SessionDescription {
  origin: string;
  media: MediaLine[];
}

const FLOWS: Readonly<Record<string, Flow>> = {
  sendrecv: { send: true, receive: true },
  sendonly: { send: true, receive: false },
  recvonly: { send: false, receive: true },
  inactive: { send: false, receive: false },
};

/** The SDP word for a flow. */
export function flowName(flow: Flow): string {
  if (flow.send) return flow.receive ? 'sendrecv' : 'sendonly';
  return flow.receive ? 'recvonly' : 'inactive';
}

/** Reads a session description; lines it does not need are passed over. */
export function parseDescription(text: string): SessionDescription {
  const [session = [], ...sections] = sectionsOf(text);
  const host = connectionOf(session) ?? '';
  const flow = flowOf(session) ?? FLOWS['sendrecv'];
  const media = sections.map((lines): MediaLine => {
    const [kind = '', port = '0', protocol = '', ...formats] = (lines[0] ?? '').slice(2).split(/\s+/);
    const here = connectionOf(lines) ?? host;
    const said = flowOf(lines) ?? flow ?? { send: true, receive: true };
    return {
      kind,
      port: Number(port.split('/')[0]),
      protocol,
      formats,
      host: here,
      // 0.0.0.0 is how hold was said before RFC 3264 (its section 8.4)
      flow: { send: said.send, receive: said.receive && here !== '0.0.0.0' },
      telephoneEvent: telephoneEventOf(lines, formats),
    };
  });
  return { origin: session.find((line) => line.startsWith('o=')) ?? '', media };
}

function sectionsOf(text: string): string[][] {
  const sections: string[][] = [[]];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('m=')) sections.push([]);
    sections.at(-1)?.push(line.trim());
  }
  return sections;
}

function connectionOf(lines: readonly string[]): string | undefined {
  return lines
    .find((line) => line.startsWith('c='))
    ?.split(/\s+/)[2]
    ?.split('/')[0];
}

function flowOf(lines: readonly string[]): Flow | undefined {
  for (const line of lines) {
    const flow = line.startsWith('a=') ? FLOWS[line.slice(2)] : undefined;
    if (flow) return flow;
  }
  return undefined;
}

function telephoneEventOf(lines: readonly string[], formats: readonly string[]): number | undefined {
  for (const line of lines) {
    const [, payload] = /^a=rtpmap:(\d+) telephone-event\/8000/i.exec(line) ?? [];
    if (payload !== undefined && formats.includes(payload)) return Number(payload);
  }
  return undefined;
}

/** What stands in a description that we write. */
export interface DescriptionParts {
  sessionId: string;
  version: number;
  host: string;
  /** Every m= line of the session in its order; the audio line that we use, or one that we refuse. */
  lines: readonly ({ port: number; flow: Flow; telephoneEvent: number | undefined } | RefusedLine)[];
}

/** An m= line of the far end that we answer with port 0 (RFC 3264 section 6). */
export type RefusedLine = Pick<MediaLine, 'kind' | 'protocol' | 'formats'>;

/** Writes a description: PCMU and telephone-event, packets of 20 ms. */
export function formatDescription(parts: DescriptionParts): string {
  const { sessionId, version, host } = parts;
  const lines = ['v=0', `o=- ${sessionId} ${version} IN IP4 ${host}`, 's=-', `c=IN IP4 ${host}`, 't=0 0'];
  for (const line of parts.lines) {
    if ('kind' in line) lines.push(`m=${line.kind} 0 ${line.protocol} ${line.formats.join(' ')}`);
    else {
      const event = line.telephoneEvent;
      lines.push(`m=audio ${line.port} RTP/AVP 0${event === undefined ? '' : ` ${event}`}`);
      lines.push('a=rtpmap:0 PCMU/8000');
      if (event !== undefined) lines.push(`a=rtpmap:${event} telephone-event/8000`, `a=fmtp:${event} 0-15`);
      lines.push('a=ptime:20', `a=${flowName(line.flow)}`);
    }
  }
  return [...lines, ''].join('\r\n');
}
