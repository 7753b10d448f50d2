import type { JSX } from 'preact';

import { USUAL_CAPACITY } from '../../contracts/capacity.ts';
import type { RuleItem } from '../model/rules.ts';
import { useTools } from './context.ts';
import { AtOnce } from './rules-capacity.tsx';
import { NumbersShown } from './rules-numbers.tsx';
import { WaitingRules } from './rules-waiting.tsx';
import { ChoiceField, TextField, TickField } from './rules-fields.tsx';
import { Fields, PeriodInputs, Rows, SkillRows } from './rules-rows.tsx';

interface EditorProps<T> {
  readonly item: T;
  readonly set: (item: T) => void;
}

const NOT_PLANNED = 'not planned';
const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** A queue: who may ask for it, whom it needs, how it is offered and booked. */
export function ServiceEditor({ item, set }: EditorProps<RuleItem<'services'>>): JSX.Element {
  const { portal } = useTools();
  const hours = portal.rules.view.value?.rules.hours.map((it) => it.id) ?? [];
  return (
    <>
      <TextField field="name" label="Name" value={item.name} onChange={(name) => set({ ...item, name })} />
      <p class="hint">
        Its id is <code>{item.id}</code>. A page offers it by <code>data-service="{item.id}"</code>.
      </p>
      <NumbersShown item={item} set={set} />
      <ChoiceField
        field="hours"
        label="Opening hours"
        value={item.hours}
        options={[...new Set([...hours, item.hours])]}
        onChange={(it) => set({ ...item, hours: it })}
      />
      <SkillRows
        field="must"
        label="An agent must have"
        empty="Any agent will do."
        items={item.must}
        onChange={(must) => set({ ...item, must: [...must] })}
      />
      <SkillRows
        field="prefer"
        label="Preferred, not needed"
        empty="Nothing is preferred."
        items={item.prefer}
        onChange={(prefer) => set({ ...item, prefer: [...prefer] })}
      />
      <WaitingRules item={item} set={set} />
      <TextField
        field="offerMs"
        label="Offer time"
        hint="seconds, 3 to 300"
        type="number"
        min={3}
        max={300}
        value={String(item.offerMs / 1000)}
        onChange={(it) => set({ ...item, offerMs: Math.round(Number(it) * 1000) })}
      />
      <TickField
        field="autoAccept"
        label="Accept offers for the agent"
        hint="Their phone rings at once."
        checked={item.autoAccept}
        onChange={(autoAccept) => set({ ...item, autoAccept })}
      />
      <TickField
        field="entitled"
        label="Only for those who are entitled"
        hint="Others are told why not."
        checked={item.entitled}
        onChange={(entitled) => set({ ...item, entitled })}
      />
      <TextField
        field="slotMinutes"
        label="Length of a bookable slot"
        hint="minutes, 5 to 240"
        type="number"
        min={5}
        max={240}
        value={String(item.slotMinutes)}
        onChange={(it) => set({ ...item, slotMinutes: Number(it) })}
      />
      <TextField
        field="slotCapacity"
        label="Calls in a slot"
        hint="so many may pick a time in it; who comes later is told the next free times"
        type="number"
        min={1}
        max={1000}
        value={String(item.slotCapacity)}
        onChange={(it) => set({ ...item, slotCapacity: Number(it) })}
      />
    </>
  );
}

/** Opening hours: a week, and the days that are not like it. */
export function HoursEditor({ item, set }: EditorProps<RuleItem<'hours'>>): JSX.Element {
  return (
    <>
      <TextField
        field="timezone"
        label="Time zone"
        hint="as Europe/London"
        list="time-zones"
        value={item.timezone}
        onChange={(timezone) => set({ ...item, timezone })}
      />
      <datalist id="time-zones">
        {Intl.supportedValuesOf('timeZone').map((it) => (
          <option key={it} value={it} />
        ))}
      </datalist>
      <Rows
        field="weekly"
        label="Open"
        empty="Never open."
        items={item.weekly}
        fresh={() => ({ day: ((item.weekly.at(-1)?.day ?? 0) % 7) + 1, from: '09:00', to: '17:00' })}
        nameOf={(it) => `${days[it.day - 1] ?? ''} ${it.from} to ${it.to}`}
        onChange={(weekly) => set({ ...item, weekly: [...weekly] })}
        row={(period, put, at) => (
          <>
            <select
              aria-label={`${at}, day`}
              onChange={(event) => put({ ...period, day: Number(event.currentTarget.value) })}
            >
              {days.map((day, i) => (
                <option key={day} value={i + 1} selected={i + 1 === period.day}>
                  {day}
                </option>
              ))}
            </select>
            <PeriodInputs item={period} at={at} set={put} />
          </>
        )}
      />
      <Rows
        field="exceptions"
        label="Holidays and other exceptions"
        hint="A date here is open only as it stands here, from midnight to midnight: a night that began the day before ends as it begins."
        empty="Every week is the same."
        items={item.exceptions}
        fresh={() => ({ date: new Date().toISOString().slice(0, 10), periods: [] })}
        nameOf={(it) => it.date}
        onChange={(exceptions) => set({ ...item, exceptions: [...exceptions] })}
        row={(day, put, at) => (
          <span class="rule-day">
            <input
              type="date"
              aria-label={`${at}, date`}
              value={day.date}
              onInput={(event) => put({ ...day, date: event.currentTarget.value })}
            />
            {day.periods.length === 0 && <span class="hint">closed</span>}
            {day.periods.map((period, i) => (
              <span class="rule-period" key={i}>
                <PeriodInputs
                  item={period}
                  at={`${at}, opening ${i + 1}`}
                  set={(next) => put({ ...day, periods: day.periods.map((it, n) => (n === i ? next : it)) })}
                />
              </span>
            ))}
            <button
              type="button"
              class="button quiet"
              aria-label={`${at}: open at another time`}
              onClick={() => put({ ...day, periods: [...day.periods, { from: '10:00', to: '14:00' }] })}
            >
              Open at
            </button>
            {day.periods.length > 0 && (
              <button
                type="button"
                class="button quiet"
                aria-label={`${at}: closed all day`}
                onClick={() => put({ ...day, periods: [] })}
              >
                Closed all day
              </button>
            )}
          </span>
        )}
      />
    </>
  );
}

