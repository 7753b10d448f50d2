import type { JSX } from 'preact';
import { useId } from 'preact/hooks';

import type { RuleItem } from '../model/rules.ts';
import { inWords } from '../model/format.ts';
import { DurationField, TickField } from './rules-fields.tsx';
import { Fields, SkillRows, type Skill } from './rules-rows.tsx';

type Service = RuleItem<'services'>;
type Step = Service['rings'][number];

interface WaitingProps {
  readonly item: Service;
  readonly set: (item: Service) => void;
}

/** What changes for somebody while they wait: whom they are given to, whom they wait for, who goes first. */
export function WaitingRules({ item, set }: WaitingProps): JSX.Element {
  return (
    <>
      <Steps item={item} set={set} />
      <DurationField
        field="preferredWaitMs"
        label="Wait for their own agent"
        hint="0 to 60 minutes"
        ms={item.preferredWaitMs}
        onChange={(preferredWaitMs) => set({ ...item, preferredWaitMs })}
        says={
          item.preferredWaitMs > 0
            ? `A customer who has an agent of their own waits for them alone for ${inWords(item.preferredWaitMs)}, while that agent is logged in; then whoever is free takes the call.`
            : 'A customer who has an agent of their own gets them if they are free, else whoever is free.'
        }
      />
      <TickField
        field="lastAgent"
        label="Whoever they talked to last counts as their own agent"
        hint="For those who have none: of the last 30 days, by customer or number."
        checked={item.lastAgent ?? false}
        onChange={(lastAgent) => set({ ...item, lastAgent })}
      />
      <DurationField
        field="ageMsPerPriority"
        label="A point of priority is worth"
        hint="of waiting, 0 to 10 minutes"
        ms={item.ageMsPerPriority}
        onChange={(ageMsPerPriority) => set({ ...item, ageMsPerPriority })}
        says={
          item.ageMsPerPriority > 0
            ? `Priority 10 goes before whoever has none and came up to ${inWords(10 * item.ageMsPerPriority)} earlier; who has waited longer than that goes first.`
            : 'A higher priority always goes first, however long the others have waited.'
        }
      />
    </>
  );
}

/** How the requirement widens: step by step, each with a time and what is asked for from then on. */
function Steps({ item, set }: WaitingProps): JSX.Element {
  const put = (rings: readonly Step[]): void => set({ ...item, rings: [...rings] });
  const change = (at: number, step: Step): void => put(item.rings.map((it, n) => (n === at ? step : it)));
  const last = item.rings.at(-1);
  const said = useId();
  return (
    <Fields field="rings" label="For those who wait long" class="rule-rows" said={said} isAlone>
      <ol class="rule-says" id={said}>
        <li>
          At first: {whom(item.must)}
          {item.rings.length === 0 ? ', however long they wait' : ''}.
        </li>
        {item.rings.map((it, i) => (
          <li key={i}>
            After {inWords(it.afterMs)}: {whom(it.must)}
            {i === item.rings.length - 1 ? ', for as long as it takes' : ''}.
          </li>
        ))}
      </ol>
      {item.rings.map((step, i) => (
        <Fields field={`rings/${i}`} label={`Step ${i + 1}`} class="rule-step" isAlone key={i}>
          <DurationField
            field={`rings/${i}/afterMs`}
            label="After waiting"
            hint={
              i === 0 ? 'since they asked, up to 24 hours' : 'since they asked, longer than the step before'
            }
            ms={step.afterMs}
            onChange={(afterMs) => change(i, { ...step, afterMs })}
          />
          <SkillRows
            field={`rings/${i}/must`}
            label="An agent must then have"
            within={`Step ${i + 1}`}
            empty="Any agent will do."
            items={step.must}
            onChange={(must) => change(i, { ...step, must: [...must] })}
          />
          <SkillRows
            field={`rings/${i}/prefer`}
            label="Then preferred, not needed"
            within={`Step ${i + 1}`}
            empty="Nothing is preferred."
            items={step.prefer}
            onChange={(prefer) => change(i, { ...step, prefer: [...prefer] })}
          />
          <button
            type="button"
            class="button quiet"
            onClick={() => put(item.rings.filter((_, n) => n !== i))}
          >
            Take out step {i + 1}
          </button>
        </Fields>
      ))}
      {item.rings.length < 5 && (
        <button
          type="button"
          class="button"
          onClick={() => {
            const { must, prefer } = last ?? item;
            put([...item.rings, { afterMs: (last?.afterMs ?? 0) + 5 * 60_000, must, prefer }]);
          }}
        >
          Add a step
        </button>
      )}
    </Fields>
  );
}

/** `an agent with service:sales (2 or higher) and lang:es`. */
function whom(must: readonly Skill[]): string {
  const named = must.map(({ name, level }) => (level > 1 ? `${name} (${level} or higher)` : name));
  return named.length === 0 ? 'any agent' : `an agent with ${named.join(' and ')}`;
}
