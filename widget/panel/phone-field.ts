import { plainDigits } from '../../contracts/plain-digits.ts';
import { el } from '../shared/lent-dom.ts';
import { callingCodes, countryOf } from './countries.ts';
import type { FieldError } from './field.ts';
import { fieldError, newId } from './field.ts';
import { groupDigits, isStrange } from './group-digits.ts';
import type { Say } from './texts.ts';

/** A telephone number with its country. The full check is the server's; here only what is surely wrong is said. */
export interface PhoneField {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  readonly error: FieldError;
  /** What to send: `+44…` where it was given so, else as typed, to be read as of `country`. */
  value(): { phone: string; country?: string };
  check(): ReturnType<FieldError['check']>;
  /** Sets the country unless the visitor has chosen one. */
  suggest(country: string): void;
}

/** Makes the field; `changed` is called with every change by the visitor. */
export function phoneField(say: Say, locale: string, changed: () => void): PhoneField {
  const id = newId();
  const code = el('span', { 'aria-hidden': 'true' });
  const select = el('select', {
    'aria-label': say('country'),
    autocomplete: 'tel-country-code',
    change: () => {
      isChosen = true;
      isInternational = false;
      showCode();
      changed();
    },
  });
  const input = el('input', {
    id,
    type: 'tel',
    name: 'tel',
    inputmode: 'tel',
    autocomplete: 'tel',
    maxlength: 40,
  });
  const error = fieldError(input);
  let isChosen = false;
  let isInternational = false;

  const names = new Intl.DisplayNames(locale, { type: 'region' });
  const countries = [...callingCodes].map(
    ([country, its]) => new Option(`${names.of(country) ?? country} +${its}`, country),
  );
  countries.sort((one, other) => one.text.localeCompare(other.text, locale));
  select.append(...countries);
  select.value = '';

  const showCode = (): void => {
    code.textContent = `+${callingCodes.get(select.value) ?? ''}`;
  };

  /** Takes `+44 20…` and `0044 20…` apart into country and the rest. */
  const takePrefix = (): void => {
    const typed = /^\s*(?:\+|00)([\d\s()./–-]*)$/.exec(input.value)?.[1]?.replace(/\D/g, '');
    if (typed === undefined) return;
    const country = countryOf(typed, select.value);
    const rest = country && typed.slice(callingCodes.get(country)?.length);
    // While a prefix is still being typed, wait: `+35` may become Portugal or Ireland.
    if (!rest || rest.length < 4) return;
    select.value = country;
    isInternational = isChosen = true;
    input.value = rest;
    showCode();
  };

  const format = (): void => {
    if (input.selectionEnd === input.value.length) input.value = groupDigits(input.value, select.value);
  };

  input.addEventListener('input', (event) => {
    const plain = plainDigits(input.value);
    if (input.value !== plain) input.value = plain;
    if (plain === '') isInternational = false;
    takePrefix();
    // Taking a character away must not put its space back.
    if (!(event as Partial<InputEvent>).inputType?.startsWith('delete')) format();
    error.show(undefined);
    changed();
  });
  showCode();

  const digits = (): string => input.value.replace(/\D/g, '');
  return {
    input,
    error,
    element: el(
      'div',
      { class: 'row' },
      el('label', { for: id }, say('phone')),
      el('div', { class: 'field phone' }, el('div', { class: 'code' }, code, select), input),
      error.line,
    ),
    value() {
      const country = select.value;
      const phone = isInternational ? `+${callingCodes.get(country) ?? ''}${digits()}` : input.value.trim();
      return { phone, ...(country && { country }) };
    },
    check() {
      const { length } = digits();
      const wrong = isStrange(input.value)
        ? 'strange'
        : length === 0
          ? 'empty'
          : length < 6
            ? 'short'
            : length > 15 && 'long';
      return error.check(wrong ? say(`error.phone.${wrong}`) : undefined);
    },
    suggest(country) {
      if (isChosen || !callingCodes.has(country)) return;
      select.value = country;
      showCode();
    },
  };
}
