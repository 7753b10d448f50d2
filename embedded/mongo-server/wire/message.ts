import { MongoError } from '../mongo-error.ts';
import { type Doc, fromBson, setField, toBson } from '../values/value.ts';

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
  opcode: 'msg' | 'query';
  command: Doc;
  /** False if the client waits for no answer. */
  wantsReply: boolean;
}

/** Raised for bytes that are no message: the connection they came on is closed, and no other. */
class ProtocolError extends Error {}

/** Cuts a stream of bytes into whole messages. */
export class MessageReader {
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** Takes what arrived and gives the messages that are now whole. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const messages: Buffer[] = [];
    for (;;) {
      const length = this.#nextLength();
      if (length === undefined || this.#bytes < length) return messages;
      const all =
        this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
      messages.push(all.subarray(0, length));
      this.#chunks = all.length > length ? [all.subarray(length)] : [];
      this.#bytes -= length;
    }
  }

  #nextLength(): number | undefined {
    if (this.#bytes < 4) return undefined;
    if ((this.#chunks[0]?.length ?? 0) < 4) this.#chunks = [Buffer.concat(this.#chunks)];
    const length = this.#chunks[0]?.readInt32LE(0) ?? 0;
    if (length >= HEADER_BYTES + 5 && length <= MAX_MESSAGE_BYTES) return length;
    throw new ProtocolError(`a message of ${length} bytes`);
  }
}

/** Reads one message; anything that is not well formed is a `ProtocolError`. */
export function parseRequest(message: Buffer): Request {
  const requestId = message.readInt32LE(4);
  const opcode = message.readInt32LE(12);
  try {
    if (opcode === OP_MSG) return parseMsg(message, requestId);
    if (opcode === OP_QUERY) return parseQuery(message, requestId);
  } catch (error) {
    throw error instanceof MongoError ? error : new ProtocolError((error as Error).message);
  }
  throw new ProtocolError(`opcode ${opcode} is not supported`);
}

/** OP_MSG: flags, then one body (kind 0) and any number of document sequences (kind 1). */
function parseMsg(message: Buffer, requestId: number): Request {
  const flags = message.readUInt32LE(HEADER_BYTES);
  if (flags & REQUIRED_FLAGS & ~(CHECKSUM_PRESENT | MORE_TO_COME))
    throw new ProtocolError(`unknown flags ${flags}`);
  const end = message.length - (flags & CHECKSUM_PRESENT ? 4 : 0);
  let command: Doc | undefined;
  const sequences: [name: string, docs: Doc[]][] = [];
  for (let at = HEADER_BYTES + 4; at < end;) {
    const kind = message.readUInt8(at++);
    const size = message.readInt32LE(at);
    if (size < 5 || at + size > end) throw new ProtocolError(`a section of ${size} bytes`);
    const section = message.subarray(at, at + size);
    at += size;
    if (kind === 0) {
      if (command) throw new ProtocolError('two bodies');
      command = fromBson(section);
    } else if (kind === 1) sequences.push(parseSequence(section));
    else throw new ProtocolError(`a section of kind ${kind}`);
  }
  if (!command) throw new ProtocolError('no body');
  for (const [name, docs] of sequences) {
    if (Object.hasOwn(command, name)) throw new ProtocolError(`${name} comes twice`);
    setField(command, name, docs);
  }
  return { requestId, opcode: 'msg', command, wantsReply: (flags & MORE_TO_COME) === 0 };
}

function parseSequence(section: Buffer): [name: string, docs: Doc[]] {
  const nameEnd = section.indexOf(0, 4);
  if (nameEnd < 0) throw new ProtocolError('a sequence without a name');
  const docs: Doc[] = [];
  for (let at = nameEnd + 1; at < section.length;) {
    const size = section.readInt32LE(at);
    if (size < 5 || at + size > section.length) throw new ProtocolError(`a document of ${size} bytes`);
    docs.push(fromBson(section.subarray(at, at + size)));
    at += size;
  }
  return [section.toString('utf8', 4, nameEnd), docs];
}

function parseQuery(message: Buffer, requestId: number): Request {
  const nameEnd = message.indexOf(0, HEADER_BYTES + 4);
  const namespace = message.toString('utf8', HEADER_BYTES + 4, nameEnd);
  if (nameEnd < 0 || !namespace.endsWith('.$cmd')) throw new ProtocolError('OP_QUERY is for commands only');
  const at = nameEnd + 9;
  const size = message.readInt32LE(at);
  if (at + size > message.length) throw new ProtocolError(`a query of ${size} bytes`);
  const command = fromBson(message.subarray(at, at + size));
  return {
    requestId,
    opcode: 'query',
    command: { ...command, $db: namespace.slice(0, -5) },
    wantsReply: true,
  };
}

let lastId = 0;

/** Frames the answer to a request, in the opcode that answers its own. */
export function encodeReply(request: Request, reply: Doc): Buffer {
  const body = toBson(reply);
  const before = request.opcode === 'msg' ? 5 : 20;
  const message = Buffer.alloc(HEADER_BYTES + before + body.length);
  message.writeInt32LE(message.length, 0);
  lastId = (lastId + 1) | 0;
  message.writeInt32LE(lastId, 4);
  message.writeInt32LE(request.requestId, 8);
  message.writeInt32LE(request.opcode === 'msg' ? OP_MSG : OP_REPLY, 12);
  if (request.opcode === 'query') {
    message.writeInt32LE(8, HEADER_BYTES); // awaitCapable
    message.writeInt32LE(1, HEADER_BYTES + 16); // one document
  }
  message.set(body, HEADER_BYTES + before);
  return message;
}
