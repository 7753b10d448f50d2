import type { JSX } from 'preact';

import type { FlowView } from '../../contracts/agent.ts';
import { timeOfDay } from '../model/format.ts';

const HIGH = 20;

interface BarsProps {
  readonly kind: 'waiting' | 'answered';
  readonly values: readonly number[];
  readonly flow: FlowView;
  /** The whole of it in one sentence, for whoever does not see bars. */
  readonly sentence: string;
}

/** One row of bars; a step and its number appear on hover. */
function Bars({ kind, values, flow, sentence }: BarsProps): JSX.Element {
  const most = Math.max(1, ...values);
  return (
    <svg
      viewBox={`0 0 ${values.length} ${HIGH}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={sentence}
      data-flow={kind}
    >
      {values.map((value, i) => {
        const at = flow.from + i * flow.stepMs;
        const height = (value / most) * HIGH;
        return (
          <g key={at}>
            <title>{`${timeOfDay(at)}–${timeOfDay(at + flow.stepMs)}: ${value} ${kind}`}</title>
            <rect x={i} y={0} width={1} height={HIGH} />
            <rect class={`bar ${kind}`} x={i + 0.1} y={HIGH - height} width={0.8} height={height} />
          </g>
        );
      })}
    </svg>
  );
}

/** How many stood in line and how many were answered, over the last hours. */
export function FlowChart({ flow }: { readonly flow: FlowView | undefined }): JSX.Element {
  return (
    <section class="box flow-box" aria-labelledby="flow-title">
      <h2 id="flow-title">Last 4 hours</h2>
      {flow === undefined ? <p class="hint pad">The server does not tell.</p> : <Rows flow={flow} />}
    </section>
  );
}

function Rows({ flow }: { readonly flow: FlowView }): JSX.Element {
  const { waiting, answered, from, stepMs } = flow;
  const most = Math.max(0, ...waiting);
  const mostAt = from + waiting.indexOf(most) * stepMs;
  const sum = answered.reduce((all, it) => all + it, 0);
  const minutes = stepMs / 60_000;
  const mostWords = most === 0 ? 'nobody waited' : `at most ${most}, ${timeOfDay(mostAt)}`;
  return (
    <div class="flow">
      <div class="flow-head" title={`The most in line at once, in steps of ${minutes} minutes`}>
        <span>Waiting</span>
        <span class="figure hint">{mostWords}</span>
      </div>
      <Bars kind="waiting" values={waiting} flow={flow} sentence={`Waiting, last 4 hours: ${mostWords}`} />
      <div class="flow-head" title={`Both sides began to talk, in steps of ${minutes} minutes`}>
        <span>Answered</span>
        <span class="figure hint">{sum} in all</span>
      </div>
      <Bars
        kind="answered"
        values={answered}
        flow={flow}
        sentence={`Answered, last 4 hours: ${sum} in all`}
      />
      <p class="flow-axis figure">
        <span>{timeOfDay(from)}</span>
        <span>{timeOfDay(from + (waiting.length / 2) * stepMs)}</span>
        <span>now</span>
      </p>
    </div>
  );
}
