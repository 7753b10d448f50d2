import type { SessionId } from '../../contracts/ids.ts';
import type { Channel, LegState, Role } from '../../contracts/states.ts';

/** One endpoint's attachment to a session. A phone is a leg too, held by a server-side proxy. */
export interface SessionLeg {
  /** `<role>:<who>:<channel>`; a `lost` leg that returns is the same leg. */
  readonly id: string;
  readonly role: Role;
  readonly who: string;
  readonly name: string;
  readonly channel: Channel;
  readonly state: LegState;
  readonly since: number;
}

/** Who is joined to one contact: the record of its endpoints, whatever brought them here. */
export interface Session {
  readonly id: SessionId;
  readonly state: 'open' | 'ended';
  readonly since: number;
  readonly legs: readonly SessionLeg[];
}

/** What a service instance or a leg controller wants of a session. */
export type LegWish =
  | {
      readonly do: 'add';
      readonly role: Role;
      readonly who: string;
      readonly name: string;
      readonly channel: Channel;
      readonly state: LegState;
    }
  | { readonly do: 'set'; readonly id: string; readonly state: LegState }
  | { readonly do: 'end' };

export function legId(role: Role, who: string, channel: Channel): string {
  return `${role}:${who}:${channel}`;
}

export function newSession(id: SessionId, at: number): Session {
  return { id, state: 'open', since: at, legs: [] };
}

/**
 * The generic session instance: adds and removes endpoints. It knows no service, no phone and no page. Whoever is added to an
 * ended session opens it again, without those who have left: the same visitor's next contact.
 */
export function change(session: Session, wish: LegWish, at: number): Session {
  if (session.state === 'ended') {
    return wish.do === 'add' && wish.state !== 'left'
      ? change({ ...session, state: 'open', since: at, legs: [] }, wish, at)
      : session;
  }
  switch (wish.do) {
    case 'add': {
      const id = legId(wish.role, wish.who, wish.channel);
      const known = session.legs.find((it) => it.id === id);
      if (known) return change(session, { do: 'set', id, state: wish.state }, at);
      const { role, who, name, channel, state } = wish;
      return { ...session, legs: [...session.legs, { id, role, who, name, channel, state, since: at }] };
    }
    case 'set': {
      const known = session.legs.find((it) => it.id === wish.id);
      if (!known || known.state === wish.state) return session;
      return {
        ...session,
        legs: session.legs.map((it) => (it.id === wish.id ? { ...it, state: wish.state, since: at } : it)),
      };
    }
    case 'end':
      return {
        ...session,
        state: 'ended',
        legs: session.legs.map((it) => (it.state === 'left' ? it : { ...it, state: 'left', since: at })),
      };
  }
}

/** Somebody is on this channel, or about to be. */
export function isAlive(session: Session, channel: Channel): boolean {
  return session.legs.some((it) => it.channel === channel && it.state !== 'left');
}
