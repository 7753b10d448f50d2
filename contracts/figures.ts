/** The last four hours in equal steps, oldest first; the last step is not over. */
export interface FlowView {
  /** Begin of the first step. */
  readonly from: number;
  readonly stepMs: number;
  /** The most that stood in line at once in each step. */
  readonly waiting: readonly number[];
  /** Callbacks whose two sides began to talk in each step. */
  readonly answered: readonly number[];
}

/** A number on the board that says what it is. `value` absent: no event in the window yet. */
export interface Figure {
  readonly id:
    | 'waiting'
    | 'longest-waiting'
    | 'reserved'
    | 'agents-ready'
    | 'agents-busy'
    | 'agents-not-ready'
    | 'service-level'
    | 'abandoned'
    | 'promises-kept'
    | 'handle-time'
    | 'overtaken'
    | 'overtaken-unexplained';
  readonly label: string;
  readonly value?: number;
  readonly unit: 'count' | 'ms' | 'share';
  /** Window, time zone, formula and treatment, in one sentence. */
  readonly definition: string;
}
