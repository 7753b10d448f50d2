const show = (state) => {
  auto = state.autoAnswer;
  const call = state.calls.at(-1);
  document.getElementById('state').textContent =
    `Extension ${state.extension}, ${state.registered ? 'connected' : 'not connected'}. ` +
    (call ? `${call.state}: ${call.displayName || call.remote}` : 'No call.') +
    (state.autoAnswer ? ' Answers by itself.' : '');
};
const ask = (method, path) => fetch(path, { method }).then((it) => it.json()).then(show).catch(() => {});
for (const id of ['answer', 'hang-up', 'decline']) {
  document.getElementById(id).addEventListener('click', () => ask('POST', `/api/${id}`));
}
let auto = false;
document.getElementById('auto').addEventListener('click', () => ask('POST', `/api/auto-answer/${auto ? 'off' : 'on'}`));
setInterval(() => ask('GET', '/api/state'), 500);
