import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

import { CodePanel } from './code-panel.tsx';
import { useTools } from './context.ts';
import { Icon } from './icons.tsx';
import { KeysPanel } from './keys-panel.tsx';
import { PhonePanel } from './phone-panel.tsx';
import { PreferencesPanel } from './preferences-panel.tsx';

interface PanelProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly class?: string;
}

/** A dialog beside the work: the desk stays usable behind it, Escape closes it, and the focus goes back where it was. */
export function Panel(props: PanelProps): JSX.Element {
  const { onClose } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.show();
    return () => {
      // the dialog may be out of the page already, and the focus with it
      const hadFocus =
        document.activeElement === document.body || element?.contains(document.activeElement) === true;
      element?.close();
      if (hadFocus && before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`panel ${props.class ?? ''}`}
      aria-label={props.title}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        onClose();
      }}
    >
      <div class="panel-head">
        <h2>{props.title}</h2>
        <button
          type="button"
          class="button quiet icon-only"
          aria-label="Close"
          title="Close (Esc)"
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </div>
      <div class="panel-body">{props.children}</div>
    </dialog>
  );
}

const panels = {
  keys: ['Keys', KeysPanel],
  preferences: ['Preferences', PreferencesPanel],
  code: ['Enter a page code', CodePanel],
  phone: ['Your phone', PhonePanel],
} as const;

/** The side panel that is open, if one is. */
export function Panels(): JSX.Element | null {
  const { portal } = useTools();
  const open = portal.panel.value;
  if (open === undefined) return null;
  const [title, Body] = panels[open];
  return (
    <Panel key={open} title={title} onClose={() => (portal.panel.value = undefined)}>
      <Body />
    </Panel>
  );
}
