import type { CallbackRequest } from '../../contracts/visitor.schema.ts';
import type { AvailabilityView } from '../../contracts/visitor.ts';
import type { WidgetCore } from '../shared/core.ts';
import { el, fill } from '../shared/lent-dom.ts';
import { watchAvailability } from './availability-watch.ts';
import { consentTick } from './consent-tick.ts';
import { guessCountry } from './countries.ts';
import { newId } from './field.ts';
import { phoneField } from './phone-field.ts';
import type { Say } from './texts.ts';
import type { Times } from './times.ts';
import type { Trouble, VisitorApi } from './visitor-api.ts';
import { zone } from './visitor-api.ts';
import { whenChoice } from './when-choice.ts';

const SLOWLY_MS = 3000;

/** The form a callback is asked for with. */
export interface RequestForm {
  readonly element: HTMLElement;
  /** Takes up a refusal, tied to the field it is about. */
  refuse(trouble: Trouble, sentence: string): void;
  /** The visitor looks at it: what it says has to be fresh. */
  shown(): void;
  focus(): void;
}

/** Makes the form; `ask` gets a complete request with the proof of work done, `told` hears what the server says of the service. */
export function requestForm(
  core: WidgetCore,
  api: VisitorApi,
  say: Say,
  times: Times,
  ask: (body: CallbackRequest) => void,
  told: (view: AvailabilityView) => void,
): RequestForm {
  const { settings } = core;
  const meant = { service: settings.service };
  const nameId = newId();
  const begin = (): void => void watch.proof().catch(() => {}); // not there yet: `send` asks again
  const phone = phoneField(say, core.hasOwnTexts ? (settings.language ?? 'en') : 'en', begin);
  const name = el('input', {
    id: nameId,
    class: 'field',
    type: 'text',
    name: 'name',
    autocomplete: 'name',
    maxlength: 100,
  });
  const when = whenChoice(say, times);
  const consent = consentTick('consent');
  const anyHour = consentTick('any-hour');
  const trouble = el('div', { role: 'alert' });
  const button = el('button', { type: 'submit', class: 'primary' }, say('submit'));
  const fields = el(
    'div',
    {},
    phone.element,
    el(
      'div',
      { class: 'row' },
      el('label', { for: nameId }, say('name'), el('span', { class: 'hint' }, ` (${say('optional')})`)),
      name,
    ),
  );
  const submit = (event: Event): void => {
    event.preventDefault();
    void send();
  };
  const element = el('form', { novalidate: true, submit }, fields, when.element);
  element.append(consent.element, anyHour.element, trouble, button);
  anyHour.say(say('anyHour'));
  anyHour.element.hidden = consent.element.hidden = true;
  let isBusy = false;
  let hasRenewed = false;

  const plain = (text: string, click: () => void): HTMLElement =>
    el('button', { type: 'button', class: 'plain', click }, text);
  const complain = (sentence?: string, ...ways: readonly HTMLElement[]): void =>
    fill(trouble, sentence && el('p', { class: 'notice trouble' }, sentence), ...ways);

  const watch = watchAvailability(api, meant, core.life, (hasFailed) => {
    const view = watch.view();
    if (hasFailed && !view)
      complain(
        say('offline.form'),
        plain(say('again'), () => watch.refresh(true)),
      );
    // Where it has failed, what was said a minute ago will do until there is news.
    else if (!hasFailed && view) {
      const { instead } = view;
      if (instead) {
        complain(
          say('instead'),
          ...instead.map(({ id, name }) =>
            plain(name, () => {
              meant.service = id;
              watch.refresh(true);
            }),
          ),
        );
        trouble.querySelector('button')?.focus();
      } else if (trouble.querySelector('button')) complain();
      suggest();
      when.show(view);
      consent.say(view.consent.text);
      const nobody = !view.open && !view.opensAt && view.slots.length === 0;
      const isChosen = !instead && when.element.hidden;
      when.element.hidden = !!instead;
      fields.hidden = button.hidden = consent.element.hidden = nobody || !!instead;
      if (isChosen) form.focus();
      if (phone.input.value) begin();
      told(view);
    }
  });
  const suggest = (): void =>
    phone.suggest(settings.country ?? guessCountry(zone(), navigator.languages, watch.view()?.country) ?? '');
  suggest();

  /** Says what is wrong, all at once, and goes to the first. */
  const isComplete = (): boolean => {
    const wrong = [
      phone.check(),
      when.check(),
      consent.error.check(consent.box.checked ? undefined : say('error.consent')),
    ].find(Boolean);
    wrong?.();
    return !wrong;
  };

  const busy = (isNow: boolean): void => {
    isBusy = isNow;
    button.ariaDisabled = isNow ? 'true' : null;
    fill(button, say(isNow ? 'loading' : 'submit'));
  };

  /** Sends it with the proof of work done, and not before it is `time`. */
  const send = async (time?: Promise<void>): Promise<void> => {
    const view = watch.view();
    if (isBusy) return;
    if (!view) {
      watch.refresh(true);
      return;
    }
    if (!isComplete()) return;
    complain();
    busy(true);
    const working = setTimeout(() => fill(trouble, el('p', { class: 'hint' }, say('sending.proof'))), 1000);
    try {
      await time;
      const proof = await watch.proof();
      // The fields could be changed in the meantime.
      if (isComplete()) ask(request(view.consent, proof));
    } catch {
      complain(
        say('offline.form'),
        plain(say('again'), () => void send()),
      );
    } finally {
      clearTimeout(working);
      if (trouble.querySelector('.hint')) complain();
      busy(false);
    }
  };

  const request = (
    { text, version }: { text: string; version: string },
    proof: { token: string; nonce: string },
  ): CallbackRequest => {
    const at = when.value();
    const identity = core.identity();
    const { ticket } = core.memory.kept;
    return {
      ...meant,
      ...phone.value(),
      ...(name.value.trim() && { name: name.value.trim() }),
      ...(at && { at }),
      timezone: zone(),
      page: location.origin + location.pathname, // what stands in the query is none of a callback's business
      ...(ticket && { session: ticket }),
      ...(identity && { identity }),
      proof,
      consent: {
        call: true,
        text,
        version,
        ...(settings.language && { language: settings.language }),
        ...(anyHour.box.checked && { anyHour: true }),
      },
    };
  };

  const form: RequestForm = {
    element,
    shown: () => watch.refresh(),
    focus: () => (fields.hidden ? element : phone.input).focus(),
    refuse(problem, sentence) {
      const about = problem.errors?.[0]?.path.split(/[./]/).find(Boolean);
      if (problem.type === 'proof-missing' && !hasRenewed) {
        hasRenewed = true; // the token had run out: nothing the visitor could do about it
        // The server also refuses forms that were filled in faster than a person can.
        void send(watch.renewProof().then(() => new Promise((resolve) => setTimeout(resolve, SLOWLY_MS))));
        return;
      }
      void watch.renewProof();
      if (['invalid-phone', 'number-refused', 'already-open'].includes(problem.type) || about === 'phone') {
        phone.error.complain(sentence);
      } else if (problem.type === 'invalid-time' || about === 'at') {
        anyHour.element.hidden = when.value() !== undefined;
        when.error.complain(sentence);
      } else if (problem.type === 'consent-missing') {
        consent.error.complain(sentence);
      } else complain(sentence);
    },
  };
  return form;
}
