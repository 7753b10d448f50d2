import type { JSX } from 'preact';
import { useId } from 'preact/hooks';

import { type Capacity, MOST_AT_ONCE, type RoutedChannel } from '../../contracts/capacity.ts';
import { TextField, TickField } from './rules-fields.tsx';

const channels: readonly {
  readonly channel: RoutedChannel;
  readonly label: string;
  readonly other: RoutedChannel;
  readonly blocks: string;
}[] = [
  { channel: 'voice', label: 'Calls at once', other: 'chat', blocks: 'No chats during a call' },
  { channel: 'chat', label: 'Chats at once', other: 'voice', blocks: 'No calls while there is a chat' },
];

/** How many contacts of each channel somebody has in hand at most, and which keep the others away. */
export function AtOnce(props: {
  readonly capacity: Capacity;
  readonly set: (capacity: Capacity) => void;
}): JSX.Element {
  const { capacity, set } = props;
  const said = useId();
  return (
    <fieldset class="rule-rows" aria-describedby={said}>
      <legend>At the same time</legend>
      <p class="hint" id={said}>
        {atOnce(capacity)}
      </p>
      {channels.map(({ channel, label, other, blocks }) => {
        const room = capacity[channel];
        const put = (change: Partial<Capacity[RoutedChannel]>): void =>
          set({ ...capacity, [channel]: { ...room, ...change } });
        return (
          <div class="rule-room" key={channel}>
            <TextField
              field={`capacity/${channel}/most`}
              label={label}
              hint={`0 to ${String(MOST_AT_ONCE)}`}
              type="number"
              min={0}
              max={MOST_AT_ONCE}
              value={String(room.most)}
              onChange={(it) => put({ most: Number(it) })}
            />
            <TickField
              label={blocks}
              checked={room.blocks.includes(other)}
              onChange={(isOn) => put({ blocks: isOn ? [other] : [] })}
            />
          </div>
        );
      })}
    </fieldset>
  );
}

/** `1 call: no chat is offered beside it. Up to 3 chats: a call may come meanwhile.` */
function atOnce({ voice, chat }: Capacity): string {
  const calls = voice.most === 0 ? 'No calls' : counted(voice.most, 'call');
  const chats = chat.most === 0 ? 'no chats' : counted(chat.most, 'chat');
  if (voice.most === 0 || chat.most === 0) return `${calls}, ${chats}.`;
  const beside = voice.blocks.includes('chat') ? 'no chat is offered beside it' : 'chats may come beside it';
  const during = chat.blocks.includes('voice') ? 'no call is offered meanwhile' : 'a call may come meanwhile';
  return `${calls}: ${beside}. Up to ${chats}: ${during}.`;
}

function counted(n: number, what: string): string {
  return `${String(n)} ${what}${n === 1 ? '' : 's'}`;
}
