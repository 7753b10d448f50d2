import { render } from 'preact';

import { commandList } from './model/command-list.ts';
import { Keyboard } from './model/keyboard.ts';
import { Portal } from './model/portal.ts';
import { App } from './views/app.tsx';
import { ToolsContext } from './views/context.ts';

const portal = new Portal();
const keyboard = new Keyboard(portal, commandList(portal));
const root = document.getElementById('portal');
if (root === null) throw new Error('index.html has no #portal');
render(
  <ToolsContext.Provider value={{ portal, keyboard }}>
    <App />
  </ToolsContext.Provider>,
  root,
);
void portal.start();
