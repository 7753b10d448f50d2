/**
 * The desk phone as a page: it shows what the phone in the demo process does, and presses its keys.
 *
 * @typedef {{ callId: string, state: string, remote: string, displayName: string, since?: number }} Call
 * @typedef {{ number: string, at: number, answeredAt?: number, endedAt?: number, outcome: string }} CarriedCall
 * @typedef {{ person: string, extension: string, registered: boolean, autoAnswer: boolean, now: number, calls: Call[], network: CarriedCall[] }} Phone
 */

/** @type {(id: string) => HTMLElement} */
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @type {(id: string, text: string) => void} Writes only what has changed, so that it is read out once. */
const write = (id, text) => {
  const element = at(id);
  const wanted = text === '' ? '\u00a0' : text;
  if (element.textContent !== wanted) element.textContent = wanted;
};
const display = /** @type {HTMLElement} */ (document.querySelector('.display'));
const auto = /** @type {HTMLInputElement} */ (at('auto'));
const sound = /** @type {HTMLInputElement} */ (at('sound'));
/** @type {(id: string) => HTMLButtonElement} */
const key = (id) => /** @type {HTMLButtonElement} */ (at(id));

/** @type {Phone | undefined} */
let phone;
/** How far the phone's clock is ahead of ours. */
let aheadMs = 0;
let isAway = false;

const outcomes = {
  ringing: 'Rings',
  talking: 'Talks',
  talked: 'Talked',
  busy: 'Was busy',
  declined: 'Declined',
  cancelled: 'Rang, nobody answered',
  'not-in-service': 'Not in service',
  failed: 'Failed',
};

/** @type {(ms: number) => string} */
const duration = (ms) => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${String(Math.floor(seconds / 60))}:${String(seconds % 60).padStart(2, '0')}`;
};

/** @type {(remote: string) => string} +44 20 7946 0101 as people in Britain write it; an extension as it is. */
const readable = (remote) => {
  const user = /^sips?:([^@;]+)/.exec(remote)?.[1] ?? remote;
  const british = /^\+44(20)(\d{4})(\d{4})$/.exec(user);
  return british ? `0${british.slice(1).join(' ')}` : user;
};

/** @type {(call: Call | undefined) => 'idle' | 'ringing' | 'talking' | 'calling'} */
const stateOf = (call) => {
  if (!call) return 'idle';
  if (call.state === 'established') return 'talking';
  return call.state === 'ringing' || call.state === 'trying' ? 'ringing' : 'calling';
};

const show = () => {
  if (!phone) return;
  const { person, registered, extension } = phone;
  const first = person.split(' ')[0] ?? person;
  const call = phone.calls.at(-1);
  const state = isAway ? 'idle' : stateOf(call);
  write('whose', `${first}'s phone`);
  document.title = state === 'ringing' ? `Rings · ${first}'s phone` : `${first}'s phone`;
  at('line').dataset['registered'] = String(registered && !isAway);
  write(
    'line-words',
    isAway ? 'No connection' : registered ? `Extension ${extension}` : `Extension ${extension}, off`,
  );
  display.dataset['state'] = state;
  const name = call ? call.displayName || readable(call.remote) : '';
  const said = call && call.displayName ? readable(call.remote) : '';
  const number = /\d/.test(said) ? said : said === 'callback' ? 'A visitor who asked for a call' : '';
  if (isAway) say('The phone does not answer', 'Reconnecting', 'Is the demo still running?');
  else if (state === 'ringing') say('Rings', name, number);
  else if (state === 'talking') say('Connected', name, '');
  else if (state === 'calling') say('Connecting', name, number);
  else if (registered) say('Ready for calls', 'No call', phone.autoAnswer ? 'It answers by itself.' : '');
  else say(`Waiting for ${first} to log in`, 'No line', 'The phone works while its agent is logged in.');
  key('answer').disabled = state !== 'ringing';
  key('decline').disabled = state !== 'ringing';
  key('hang-up').disabled = state !== 'talking' && state !== 'calling';
  auto.checked = phone.autoAnswer;
  tick();
  ring(state === 'ringing' && sound.checked);
};

