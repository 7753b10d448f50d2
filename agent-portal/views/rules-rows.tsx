import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';

import { useTools } from './context.ts';
import { Icon } from './icons.tsx';
import { Fault, useFaults } from './rules-faults.tsx';
import type { FieldProps } from './rules-fields.tsx';

export interface Skill {
  readonly name: string;
  readonly level: number;
}

/** Fields under one heading, and what is wrong with all of it below; what is in it shows its own. */
export function Fields(
  props: FieldProps & {
    readonly isAlone?: boolean;
    /** The id of what describes it. */
    readonly said?: string;
    readonly class?: string;
    readonly children: ComponentChildren;
  },
): JSX.Element {
  const faults = useFaults(props.field, props.isAlone);
  const id = useId();
  return (
    <fieldset
      class={props.class ?? ''}
      aria-invalid={faults.length > 0}
      aria-describedby={[props.said, faults.length > 0 && `${id}-fault`].filter(Boolean).join(' ')}
    >
      <legend>{props.label}</legend>
      {props.hint !== undefined && <p class="hint">{props.hint}</p>}
      {props.children}
      <Fault id={`${id}-fault`} of={faults} />
    </fieldset>
  );
}

interface RowsProps extends FieldProps {
  /** What it is a part of, for who hears one control by itself. */
  readonly within?: string;
  readonly empty: string;
}

/** A list of rows under one heading, each with a way to take it out, and what is wrong with it below. */
export function Rows<T>(
  props: RowsProps & {
    readonly items: readonly T[];
    readonly fresh: () => T;
    readonly nameOf: (item: T) => string;
    readonly onChange: (items: readonly T[]) => void;
    readonly row: (item: T, set: (item: T) => void, at: string) => ComponentChildren;
  },
): JSX.Element {
  const { field, label, hint, items, onChange } = props;
  const heard = props.within === undefined ? '' : `${props.within}: `;
  return (
    <Fields field={field} label={label} hint={hint} class="rule-rows" isAlone>
      {items.length === 0 && <p class="hint">{props.empty}</p>}
      {items.map((item, i) => {
        const at = `${heard}${label} ${i + 1}`;
        return (
          <Row field={`${field}/${i}`} label={at} key={i}>
            {props.row(item, (next) => onChange(items.map((it, n) => (n === i ? next : it))), at)}
            <button
              type="button"
              class="button quiet icon-only"
              aria-label={`${heard}Take out ${props.nameOf(item)}`}
              onClick={() => onChange(items.filter((_, n) => n !== i))}
            >
              <Icon name="close" />
            </button>
          </Row>
        );
      })}
      <button type="button" class="button" onClick={() => onChange([...items, props.fresh()])}>
        Add
      </button>
    </Fields>
  );
}

function Row(props: FieldProps & { readonly children: ComponentChildren }): JSX.Element {
  const faults = useFaults(props.field);
  const id = useId();
  return (
    <>
      <div
        class="rule-row"
        role="group"
        aria-label={props.label}
        aria-invalid={faults.length > 0}
        aria-describedby={faults.length > 0 ? `${id}-fault` : undefined}
      >
        {props.children}
      </div>
      <Fault id={`${id}-fault`} of={faults} />
    </>
  );
}

/** Qualifications with a level each. */
export function SkillRows(
  props: RowsProps & {
    readonly items: readonly Skill[];
    readonly onChange: (items: readonly Skill[]) => void;
  },
): JSX.Element {
  const { portal } = useTools();
  const known = portal.rules.view.value?.rules.qualifications ?? [];
  return (
    <Rows
      {...props}
      fresh={() => ({
        name: known.find((it) => !props.items.some((has) => has.name === it)) ?? '',
        level: 1,
      })}
      nameOf={(it) => it.name}
      row={(item, set, at) => (
        <>
          <select
            aria-label={`${at}, qualification`}
            onChange={(event) => set({ ...item, name: event.currentTarget.value })}
          >
            {[...new Set([...known, item.name])].map((name) => (
              <option key={name} value={name} selected={name === item.name}>
                {name}
              </option>
            ))}
          </select>
          <span class="hint" aria-hidden="true">
            level
          </span>
          <input
            type="number"
            class="figure"
            min={1}
            max={5}
            aria-label={`${at}, level 1 to 5`}
            value={String(item.level)}
            onInput={(event) => set({ ...item, level: Number(event.currentTarget.value) })}
          />
        </>
      )}
    />
  );
}

interface Period {
  readonly from: string;
  readonly to: string;
}

/** Two times of day; `24:00` ends a day, and an end before the beginning is on the next. */
export function PeriodInputs<T extends Period>(props: {
  readonly item: T;
  readonly at: string;
  readonly set: (item: T) => void;
}): JSX.Element {
  const input = (which: 'from' | 'to'): JSX.Element => (
    <input
      type="text"
      class="figure clock"
      inputMode="numeric"
      placeholder="09:00"
      maxLength={5}
      aria-label={`${props.at}, ${which}`}
      value={props.item[which]}
      onInput={(event) => props.set({ ...props.item, [which]: event.currentTarget.value })}
    />
  );
  return (
    <>
      {input('from')}
      <span aria-hidden="true">to</span>
      {input('to')}
    </>
  );
}
