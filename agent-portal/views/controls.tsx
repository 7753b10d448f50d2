import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import type { CommandId } from '../model/command-list.ts';
import { duration, inFull, timeOfDay } from '../model/format.ts';
import { useTools } from './context.ts';

/** The key of a command, as it stands on its button. */
export function Key({ of }: { readonly of: string }): JSX.Element {
  return <kbd aria-hidden="true">{of}</kbd>;
}

interface CommandButtonProps {
  readonly id: CommandId;
  readonly kind?: 'primary' | 'danger' | 'quiet' | undefined;
  readonly label?: string | undefined;
  readonly children?: ComponentChildren;
  readonly pressed?: boolean | undefined;
  readonly class?: string;
}

/** A command as a button: absent when it is not allowed now, and marked while it is under way. */
export function CommandButton(props: CommandButtonProps): JSX.Element | null {
  const { portal, keyboard } = useTools();
  const command = keyboard.commands[props.id];
  if (!command.isAllowed() && props.pressed !== true) return null;
  const busyKey = command.busy?.();
  const isBusy = busyKey !== undefined && portal.commands.busy.value.has(busyKey);
  return (
    <button
      type="button"
      class={`button ${props.kind ?? ''} ${props.class ?? ''}`}
      data-command={props.id}
      aria-busy={isBusy}
      aria-keyshortcuts={command.key === 'enter' ? 'Enter' : command.key}
      aria-pressed={props.pressed}
      onClick={() => {
        if (!isBusy && props.pressed !== true) command.run();
      }}
    >
      {props.children}
      <span>{props.label ?? command.label}</span>
      <Key of={command.shown} />
    </button>
  );
}

/** A duration that counts up from `at`, as `4:10`; the moment itself on hover. */
export function Since({ at, label }: { readonly at: number; readonly label?: string }): JSX.Element {
  const { portal } = useTools();
  return (
    <time class="figure" dateTime={new Date(at).toISOString()} title={inFull(at)} aria-label={label}>
      {duration(portal.clock.now.value - at)}
    </time>
  );
}

/** Somebody by name, which may take lines, or by number, which is never broken. */
export function Who({ name }: { readonly name: string }): JSX.Element {
  return name.startsWith('+') ? <span class="whole figure">{name}</span> : <>{name}</>;
}

/** A time of day, `14:02`; in full on hover. */
export function At({ at }: { readonly at: number }): JSX.Element {
  return (
    <time class="figure" dateTime={new Date(at).toISOString()} title={inFull(at)}>
      {timeOfDay(at)}
    </time>
  );
}

/** Grey bars where something will be, shown only when it takes longer than 200 ms. */
export function Skeleton({ lines, label }: { readonly lines: number; readonly label: string }): JSX.Element {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 200);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="skeleton" role="status" aria-busy="true">
      <span class="unseen">{label}</span>
      {isLate && Array.from({ length: lines }, (_, i) => <i key={i} />)}
    </div>
  );
}

/** What stands in a place that has nothing to show: says why, and what to do. */
export function Empty(props: { readonly title: string; readonly children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <p class="empty-title">{props.title}</p>
      {props.children}
    </div>
  );
}

/** A state in words, with its colour and shape beside them. */
export function Badge(props: {
  readonly tone: 'waiting' | 'reserved' | 'live' | 'trouble' | 'rest';
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <span class={`badge ${props.tone}`}>
      <i aria-hidden="true" />
      {props.children}
    </span>
  );
}
