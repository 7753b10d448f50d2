import type { JSX } from 'preact';

import type { RuleItem } from '../model/rules.ts';
import { useTools } from './context.ts';
import { Rows } from './rules-rows.tsx';

interface NumbersProps {
  readonly item: RuleItem<'services'>;
  readonly set: (item: RuleItem<'services'>) => void;
}

/** The numbers it may show, in the order they are tried: the first that the line to a country can show is used. */
export function NumbersShown({ item, set }: NumbersProps): JSX.Element {
  const { portal } = useTools();
  const { lines = [], shown = {} } = portal.rules.view.value?.numbers ?? {};
  const chosen = item.callerIds ?? [];
  const usual = shown[item.id] ?? lines[0];
  return (
    <Rows
      field="callerIds"
      label="Number shown"
      hint="The first that a line can show is used; a call abroad may need another."
      empty={usual === undefined ? 'There is no line to call by.' : `Not chosen here: ${usual} is shown.`}
      items={chosen}
      fresh={() => lines.find((it) => !chosen.includes(it)) ?? lines[0] ?? ''}
      nameOf={(it) => it}
      onChange={(callerIds) => set({ ...item, callerIds: [...callerIds] })}
      row={(number, put, at) => (
        <select aria-label={`${at}, number`} onChange={(event) => put(event.currentTarget.value)}>
          {[...new Set([...lines, number])].map((it) => (
            <option key={it} value={it} selected={it === number}>
              {it}
            </option>
          ))}
        </select>
      )}
    />
  );
}
