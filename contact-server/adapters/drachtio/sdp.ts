/** Session descriptions (RFC 8866) as far as call control needs them: one audio stream that two phones share. */

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What a phone said of its audio. `version` and `session` are those of its own `o=` line. */
export interface Sdp {
  readonly session: string;
  readonly version: string;
  readonly address: string;
  readonly port: number;
  readonly profile: string;
  readonly formats: readonly string[];
  readonly direction: Direction;
  /** Session lines worth keeping (`b=`, `a=` other than a direction). */
  readonly shared: readonly string[];
  /** The same of the audio stream. */
  readonly lines: readonly string[];
  /** Other streams of the same description, which we refuse: `video 5000 RTP/AVP 96`. */
  readonly others: readonly string[];
}

const directions: readonly string[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] satisfies Direction[];
const isDirection = (value: string): value is Direction => directions.includes(value);

/** Undefined when it is no description, or its first stream is not audio. */
export function parseSdp(body: string): Sdp | undefined {
  const sections = body.split(/\r?\n(?=m=)/);
  const head = linesOf(sections[0] ?? '');
  const audio = linesOf(sections[1] ?? '');
  const media = /^m=audio (\d+)(?:\/\d+)? (\S+) (.+)$/.exec(audio[0] ?? '');
  const origin = /^o=\S+ (\S+) (\S+) /.exec(head.find((line) => line.startsWith('o=')) ?? '');
  const address = addressIn(audio) ?? addressIn(head);
  if (!head[0]?.startsWith('v=0') || !media || !origin || address === undefined) return undefined;
  const written = directionIn(audio) ?? directionIn(head) ?? 'sendrecv';
  return {
    session: origin[1] ?? '',
    version: origin[2] ?? '',
    address,
    port: Number(media[1]),
    profile: media[2] ?? '',
    formats: (media[3] ?? '').trim().split(/\s+/),
    // RFC 2543 phones hold by naming no address
    direction: address === '0.0.0.0' ? silenced(written) : written,
    shared: head.filter(keeps),
    lines: audio.slice(1).filter(keeps),
    others: sections.slice(2).map((section) => (linesOf(section)[0] ?? '').slice(2)),
  };
}

/** Which description of ours a body is: one `o=` line for each leg, counted up at each change (RFC 3264 section 8). */
export interface Origin {
  readonly session: string;
  readonly version: number;
  readonly address: string;
}

export interface Wording {
  readonly direction: Direction;
  /** Streams of the offer being answered that we refuse: they keep their places (RFC 3264 section 6). */
  readonly refuse?: readonly string[];
}

/** Says to one phone what the other said, under our own `o=` line. */
export function writeSdp(origin: Origin, sdp: Sdp, { direction, refuse = [] }: Wording): string {
  const version = (address: string): string => `${address.includes(':') ? 'IP6' : 'IP4'} ${address}`;
  return [
    'v=0',
    `o=- ${origin.session} ${origin.version} IN ${version(origin.address)}`,
    's=-',
    `c=IN ${version(sdp.address)}`,
    ...sdp.shared.filter((line) => line.startsWith('b=')),
    't=0 0',
    ...sdp.shared.filter((line) => line.startsWith('a=')),
    `m=audio ${sdp.port} ${sdp.profile} ${sdp.formats.join(' ')}`,
    ...sdp.lines,
    `a=${direction}`,
    ...refuse.map((stream) => `m=${stream.replace(/^(\S+) \d+/, '$1 0')}`),
    '',
  ].join('\r\n');
}

/** Our first offer to the agent's phone: the codecs of the telephone network, and silence until there is somebody to hear. */
export function silentSdp(address: string): Sdp {
  return {
    session: '0',
    version: '0',
    address,
    port: 9, // discard: nothing is to be sent here
    profile: 'RTP/AVP',
    formats: ['0', '8', '101'],
    direction: 'inactive',
    shared: [],
    lines: [
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-16',
    ],
    others: [],
  };
}

/** The answer to an offer while there is nobody on the other side: its own codecs, and silence. */
export function silentAnswer(address: string, offer: Sdp): Sdp {
  return {
    ...offer,
    address,
    port: 9,
    direction: 'inactive',
    shared: [],
    lines: offer.lines.filter(isCodec),
  };
}

/**
 * The party that was told `told` of a phone must be told again, now that the phone says `now`: it listens
 * elsewhere, or no longer takes under the same number what the party (`sends`) may send.
 */
export function hasMoved(told: Sdp, now: Sdp, sends: Sdp): boolean {
  if (now.address !== told.address || now.port !== told.port) return true;
  const before = codecs(told);
  const after = codecs(now);
  // key presses are left out: many phones number them anew, and a trunk should be troubled as little as possible
  return [...codecs(sends).keys()]
    .filter((codec) => !codec.startsWith('telephone-event'))
    .some((codec) => before.has(codec) && before.get(codec) !== after.get(codec));
}

/** The other party may not be heard: the phone holds. */
export function holds(direction: Direction): boolean {
  return direction === 'sendonly' || direction === 'inactive';
}

const wellKnown: Readonly<Record<string, string>> = {
  '0': 'pcmu/8000',
  '8': 'pcma/8000',
  '9': 'g722/8000',
  '18': 'g729/8000',
};

/** Codec → payload number (RFC 3551 names the fixed ones). */
function codecs(sdp: Sdp): Map<string, string> {
  const named = new Map<string, string>();
  for (const line of sdp.lines) {
    const map = /^a=rtpmap:(\d+) (\S+)/.exec(line);
    if (map?.[1] !== undefined && map[2] !== undefined) named.set(map[1], map[2].toLowerCase());
  }
  return new Map(sdp.formats.map((format) => [named.get(format) ?? wellKnown[format] ?? format, format]));
}

const linesOf = (section: string): string[] => section.split(/\r?\n/).filter((line) => line !== '');
const isCodec = (line: string): boolean => /^a=(rtpmap|fmtp):/.test(line);
const keeps = (line: string): boolean =>
  line.startsWith('b=') || (line.startsWith('a=') && !isDirection(line.slice(2).trim()));

function addressIn(lines: readonly string[]): string | undefined {
  return /^c=IN IP[46] ([^\s/]+)/.exec(lines.find((line) => line.startsWith('c=')) ?? '')?.[1];
}

function directionIn(lines: readonly string[]): Direction | undefined {
  return lines.map((line) => line.slice(2).trim()).findLast(isDirection);
}

function silenced(direction: Direction): Direction {
  return direction === 'sendrecv' || direction === 'sendonly' ? 'sendonly' : 'inactive';
}
