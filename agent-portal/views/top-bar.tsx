import type { JSX } from 'preact';

import type { Me } from '../../contracts/agent.ts';
import { useTools } from './context.ts';
import { Badge, CommandButton, Since } from './controls.tsx';
import { Icon, type IconName } from './icons.tsx';
import { StateMenu } from './state-menu.tsx';
import { phoneWords } from './words.ts';
import type { CommandId } from '../model/command-list.ts';

/** The line in short, to an agent of those they could take: how many wait, and the longest of them. */
function LineSummary(): JSX.Element {
  const { portal } = useTools();
  const { waiting, longestSince } = portal.desk.line.value;
  const [label, meaning] = portal.isAgent.value
    ? ['For you', 'Who waits now and could be taken by you']
    : ['Line', 'Who waits now'];
  return (
    <dl class="line-summary" data-view="line">
      <div title={meaning}>
        <dt>{label}</dt>
        <dd class="figure">{waiting}</dd>
      </div>
      {longestSince !== undefined && (
        <div>
          <dt>Longest</dt>
          <dd>
            <Since at={longestSince} />
          </dd>
        </div>
      )}
    </dl>
  );
}

function PhoneButton({ me }: { readonly me: Me }): JSX.Element {
  const { portal } = useTools();
  const phone = phoneWords(me, portal.clock.now.value);
  return (
    <button
      type="button"
      class={`button quiet phone ${phone.isDown ? 'is-down' : ''}`}
      aria-expanded={portal.panel.value === 'phone'}
      aria-keyshortcuts="u"
      onClick={() => portal.toggle('phone')}
    >
      <span class="who-am-i">
        {me.name}
        {me.extension !== undefined && <span class="extension figure"> · ext {me.extension}</span>}
      </span>
      <Badge tone={phone.tone}>{phone.words}</Badge>
    </button>
  );
}

function IconButton(props: {
  readonly id: CommandId;
  readonly icon: IconName;
  readonly label: string;
}): JSX.Element | null {
  const { keyboard } = useTools();
  const command = keyboard.commands[props.id];
  if (!command.isAllowed()) return null;
  return (
    <button
      type="button"
      class="button quiet icon-only"
      aria-label={props.label}
      aria-keyshortcuts={command.key}
      title={`${props.label} (${command.shown})`}
      data-command={props.id}
      onClick={() => command.run()}
    >
      <Icon name={props.icon} />
    </button>
  );
}

/** The bar above every screen: my state, the line, my phone, and what is always at hand. */
export function TopBar(): JSX.Element | null {
  const { portal } = useTools();
  const me = portal.desk.me.value;
  if (me === undefined) return null;
  const isBoard = portal.screen.value === 'board' && portal.isManager.value;
  return (
    <header class="top-bar">
      {portal.isAgent.value ? <StateMenu me={me} /> : <span class="product">Ringback</span>}
      <LineSummary />
      {!portal.feed.leads.value && (
        <span class="hint mirror" title="Another tab of this browser rings and holds the connection">
          Another tab rings
        </span>
      )}
      <span class="spring" />
      <CommandButton id="switch" kind="quiet" label={isBoard ? 'Desk' : 'Board'}>
        <Icon name={isBoard ? 'desk' : 'board'} />
      </CommandButton>
      {portal.isAgent.value ? <PhoneButton me={me} /> : <span class="who-am-i">{me.name}</span>}
      <IconButton id="rules" icon="rules" label="Rules" />
      <IconButton id="code" icon="code" label="Enter a page code" />
      <IconButton id="preferences" icon="gear" label="Preferences" />
      <IconButton id="keys" icon="keys" label="Keys" />
      <IconButton id="log-out" icon="leave" label="Log out" />
    </header>
  );
}
