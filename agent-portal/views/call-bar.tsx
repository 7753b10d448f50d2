import type { JSX } from 'preact';

import type { CallView, ContactView } from '../../contracts/agent.ts';
import { nameOf } from '../model/desk.ts';
import { duration, spokenDuration } from '../model/format.ts';
import { useTools } from './context.ts';
import { Badge, CommandButton } from './controls.tsx';
import { contactWords, endWords } from './words.ts';

const codeWordMs = 60_000;

/** How long the call has been; standing still once it is over. */
function Timer({ contact }: { readonly contact: ContactView }): JSX.Element | null {
  const { portal } = useTools();
  const { call } = contact;
  if (call === undefined) return null;
  const from = call.talkingSince ?? call.since;
  const ms = (call.ended?.at ?? portal.clock.now.value) - from;
  return (
    <span
      class="timer figure"
      role="timer"
      aria-label={`${call.talkingSince ? 'Talking' : 'Ringing'} for ${spokenDuration(ms)}`}
    >
      {duration(ms)}
    </span>
  );
}

/** The word to say first, until a minute into the talk: no longer than the visitor sees it. */
function CodeWord({ call }: { readonly call: CallView }): JSX.Element | null {
  const { portal } = useTools();
  const isOld = call.talkingSince !== undefined && portal.clock.now.value - call.talkingSince > codeWordMs;
  if (call.codeWord === undefined || call.ended !== undefined || isOld) return null;
  return (
    <p class="code-word" title="The visitor sees the same word: it proves that this call is yours">
      <span class="hint">Say first</span> <b>{call.codeWord}</b>
    </p>
  );
}

/** The call: who, where it stands, how long, the word to say first, and what can be done now. Never scrolls away. */
export function CallBar({ contact }: { readonly contact: ContactView }): JSX.Element {
  const { call, who } = contact;
  const { words, tone } = contactWords(contact);
  return (
    <section class={`call-bar ${tone}`} aria-label="Call" data-callback={contact.callbackId}>
      <div class="call-who">
        <h2 title={nameOf(who)}>{nameOf(who)}</h2>
        <span class="figure hint">{who.phone}</span>
        <span class="hint call-service">{contact.service}</span>
      </div>
      <div class="call-state" role="status">
        <Badge tone={tone}>{words}</Badge>
        {call?.ended && <span class="hint">{endWords(call.ended)}</span>}
      </div>
      {call && <CodeWord call={call} />}
      <Timer contact={contact} />
      <div class="call-actions">
        <CommandButton id="call-now" kind="primary" />
        <CommandButton id="hold" />
        <CommandButton id="retrieve" kind="primary" />
        <CommandButton id="drop" kind="danger" />
      </div>
    </section>
  );
}
