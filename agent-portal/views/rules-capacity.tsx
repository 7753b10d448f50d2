import type { JSX } from 'preact';
import { useId } from 'preact/hooks';

import { type Capacity, MOST_AT_ONCE, type RoutedChannel } from '../../contracts/capacity.ts';
import { TextField, TickField } from './rules-fields.tsx';
import { Fields } from './rules-rows.tsx';

/** Whether somebody takes calls, how many chats they have in hand at most, and which keep the others away. */
export function AtOnce(props: {
  readonly capacity: Capacity;
  readonly set: (capacity: Capacity) => void;
}): JSX.Element {
  const { capacity, set } = props;
  const said = useId();
  const put = (channel: RoutedChannel, change: Partial<Capacity[RoutedChannel]>): void =>
    set({ ...capacity, [channel]: { ...capacity[channel], ...change } });
  return (
    <Fields field="capacity" label="At the same time" class="rule-rows" said={said} isAlone>
      <p class="hint" id={said}>
        {atOnce(capacity)}
      </p>
      <TickField
        field="capacity/voice/most"
        label="Takes calls"
        hint="One at a time: a person has one telephone."
        checked={capacity.voice.most > 0}
        onChange={(isOn) => put('voice', { most: isOn ? MOST_AT_ONCE.voice : 0 })}
      />
      <TickField
        field="capacity/voice/blocks"
        label="No chats during a call"
        checked={capacity.voice.blocks.includes('chat')}
        onChange={(isOn) => put('voice', { blocks: isOn ? ['chat'] : [] })}
      />
      <TextField
        field="capacity/chat/most"
        label="Chats at once"
        hint={`0 to ${String(MOST_AT_ONCE.chat)}`}
        type="number"
        min={0}
        max={MOST_AT_ONCE.chat}
        value={String(capacity.chat.most)}
        onChange={(it) => put('chat', { most: Number(it) })}
      />
      <TickField
        field="capacity/chat/blocks"
        label="No calls while there is a chat"
        checked={capacity.chat.blocks.includes('voice')}
        onChange={(isOn) => put('chat', { blocks: isOn ? ['voice'] : [] })}
      />
    </Fields>
  );
}

/** `1 call: no chat is offered beside it. Up to 3 chats: a call may come meanwhile.` */
function atOnce({ voice, chat }: Capacity): string {
  const calls = voice.most === 0 ? 'No calls' : counted(voice.most, 'call');
  const chats = counted(chat.most, 'chat');
  if (chat.most === 0) return `${calls}, no chats.`;
  if (voice.most === 0) return `No calls, up to ${chats}.`;
  const beside = voice.blocks.includes('chat') ? 'no chat is offered beside it' : 'chats may come beside it';
  const during = chat.blocks.includes('voice') ? 'no call is offered meanwhile' : 'a call may come meanwhile';
  return `${calls}: ${beside}. Up to ${chats}: ${during}.`;
}

function counted(n: number, what: string): string {
  return `${String(n)} ${what}${n === 1 ? '' : 's'}`;
}
