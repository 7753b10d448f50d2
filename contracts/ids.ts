/** A string that only its own maker may produce, so that ids cannot be swapped by mistake. */
export type Id<Kind extends string> = string & { readonly __kind: Kind };

export type CallbackId = Id<'callback'>;
/** One visit of one visitor: who is joined to the contact, and which page it is on. 128 random bits. */
export type SessionId = Id<'session'>;
export type AgentId = Id<'agent'>;
export type ReservationId = Id<'reservation'>;
export type CallId = Id<'call'>;
/** One browser tab of a visitor, or one frame of a viewer. */
export type TabId = Id<'tab'>;
