import { z } from 'zod';
import { qualification } from './company.schema.ts';

const code = z.string().regex(/^\d{6}$/);

export const logInSchema = z.strictObject({
  username: z.string().min(1).max(100),
  password: z.string().min(1).max(200),
  /** Six digits, for those who have a second factor. */
  totp: code.optional(),
});
export type LogIn = z.infer<typeof logInSchema>;

export const secondFactorSchema = z.strictObject({ password: z.string().min(1).max(200) });

export const secondFactorCodeSchema = z.strictObject({ code });

export const stateWishSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('ready') }),
  z.strictObject({ state: z.literal('not-ready'), reason: z.string().min(1).max(60) }),
]);
export type StateWish = z.infer<typeof stateWishSchema>;

export const preferencesSchema = z.strictObject({
  accept: z.enum(['portal', 'phone', 'auto']),
  sound: z.boolean(),
});

export const notesSchema = z.strictObject({
  text: z.string().max(20_000),
  /** The version this edit began from; another means somebody else saved meanwhile. */
  version: z.number().int().min(0),
});

export const completeSchema = z.strictObject({
  disposition: z.string().min(1).max(60),
  notes: notesSchema.optional(),
  next: z.enum(['ready', 'not-ready', 'as-wished']).default('as-wished'),
});
export type Complete = z.infer<typeof completeSchema>;

export const registrationSchema = z.union([
  z.strictObject({ reservationId: z.string().min(8).max(64) }),
  z.strictObject({ ip: z.string().min(2).max(45), code }),
]);
export type RegistrationAsk = z.infer<typeof registrationSchema>;

export const pushSchema = z.strictObject({ url: z.string().min(1).max(2048) });

export const pageModeSchema = z.strictObject({ mode: z.enum(['lead', 'follow', 'watch']) });

/** One more agent who has this: what would it change? */
export const whatIfSchema = z.strictObject({ qualifications: z.array(qualification).max(50) });

export type WhatIf = z.infer<typeof whatIfSchema>;

export const managerMoveSchema = z.strictObject({
  at: z.number().int(),
  /** Confirmed, although the service is closed then. */
  anyway: z.boolean().optional(),
});
export type ManagerMove = z.infer<typeof managerMoveSchema>;

export const emptySchema = z.strictObject({});
