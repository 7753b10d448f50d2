import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';

import { Fault, useFaults } from './rules-faults.tsx';

export interface FieldProps {
  /** As the rule's field is called. */
  readonly field: string;
  readonly label: string;
  readonly hint?: string | undefined;
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

/** A yes or no, and what is wrong with it below. */
export function TickField(
  props: FieldProps & { readonly checked: boolean; readonly onChange: (checked: boolean) => void },
): JSX.Element {
  const faults = useFaults(props.field);
  const id = useId();
  return (
    <div class="rule-field">
      <label class="choice">
        <input
          type="checkbox"
          name={props.field}
          checked={props.checked}
          aria-invalid={faults.length > 0}
          aria-describedby={faults.length > 0 ? `${id}-fault` : undefined}
          onChange={(event) => props.onChange(event.currentTarget.checked)}
        />
        <span>
          {props.label}
          {props.hint !== undefined && <span class="hint">{props.hint}</span>}
        </span>
      </label>
      <Fault id={`${id}-fault`} of={faults} />
    </div>
  );
}
