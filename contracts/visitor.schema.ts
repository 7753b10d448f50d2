import { z } from 'zod';

const time = z.iso.datetime({ offset: true });
const httpUrl = z.url({ protocol: /^https?$/ }).max(2048);

/** What the visitor agreed to, word for word. */
export const consentSchema = z.strictObject({
  call: z.literal(true),
  text: z.string().min(1).max(2000),
  version: z.string().min(1).max(64),
  language: z.string().min(2).max(35).optional(),
  /** An explicit tick: this one call may also come outside the usual calling hours. */
  anyHour: z.boolean().optional(),
});

/** The body of POST /api/v1/callbacks. */
export const callbackRequestSchema = z.strictObject({
  service: z.string().min(1).max(64),
  phone: z.string().min(2).max(40),
  /** ISO 3166-1 alpha-2, for a number typed without a prefix. */
  country: z.string().length(2).optional(),
  name: z.string().max(100).optional(),
  email: z.email().max(254).optional(),
  at: time.optional(),
  /** IANA name. */
  timezone: z.string().max(64).optional(),
  page: httpUrl.optional(),
  /** The ticket of the page session. */
  session: z.string().max(200).optional(),
  /** A token signed by the company's backend. */
  identity: z.string().max(4096).optional(),
  proof: z.strictObject({ token: z.string().max(512), nonce: z.string().max(64) }).optional(),
  consent: consentSchema,
});
export type CallbackRequest = z.infer<typeof callbackRequestSchema>;

/** The body of PATCH /api/v1/callbacks/{id}: `at` null means as soon as possible. */
export const callbackMoveSchema = z.strictObject({
  at: time.nullable(),
  timezone: z.string().max(64).optional(),
});
export type CallbackMove = z.infer<typeof callbackMoveSchema>;

/** 128 bits, in any of the usual spellings. */
export const idempotencyKeySchema = z.string().regex(/^[A-Za-z0-9_-]{22,64}$/);

export const pageSaysSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    tab: z.string().min(8).max(64),
    url: httpUrl,
    title: z.string().max(300).optional(),
    seq: z.number().int().min(0),
    ticket: z.string().max(200).optional(),
    viewer: z.string().max(200).optional(),
  }),
  z.strictObject({
    type: z.literal('navigated'),
    seq: z.number().int().min(1),
    url: httpUrl,
    title: z.string().max(300).optional(),
    how: z.enum(['load', 'history', 'hash']),
    because: z.number().int().min(1).optional(),
  }),
  z.strictObject({ type: z.literal('focused') }),
  z.strictObject({
    type: z.literal('consent'),
    pages: z.boolean(),
    text: z.string().max(2000).optional(),
    version: z.string().max(64).optional(),
  }),
]);
