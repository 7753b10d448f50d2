import type { AgentId, CallbackId, CallId } from '../../contracts/ids.ts';
import type { CallCommand } from '../../contracts/agent.ts';
import type { ConnectionState } from '../../contracts/states.ts';

/** The telephone call of one callback, as both phones last told it. */
export interface Call {
  readonly id: CallId;
  readonly callbackId: CallbackId;
  readonly agentId: AgentId;
  readonly agent: ConnectionState;
  readonly customer: ConnectionState;
  readonly since: number;
  readonly talkingSince?: number;
  readonly callerId?: string;
  /** The customer's phone began to ring (for the code word's life). */
  readonly ringingSince?: number;
  readonly ended?: {
    readonly by: 'agent' | 'customer' | 'server';
    readonly cause: string;
    readonly at: number;
  };
}

export type CallNews =
  | { readonly type: 'originated'; readonly leg: 'agent' | 'customer'; readonly at: number }
  | { readonly type: 'delivered'; readonly leg: 'agent' | 'customer'; readonly at: number }
  | { readonly type: 'established'; readonly leg: 'agent' | 'customer'; readonly at: number }
  | { readonly type: 'joined'; readonly at: number }
  | { readonly type: 'held'; readonly by: 'agent' | 'customer'; readonly at: number }
  | { readonly type: 'retrieved'; readonly by: 'agent' | 'customer'; readonly at: number }
  | {
      readonly type: 'failed';
      readonly leg: 'agent' | 'customer';
      readonly at: number;
      readonly detail: string;
    }
  | {
      readonly type: 'cleared';
      readonly by: 'agent' | 'customer' | 'server';
      readonly cause: string;
      readonly at: number;
    };

export function newCall(id: CallId, callbackId: CallbackId, agentId: AgentId, at: number): Call {
  return { id, callbackId, agentId, agent: 'initiated', customer: 'null', since: at };
}

/** The call after the news; nothing moves a call that has ended. */
export function hear(call: Call, news: CallNews): Call {
  if (call.ended) return call;
  switch (news.type) {
    case 'originated':
      return { ...call, [news.leg]: 'initiated' };
    case 'delivered':
      return news.leg === 'customer'
        ? { ...call, customer: 'alerting', ringingSince: call.ringingSince ?? news.at }
        : { ...call, agent: 'alerting' };
    case 'established':
      return { ...call, [news.leg]: 'connected' };
    case 'joined':
      return {
        ...call,
        agent: 'connected',
        customer: 'connected',
        talkingSince: call.talkingSince ?? news.at,
      };
    case 'held':
      return { ...call, [news.by === 'agent' ? 'customer' : 'agent']: 'hold' };
    case 'retrieved':
      return { ...call, [news.by === 'agent' ? 'customer' : 'agent']: 'connected' };
    case 'failed':
      return { ...call, [news.leg]: 'failed' };
    case 'cleared':
      return {
        ...call,
        agent: 'null',
        customer: 'null',
        ended: { by: news.by, cause: news.cause, at: news.at },
      };
  }
}

/** The commands that make sense now; nothing else is shown or accepted. */
export function allowedNow(call: Call): readonly CallCommand[] {
  if (call.ended) return [];
  if (call.customer === 'hold') return ['retrieve', 'drop'];
  if (call.talkingSince !== undefined && call.customer === 'connected') return ['hold', 'drop'];
  return ['drop'];
}
