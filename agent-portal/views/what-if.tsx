import type { JSX } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';

import type { WhatIfView } from '../../contracts/agent.ts';
import { reasonOf } from '../model/api.ts';
import type { LineRow } from '../model/board.ts';
import { ordinal, timeAhead } from '../model/format.ts';
import { useTools } from './context.ts';
import { needInWords } from './words.ts';

type Skills = readonly { readonly name: string; readonly level: number }[];
type Range = WhatIfView['estimate'];

const NEEDED = 'needed';
const HIGHEST = 5;
/** Less is not worth a sentence. */
const HARDLY_MS = 60_000;

/** What one more free agent would change for somebody who waits, played forward from this moment. */
export function WhatIf({ row }: { readonly row: LineRow }): JSX.Element {
  const { portal } = useTools();
  const rules = portal.rules.view.value?.rules;
  const [choice, setChoice] = useState('');
  const [said, setSaid] = useState('');
  const id = useId();

  useEffect(() => {
    if (portal.rules.view.peek() === undefined) void portal.rules.refresh();
  }, [portal]);

  const { callbackId, place } = row;
  useEffect(() => {
    if (choice === '') return undefined;
    let isOver = false;
    const skills = skillsOf(choice, row, rules);
    portal.api.whatIf(callbackId, [...skills]).then(
      (found) => !isOver && setSaid(sentence(found, portal.clock.now.peek())),
      (error: unknown) => !isOver && setSaid(`${reasonOf(error)}.`),
    );
    return () => {
      isOver = true;
    };
  }, [choice, callbackId, place]);

  return (
    <section class="stack">
      <h3>What if</h3>
      <div class="rule-field">
        <label for={id}>One more free agent</label>
        <select id={id} data-view="what-if" onChange={(event) => setChoice(event.currentTarget.value)}>
          <option value="">choose who</option>
          <option value={NEEDED}>with what this call needs</option>
          <optgroup label="Like">
            {rules?.agents.map((it) => (
              <option key={it.id} value={`agent ${it.id}`}>
                {it.name}
              </option>
            ))}
          </optgroup>
          <optgroup label="With nothing but">
            {rules?.qualifications.map((it) => (
              <option key={it} value={`skill ${it}`}>
                {needInWords(it)}
              </option>
            ))}
          </optgroup>
        </select>
      </div>
      <p role="status" class="what-if">
        {choice === '' ? '' : said}
      </p>
    </section>
  );
}

interface Known {
  readonly agents: readonly { readonly id: string; readonly qualifications: Skills }[];
}

function skillsOf(choice: string, { needs }: LineRow, rules: Known | undefined): Skills {
  if (choice === NEEDED) {
    return needs.map((name) => ({ name, level: HIGHEST }));
  }
  const [kind, name = ''] = choice.split(' ');
  if (kind === 'skill') return [{ name, level: HIGHEST }];
  return rules?.agents.find((it) => it.id === name)?.qualifications ?? [];
}

function sentence({ place, estimate, then }: WhatIfView, now: number): string {
  if (then.place === 0) return `They would be offered at once. ${asItIs(estimate, now)}`;
  const nearer =
    then.place < place ? `They would be ${ordinal(then.place)} instead of ${ordinal(place)}. ` : '';
  if (then.estimate === undefined) return `${nearer}Still nothing could be promised.`;
  if (nearer === '' && estimate !== undefined && isAlike(estimate, then.estimate)) {
    return `It would change hardly anything. ${asItIs(estimate, now)}`;
  }
  return `${nearer}They would be rung ${span(then.estimate, now)}. ${asItIs(estimate, now)}`;
}

function asItIs(estimate: Range, now: number): string {
  return estimate === undefined ? 'As it is, nothing can be promised.' : `As it is: ${span(estimate, now)}.`;
}

function span({ from, to }: NonNullable<Range>, now: number): string {
  return `${timeAhead(from, now)}–${timeAhead(to, now)}`;
}

function isAlike(a: NonNullable<Range>, b: NonNullable<Range>): boolean {
  return Math.abs(a.from - b.from) < HARDLY_MS && Math.abs(a.to - b.to) < HARDLY_MS;
}
