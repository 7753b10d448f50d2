import { z } from 'zod';

/**
 * The link between web-dmz and contact-server: JSON text frames over a WebSocket with mutual TLS that the inside
 * opens. `n` counts from 1 on each connection and in each direction without a gap; `at` is the sender's clock (epoch ms).
 * A frame that repeats or skips `n`, is older than the limit, or has an unknown shape ends the connection.
 * What web-dmz says of a visitor is a claim: the inside decides by token.
 */
export const LINK_VERSION = 1;

/** What web-dmz may ask for a visitor: one answer each. */
export const linkOps = [
  'callback.create',
  'callback.read',
  'callback.cancel',
  'callback.move',
  'services.list',
  'availability.read',
] as const;
export type LinkOp = (typeof linkOps)[number];

/** What web-dmz may open for a visitor: a stream of messages until either side closes. */
export const linkStreams = ['callback.events', 'page.session'] as const;
export type LinkStream = (typeof linkStreams)[number];

const visitorSchema = z.strictObject({
  /** As web-dmz saw it through its trusted proxies, normalised. */
  ip: z.string().min(2).max(45),
  origin: z.string().max(300).optional(),
  userAgent: z.string().max(400).optional(),
  language: z.string().max(100).optional(),
});
/** Whom web-dmz says it speaks for. */
export type LinkVisitor = z.infer<typeof visitorSchema>;

const head = { n: z.number().int().min(1), at: z.number().int() };
const id = z.string().min(8).max(64);

/** Frames from web-dmz to the inside. */
export const fromDmzSchema = z.discriminatedUnion('t', [
  z.strictObject({
    ...head,
    t: z.literal('hello'),
    version: z.number().int(),
    node: z.string().min(1).max(64),
  }),
  z.strictObject({
    ...head,
    t: z.literal('request'),
    /** The same id on another connection is the same request. */
    id,
    op: z.enum(linkOps),
    visitor: visitorSchema,
    token: z.string().max(200).optional(),
    key: z.string().max(64).optional(),
    params: z.record(z.string().max(64), z.string().max(400)).optional(),
    body: z.unknown().optional(),
  }),
  z.strictObject({
    ...head,
    t: z.literal('open'),
    stream: id,
    op: z.enum(linkStreams),
    visitor: visitorSchema,
    token: z.string().max(200).optional(),
    params: z.record(z.string().max(64), z.string().max(400)).optional(),
    lastEventId: z.string().max(64).optional(),
  }),
  z.strictObject({ ...head, t: z.literal('data'), stream: id, data: z.string().max(64 * 1024) }),
  z.strictObject({ ...head, t: z.literal('close'), stream: id, reason: z.string().max(200).optional() }),
  z.strictObject({ ...head, t: z.literal('pong') }),
]);
export type FromDmz = z.infer<typeof fromDmzSchema>;

/** Frames from the inside to web-dmz. */
export const toDmzSchema = z.discriminatedUnion('t', [
  z.strictObject({
    ...head,
    t: z.literal('hello'),
    version: z.number().int(),
    node: z.string().min(1).max(64),
    /** What the DMZ may let through and needs to know to refuse early; it keeps it in memory only. */
    site: z.strictObject({ origins: z.array(z.string().max(300)).max(100) }),
  }),
  z.strictObject({
    ...head,
    t: z.literal('reply'),
    id,
    status: z.number().int().min(200).max(599),
    body: z.unknown().optional(),
    retryAfterS: z.number().int().min(0).optional(),
  }),
  z.strictObject({ ...head, t: z.literal('opened'), stream: id }),
  z.strictObject({
    ...head,
    t: z.literal('refused'),
    stream: id,
    status: z.number().int().min(400).max(599),
    body: z.unknown(),
  }),
  z.strictObject({
    ...head,
    t: z.literal('data'),
    stream: id,
    data: z.string().max(256 * 1024),
    /** Server-sent-event fields, for streams that are read so. */
    event: z.string().max(64).optional(),
    id: z.string().max(64).optional(),
  }),
  z.strictObject({ ...head, t: z.literal('close'), stream: id, reason: z.string().max(200).optional() }),
  z.strictObject({ ...head, t: z.literal('ping') }),
]);
export type ToDmz = z.infer<typeof toDmzSchema>;