/** @type {(state: string, who: string, detail: string) => void} */
const say = (state, who, detail) => {
  write('state', state);
  write('who', who);
  write('detail', detail);
};

/** The one thing that changes by itself: how long the call has lasted. */
const tick = () => {
  const since = phone?.calls.at(-1)?.since;
  if (since !== undefined && !isAway) write('detail', duration(Date.now() + aheadMs - since));
};
setInterval(tick, 500);

const showNetwork = () => {
  const calls = phone?.network ?? [];
  at('none').hidden = calls.length > 0;
  const rows = calls.map((call) => {
    const row = document.createElement('tr');
    const time = new Date(call.at).toLocaleTimeString('en-GB');
    const words = outcomes[/** @type {keyof typeof outcomes} */ (call.outcome)];
    const talked = call.answeredAt && call.endedAt ? ` ${duration(call.endedAt - call.answeredAt)}` : '';
    for (const text of [time, readable(call.number), words + talked]) {
      const cell = document.createElement('td');
      cell.textContent = text;
      row.append(cell);
    }
    return row;
  });
  at('log').replaceChildren(...rows);
};

/** @type {(seen: Phone) => void} */
const take = (seen) => {
  const isNetworkNew = JSON.stringify(seen.network) !== JSON.stringify(phone?.network);
  phone = seen;
  aheadMs = seen.now - Date.now();
  isAway = false;
  show();
  if (isNetworkNew) showNetwork();
};

const stream = new EventSource('/api/events');
stream.addEventListener('message', (event) => take(/** @type {Phone} */ (JSON.parse(String(event.data)))));
stream.onerror = () => {
  isAway = true;
  show();
};

/** @type {(path: string) => void} */
const press = (path) => {
  fetch(`/api/${path}`, { method: 'POST' })
    .then(async (answer) => take(/** @type {Phone} */ (await answer.json())))
    .catch(() => undefined); // the stream says that the phone is away
};
for (const id of ['answer', 'decline', 'hang-up']) key(id).addEventListener('click', () => press(id));
auto.addEventListener('change', () => press(`auto-answer/${auto.checked ? 'on' : 'off'}`));
sound.addEventListener('change', show);
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  const id = { a: 'answer', d: 'decline', h: 'hang-up' }[event.key.toLowerCase()];
  if (id !== undefined && !key(id).disabled) press(id);
});

// --- the ring: two soft tones, twice, every three seconds; browsers allow sound after the first click or key

/** @type {AudioContext | undefined} */
let audio;
/** @type {ReturnType<typeof setInterval> | undefined} */
let ringing;
for (const name of ['pointerdown', 'keydown']) {
  addEventListener(
    name,
    () => {
      audio ??= new AudioContext();
      show();
    },
    { once: true },
  );
}

/** @type {(on: boolean) => void} */
const ring = (on) => {
  if (!on || !audio) {
    clearInterval(ringing);
    ringing = undefined;
    if (!on && audio?.state === 'running') void audio.suspend();
    return;
  }
  if (ringing !== undefined) return;
  void audio.resume();
  burst();
  ringing = setInterval(burst, 3000);
};

const burst = () => {
  if (!audio) return;
  for (const offset of [0, 0.6]) {
    const begin = audio.currentTime + 0.02 + offset;
    const volume = audio.createGain();
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(0.05, begin + 0.04);
    volume.gain.setValueAtTime(0.05, begin + 0.36);
    volume.gain.linearRampToValueAtTime(0, begin + 0.4);
    volume.connect(audio.destination);
    for (const hz of [400, 450]) {
      const tone = new OscillatorNode(audio, { frequency: hz });
      tone.connect(volume);
      tone.start(begin);
      tone.stop(begin + 0.42);
    }
  }
};
