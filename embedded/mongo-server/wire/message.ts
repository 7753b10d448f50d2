import { type Written, fromBson } from '../values/bson-reader.ts';
import { type Doc, setField, toBson } from '../values/value.ts';

/** Opcodes of the MongoDB wire protocol that this server speaks: OP_MSG, and OP_QUERY for a driver's first hello. */
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

const HEADER_BYTES = 16;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;
const REQUIRED_FLAGS = 0xffff;

/** Larger messages close the connection; hello tells drivers so. */
export const MAX_MESSAGE_BYTES = 48_000_000;

/** A command as it came over the wire. */
export interface Request {
  requestId: number;
  opcode: typeof OP_MSG | typeof OP_QUERY;
  /** False if the client waits for no answer. */
  wantsReply: boolean;
  /** Reads the command; throws a `MongoError` for BSON this server has no type for. */
  command: () => Doc;
}

/** Raised for bytes that are no message: the connection they came on is closed, and no other. */
class ProtocolError extends Error {}

/** Cuts a stream of bytes into whole messages. */
export class MessageReader {
  readonly #mostBytes: () => number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** A longer message than `mostBytes` says at its beginning is a `ProtocolError`. */
  constructor(mostBytes: () => number) {
    this.#mostBytes = mostBytes;
  }

  /** Takes what arrived and gives the messages that are now whole. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const messages: Buffer[] = [];
    for (;;) {
      const length = this.#nextLength();
      if (length === undefined || this.#bytes < length) return messages;
      const [first = chunk] = this.#chunks;
      const all = this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
      messages.push(all.subarray(0, length));
      this.#chunks = all.length > length ? [all.subarray(length)] : [];
      this.#bytes -= length;
    }
  }

  #nextLength(): number | undefined {
    if (this.#bytes < 4) return undefined;
    if ((this.#chunks[0]?.length ?? 0) < 4) this.#chunks = [Buffer.concat(this.#chunks)];
    const length = this.#chunks[0]?.readInt32LE(0) ?? 0;
    if (length >= HEADER_BYTES + 5 && length <= this.#mostBytes()) return length;
    throw new ProtocolError(`a message of ${length} bytes`);
  }
}

/** Reads one message; anything that is not well formed is an error. */
export function parseRequest(message: Buffer): Request {
  const requestId = message.readInt32LE(4);
  const opcode = message.readInt32LE(12);
  if (opcode === OP_QUERY) {
    return { requestId, opcode, wantsReply: true, command: () => parseQuery(message) };
  }
  if (opcode !== OP_MSG) throw new ProtocolError(`opcode ${opcode} is not supported`);
  const flags = message.readUInt32LE(HEADER_BYTES);
  if (flags & REQUIRED_FLAGS & ~(CHECKSUM_PRESENT | MORE_TO_COME))
    throw new ProtocolError(`unknown flags ${flags}`);
  const sections = message.subarray(HEADER_BYTES + 4, message.length - (flags & CHECKSUM_PRESENT ? 4 : 0));
  const wantsReply = (flags & MORE_TO_COME) === 0;
  return { requestId, opcode, wantsReply, command: () => parseSections(sections) };
}

/** One body (kind 0) and any number of document sequences (kind 1), whose documents the body would else hold. */
function parseSections(bytes: Buffer): Doc {
  let command: Doc | undefined;
  const sequences: [name: string, docs: Doc[]][] = [];
  for (let at = 0; at < bytes.length;) {
    const kind = bytes.readUInt8(at);
    const section = sized(bytes, at + 1);
    at = section.to;
    if (kind === 0 && !command) command = fromBson(section);
    else if (kind === 1) sequences.push(parseSequence(section));
    else throw new ProtocolError(`a section of kind ${kind}`);
  }
  if (!command) throw new ProtocolError('no body');
  for (const [name, docs] of sequences) {
    if (Object.hasOwn(command, name)) throw new ProtocolError(`${name} comes twice`);
    setField(command, name, docs);
  }
  return command;
}

function parseSequence({ bytes, from, to }: Written): [name: string, docs: Doc[]] {
  const nameEnd = bytes.indexOf(0, from + 4);
  if (nameEnd < 0 || nameEnd >= to) throw new ProtocolError('a sequence without a name');
  const docs: Doc[] = [];
  for (let at = nameEnd + 1; at < to;) {
    const doc = sized(bytes, at, to);
    docs.push(fromBson(doc));
    at = doc.to;
  }
  return [bytes.toString('utf8', from + 4, nameEnd), docs];
}

/** Flags, a namespace, two numbers, and the command. */
function parseQuery(message: Buffer): Doc {
  const nameEnd = message.indexOf(0, HEADER_BYTES + 4);
  const namespace = message.toString('utf8', HEADER_BYTES + 4, nameEnd);
  if (nameEnd < 0 || !namespace.endsWith('.$cmd')) throw new ProtocolError('OP_QUERY is for commands only');
  return { ...fromBson(sized(message, nameEnd + 9)), $db: namespace.slice(0, -5) };
}

/** What begins with its own length. */
function sized(bytes: Buffer, at: number, limit = bytes.length): Written {
  const size = bytes.readInt32LE(at);
  if (size < 5 || at + size > limit) throw new ProtocolError(`a section of ${size} bytes`);
  return { bytes, from: at, to: at + size };
}

let lastId = 0;

/** Frames the answer to a request, in the opcode that answers its own. */
export function encodeReply({ requestId, opcode }: Request, reply: Doc): Buffer {
  const body = toBson(reply);
  const before = opcode === OP_MSG ? 5 : 20;
  const message = Buffer.alloc(HEADER_BYTES + before + body.length);
  lastId = (lastId + 1) | 0;
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(lastId, 4);
  message.writeInt32LE(requestId, 8);
  message.writeInt32LE(opcode === OP_MSG ? OP_MSG : OP_REPLY, 12);
  if (opcode === OP_QUERY) {
    message.writeInt32LE(8, HEADER_BYTES); // awaitCapable
    message.writeInt32LE(1, HEADER_BYTES + 16); // one document
  }
  message.set(body, HEADER_BYTES + before);
  return message;
}
