/** The shop's own script: small, and under the same strict policy as everything on its pages. */

const items = {
  'drift-2': { name: 'Drift 2', price: '£289' },
  'skua-1': { name: 'Skua 1', price: '£210' },
  'haven-4': { name: 'Haven 4', price: '£465' },
  tern: { name: 'Tern', price: '£175' },
  eider: { name: 'Eider', price: '£149' },
};

/** @type {(selector: string) => HTMLElement[]} */
const all = (selector) => [...document.querySelectorAll(selector)].filter((it) => it instanceof HTMLElement);

/** Words for the widget, in its queue until it is there. @type {(...command: string[]) => void} */
const toWidget = (...command) => {
  const page = /** @type {{ ringback?: { push(command: string[]): void } }} */ (
    /** @type {unknown} */ (window)
  );
  (page.ringback ??= /** @type {string[][]} */ ([])).push(command);
};

for (const button of all('[data-ask]')) button.addEventListener('click', () => toWidget('open'));

// --- tents: the filter changes the address without loading a page

const list = all('[data-list]')[0];
if (list) {
  const show = () => {
    const sleeps = new URLSearchParams(location.search).get('sleeps') ?? '';
    const cards = all('[data-list] > li');
    for (const card of cards) card.hidden = sleeps !== '' && card.dataset['for'] !== sleeps;
    for (const link of all('[data-filter] a')) {
      if (link.dataset['sleeps'] === sleeps) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
    const count = cards.filter((it) => !it.hidden).length;
    for (const it of all('[data-count]'))
      it.textContent = `${String(count)} ${count === 1 ? 'tent' : 'tents'}`;
  };
  for (const link of all('[data-filter] a')) {
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      history.pushState(null, '', link.getAttribute('href'));
      show();
    });
  }
  addEventListener('popstate', show);
  show();
}

// --- checkout: what is bought stands in the address

const wanted = new URLSearchParams(location.search).get('item');
const item = Object.entries(items).find(([id]) => id === wanted)?.[1];
if (item) {
  for (const it of all('[data-item-name]')) it.textContent = item.name;
  for (const it of all('[data-item-price]')) it.textContent = item.price;
}

// --- who is here: the shop's backend says it to the widget in a token that it has signed

const showWho = async () => {
  const answer = await fetch('/api/me');
  if (answer.status !== 200) return;
  const me = /** @type {{ name: string, token: string, refreshS: number }} */ (await answer.json());
  toWidget('identify', me.token);
  setTimeout(() => void showWho().catch(() => undefined), me.refreshS * 1000);
  for (const it of all('[data-account]')) it.textContent = me.name.split(' ')[0] ?? '';
  for (const it of all('[data-name]')) it.textContent = me.name.split(' ')[0] ?? '';
  for (const it of all('[data-signed-out]')) it.hidden = true;
  for (const it of all('[data-signed-in]')) it.hidden = false;
};
showWho().catch(() => undefined); // signed out, then

/** @type {(path: string) => Promise<void>} */
const post = async (path) => {
  for (const it of all('[data-problem]')) it.textContent = '';
  try {
    const answer = await fetch(path, { method: 'POST' });
    if (!answer.ok) throw new Error(String(answer.status));
    location.reload();
  } catch {
    for (const it of all('[data-problem]')) it.textContent = 'That did not work. Please try again.';
  }
};
for (const it of all('[data-sign-in]')) it.addEventListener('click', () => void post('/api/sign-in'));
for (const it of all('[data-sign-out]')) it.addEventListener('click', () => void post('/api/sign-out'));
