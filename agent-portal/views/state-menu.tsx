import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

import type { Me } from '../../contracts/agent.ts';
import { useTools } from './context.ts';
import { Badge, Key, Since } from './controls.tsx';
import { Icon } from './icons.tsx';
import { agentWords, nextInWords } from './words.ts';

/** My state, how long it has been, and the way to change it: ready, or not ready with a reason. */
export function StateMenu({ me }: { readonly me: Me }): JSX.Element {
  const { portal } = useTools();
  const isOpen = portal.stateMenuIsOpen.value;
  const box = useRef<HTMLDivElement>(null);
  /** What had the focus before the menu, and gets it back: with `T` that is not the button above the menu. */
  const before = useRef<HTMLElement>(null);
  const { words, tone } = agentWords(me.state, me.reason);
  const next = nextInWords(me);
  const isBusy = portal.commands.busy.value.has('state');

  // In the same turn as it opens: a key pressed right after is meant for it.
  useLayoutEffect(() => {
    if (!isOpen) return;
    before.current = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    box.current?.querySelector<HTMLButtonElement>('.menu button')?.focus();
    const away = (event: Event): void => {
      if (!box.current?.contains(event.target as Node)) portal.stateMenuIsOpen.value = false;
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [isOpen, portal]);

  function close(): void {
    portal.stateMenuIsOpen.value = false;
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    before.current?.focus();
  }

  function press(event: KeyboardEvent): void {
    if (!isOpen) return;
    const items = [...(box.current?.querySelectorAll<HTMLButtonElement>('.menu button') ?? [])];
    const here = items.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === 'Escape') close();
    else if (event.key === 'ArrowDown') items[(here + 1) % items.length]?.focus();
    else if (event.key === 'ArrowUp') items.at(here - 1)?.focus();
    else return;
    event.preventDefault();
  }

  const choose = (act: () => Promise<void>) => () => {
    close();
    void act();
  };

  return (
    <div class="state-menu" ref={box} onKeyDown={press}>
      <button
        type="button"
        class="button state"
        aria-expanded={isOpen}
        aria-busy={isBusy}
        aria-keyshortcuts="t"
        aria-controls="state-choices"
        data-state={me.state}
        onClick={() => (portal.stateMenuIsOpen.value = !isOpen)}
      >
        <Badge tone={tone}>{words}</Badge>
        <Since at={me.since} label="in this state since" />
        {next !== undefined && <span class="hint">{next}</span>}
        <Icon name="down" />
      </button>
      <div class="menu" id="state-choices" hidden={!isOpen}>
        {me.allowed.includes('ready') && (
          <button type="button" onClick={choose(() => portal.setState({ state: 'ready' }))}>
            <Badge tone="live">Ready</Badge>
            <Key of="R" />
          </button>
        )}
        {me.allowed.includes('not-ready') &&
          me.notReadyReasons.map((reason) => (
            <button
              key={reason}
              type="button"
              onClick={choose(() => portal.setState({ state: 'not-ready', reason }))}
            >
              <Badge tone="waiting">Not ready, {reason}</Badge>
            </button>
          ))}
        {me.allowed.includes('log-out') && (
          <button type="button" onClick={choose(() => portal.logOut())}>
            <Badge tone="rest">Log out</Badge>
            <Key of="⇧Q" />
          </button>
        )}
      </div>
    </div>
  );
}