/** What somebody can do, and when they are planned to work. */
export function AgentEditor({ item, set }: EditorProps<RuleItem<'agents'>>): JSX.Element {
  const { portal } = useTools();
  const hours = portal.rules.view.value?.rules.hours.map((it) => it.id) ?? [];
  const { hours: planned, ...rest } = item;
  return (
    <>
      <SkillRows
        field="qualifications"
        label="Qualifications"
        empty="None: only services that need none come here."
        items={item.qualifications}
        onChange={(qualifications) => set({ ...item, qualifications: [...qualifications] })}
      />
      <ChoiceField
        field="hours"
        label="Works at"
        hint="for forecasts only: visitors are promised times by who will be here"
        value={planned ?? NOT_PLANNED}
        options={[...new Set([NOT_PLANNED, ...hours, ...(planned === undefined ? [] : [planned])])]}
        onChange={(it) => set(it === NOT_PLANNED ? rest : { ...rest, hours: it })}
      />
      <AtOnce capacity={item.capacity ?? USUAL_CAPACITY} set={(capacity) => set({ ...item, capacity })} />
    </>
  );
}

/** What a customer, a number or an address range is owed. */
export function EntitlementEditor({ item, set }: EditorProps<RuleItem<'entitlements'>>): JSX.Element {
  const { portal } = useTools();
  const all = portal.rules.view.value?.rules.services ?? [];
  const services = all.filter((it) => !it.removed || item.services.includes(it.id));
  type Optional = 'customerId' | 'phone' | 'ipRange' | 'validFrom' | 'validTo';
  const put = (name: Optional, value: string): void => {
    const { [name]: _before, ...rest } = item;
    set(value === '' ? rest : { ...rest, [name]: value });
  };
  const day = (name: 'validFrom' | 'validTo', label: string, hint: string): JSX.Element => (
    <TextField
      field={name}
      label={label}
      hint={hint}
      type="date"
      value={item[name]?.slice(0, 10) ?? ''}
      onChange={(it) => put(name, it === '' ? '' : `${it}T00:00:00Z`)}
    />
  );
  return (
    <>
      <TextField field="tier" label="Tier" value={item.tier} onChange={(tier) => set({ ...item, tier })} />
      <TextField
        field="priority"
        label="Priority"
        hint="0 to 100; higher is served earlier"
        type="number"
        min={0}
        max={100}
        value={String(item.priority)}
        onChange={(it) => set({ ...item, priority: Number(it) })}
      />
      <TextField
        field="customerId"
        label="Customer"
        hint="their id"
        value={item.customerId ?? ''}
        onChange={(it) => put('customerId', it)}
      />
      <TextField
        field="phone"
        label="or number"
        hint="as +44…"
        value={item.phone ?? ''}
        onChange={(it) => put('phone', it)}
      />
      <TextField
        field="ipRange"
        label="or address range"
        hint="as 203.0.113.0/24"
        value={item.ipRange ?? ''}
        onChange={(it) => put('ipRange', it)}
      />
      <Fields field="services" label="Services" hint="at least one">
        {services.map(({ id, name, removed }) => (
          <label class="choice" key={id}>
            <input
              type="checkbox"
              checked={item.services.includes(id)}
              onChange={(event) => {
                const others = item.services.filter((it) => it !== id);
                set({ ...item, services: event.currentTarget.checked ? [...others, id] : others });
              }}
            />
            <span>
              {name}
              {removed && <span class="hint">not offered any more</span>}
            </span>
          </label>
        ))}
      </Fields>
      {day('validFrom', 'From', 'optional; days begin at midnight UTC')}
      {day('validTo', 'Until', 'optional; the first day it no longer holds')}
    </>
  );
}
