import type { ComponentChildren, JSX } from 'preact';
import { useId, useState } from 'preact/hooks';

import { useTools } from './context.ts';
import { Icon } from './icons.tsx';

export interface Skill {
  readonly name: string;
  readonly level: number;
}

/** The sentences that stand beside a field: all whose path, without kind and id, is the field or lies in it. */
function useFaults(field: string): readonly string[] {
  const { portal } = useTools();
  const opened = portal.rules.opened.value;
  const kind = typeof opened === 'object' ? opened.kind : '';
  return portal.rules.faults.value.flatMap(({ path, message }) => {
    const [, ofKind, id = '', ...rest] = path.split('/');
    const isOurs = ofKind === kind && (/^\d+$/.test(id) || (typeof opened === 'object' && id === opened.id));
    const tail = rest.join('/');
    return isOurs && (tail === field || tail.startsWith(`${field}/`)) ? [message] : [];
  });
}

function Fault({ id, of }: { readonly id: string; readonly of: readonly string[] }): JSX.Element | null {
  if (of.length === 0) return null;
  return (
    <p id={id} class="problem">
      {[...new Set(of)].join(' ')}
    </p>
  );
}

interface FieldProps {
  /** As the rule's field is called. */
  readonly field: string;
  readonly label: string;
  readonly hint?: string;
}

/** One value with its label, and what is wrong with it below. */
export function TextField(
  props: FieldProps & {
    readonly value: string;
    readonly onChange: (value: string) => void;
    readonly type?: 'text' | 'number' | 'date';
    readonly min?: number;
    readonly max?: number;
    readonly list?: string;
    readonly readOnly?: boolean;
  },
): JSX.Element {
  const faults = useFaults(props.field);
  const id = useId();
  return (
    <div class="rule-field">
      <label for={id}>
        {props.label} {props.hint !== undefined && <span class="hint">{props.hint}</span>}
      </label>
      <input
        id={id}
        name={props.field}
        type={props.type ?? 'text'}
        class={props.type === 'number' ? 'figure' : ''}
        min={props.min}
        max={props.max}
        list={props.list}
        readOnly={props.readOnly}
        value={props.value}
        aria-invalid={faults.length > 0}
        aria-describedby={faults.length > 0 ? `${id}-fault` : undefined}
        onInput={(event) => props.onChange(event.currentTarget.value)}
      />
      <Fault id={`${id}-fault`} of={faults} />
    </div>
  );
}

const units = [
  { name: 'seconds', ms: 1_000 },
  { name: 'minutes', ms: 60_000 },
] as const;

/** A length of time in the unit it is easily said in, with a sentence that says what it makes happen. */
export function DurationField(
  props: FieldProps & {
    readonly ms: number;
    readonly onChange: (ms: number) => void;
    readonly says?: string;
  },
): JSX.Element {
  const { ms, says } = props;
  const faults = useFaults(props.field);
  const id = useId();
  const [unit, setUnit] = useState<(typeof units)[number]>(ms % 60_000 === 0 ? units[1] : units[0]);
  return (
    <div class="rule-field">
      <label for={id}>
        {props.label} {props.hint !== undefined && <span class="hint">{props.hint}</span>}
      </label>
      <span class="rule-duration">
        <input
          id={id}
          name={props.field}
          type="number"
          class="figure"
          min={0}
          step="any"
          value={String(ms / unit.ms)}
          aria-invalid={faults.length > 0}
          aria-describedby={`${id}-fault ${id}-says`}
          onInput={(event) => props.onChange(Math.round(Number(event.currentTarget.value) * unit.ms))}
        />
        <select
          aria-label={`${props.label}, unit`}
          onChange={(event) => {
            const next = units[event.currentTarget.selectedIndex] ?? unit;
            setUnit(next);
            props.onChange(Math.round((ms / unit.ms) * next.ms));
          }}
        >
          {units.map((it) => (
            <option key={it.name} selected={it === unit}>
              {it.name}
            </option>
          ))}
        </select>
      </span>
      <Fault id={`${id}-fault`} of={faults} />
      {says !== undefined && (
        <p id={`${id}-says`} class="hint">
          {says}
        </p>
      )}
    </div>
  );
}

/** A choice of one among a few. */
export function ChoiceField(
  props: FieldProps & {
    readonly value: string;
    readonly options: readonly string[];
    readonly onChange: (value: string) => void;
  },
): JSX.Element {
  const faults = useFaults(props.field);
  const id = useId();
  return (
    <div class="rule-field">
      <label for={id}>
        {props.label} {props.hint !== undefined && <span class="hint">{props.hint}</span>}
      </label>
      <select
        id={id}
        name={props.field}
        aria-invalid={faults.length > 0}
        aria-describedby={faults.length > 0 ? `${id}-fault` : undefined}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      >
        {props.options.map((it) => (
          <option key={it} value={it} selected={it === props.value}>
            {it}
          </option>
        ))}
      </select>
      <Fault id={`${id}-fault`} of={faults} />
    </div>
  );
}

export function TickField(props: {
  readonly label: string;
  readonly hint?: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}): JSX.Element {
  return (
    <label class="choice">
      <input
        type="checkbox"
        checked={props.checked}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <span>
        {props.label}
        {props.hint !== undefined && <span class="hint">{props.hint}</span>}
      </span>
    </label>
  );
}

interface RowsProps extends FieldProps {
  /** What it is a part of, for who hears one control by itself. */
  readonly within?: string;
  readonly empty: string;
}

/** A list of rows under one heading, each with a way to take it out, and what is wrong below. */
export function Rows<T>(
  props: RowsProps & {
    readonly items: readonly T[];
    readonly fresh: () => T;
    readonly nameOf: (item: T) => string;
    readonly onChange: (items: readonly T[]) => void;
    readonly row: (item: T, set: (item: T) => void, at: string) => ComponentChildren;
  },
): JSX.Element {
  const { items, onChange } = props;
  const faults = useFaults(props.field);
  const id = useId();
  const heard = props.within === undefined ? '' : `${props.within}: `;
  return (
    <fieldset
      class="rule-rows"
      aria-invalid={faults.length > 0}
      aria-describedby={faults.length > 0 ? `${id}-fault` : undefined}
    >
      <legend>{props.label}</legend>
      {props.hint !== undefined && <p class="hint">{props.hint}</p>}
      {items.length === 0 && <p class="hint">{props.empty}</p>}
      {items.map((item, i) => (
        <div class="rule-row" key={i}>
          {props.row(
            item,
            (next) => onChange(items.map((it, n) => (n === i ? next : it))),
            `${heard}${props.label} ${i + 1}`,
          )}
          <button
            type="button"
            class="button quiet icon-only"
            aria-label={`${heard}Take out ${props.nameOf(item)}`}
            onClick={() => onChange(items.filter((_, n) => n !== i))}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
      <Fault id={`${id}-fault`} of={faults} />
      <button type="button" class="button" onClick={() => onChange([...items, props.fresh()])}>
        Add
      </button>
    </fieldset>
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
