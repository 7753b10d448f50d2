import type { JSX } from 'preact';
import { useLayoutEffect, useMemo } from 'preact/hooks';

import { useTools } from './context.ts';

/** What is wrong with a field of the open rule, and in it unless that `isAlone`; whoever asks shows it. */
export function useFaults(field: string, isAlone = false): readonly string[] {
  const { rules } = useTools().portal;
  const place = useMemo(() => ({ field, isAlone }), [field, isAlone]);
  useLayoutEffect(() => rules.shows(place), [place]);
  return rules.faultsAt(place);
}

/** The sentences about one field, below it. */
export function Fault({
  id,
  of,
}: {
  readonly id: string;
  readonly of: readonly string[];
}): JSX.Element | null {
  if (of.length === 0) return null;
  return (
    <p id={id} class="problem">
      {[...new Set(of)].join(' ')}
    </p>
  );
}
