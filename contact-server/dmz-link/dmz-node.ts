import type { VisitorAnswer } from '../ports/visitor-desk.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { RecentAnswers } from './recent-answers.ts';

/** What is answered over the link: an answer of the desk, or a problem with its time to come back. */
export interface LinkAnswer extends VisitorAnswer {
  readonly retryAfterS?: number;
}

/** What one web-dmz may have in progress at once, over all its connections. */
export interface NodeLimits {
  readonly requests: number;
  readonly streams: number;
}

export const nodeLimits: NodeLimits = { requests: 1_000, streams: 10_000 };

/** One web-dmz as its certificate names it, whatever the number of its connections. */
export class DmzNode {
  readonly name: string;
  readonly answers: RecentAnswers<LinkAnswer>;
  /** In progress now. */
  requests = 0;
  streams = 0;

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.answers = new RecentAnswers(clock);
  }
}
