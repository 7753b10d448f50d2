import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

import type { Keyboard } from '../model/keyboard.ts';
import type { Portal } from '../model/portal.ts';

/** What every view may use. */
export interface Tools {
  readonly portal: Portal;
  readonly keyboard: Keyboard;
}

/** Hands the one portal of the page to its views. */
export const ToolsContext = createContext<Tools | undefined>(undefined);

/** The portal and its keyboard; only for views inside the context. */
export function useTools(): Tools {
  const tools = useContext(ToolsContext);
  if (tools === undefined) throw new Error('A view was drawn outside the portal');
  return tools;
}
