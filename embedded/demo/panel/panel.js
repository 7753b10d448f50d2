const show = (state) => {
  const call = state.calls.at(-1);
  document.getElementById('state').textContent =
    `Extension ${state.extension}, ${state.registered ? 'connected' : 'not connected'}. ` +
    (call ? `${call.state}: ${call.displayName || call.remote}` : 'No call.') +
    (state.autoAnswer ? ' Answers by itself.' : '');
};
const ask = (method, path) => fetch(path, { method }).then((it) => it.json()).then(show).catch(() => {});
for (const id of ['answer', 'hang-up', 'decline', 'auto']) {
  document.getElementById(id).addEventListener('click', () => ask('POST', `/api/${id}`));
}
setInterval(() => ask('GET', '/api/state'), 500);
