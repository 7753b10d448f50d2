import type { WidgetCore } from '../shared/core.ts';
import { adopt, el, fill, icon } from '../shared/lent-dom.ts';
import { speaker } from '../shared/speaker.ts';
import { css } from './sharing.css';
import { texts } from './texts.ts';

const EYE =
  'M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z';

/** Asks before pages are shared, and shows all the while that they are, with the way to stop. */
export class SharingNotice {
  readonly #core: WidgetCore;
  readonly #frame = el('div', { class: 'frame', hidden: true });
  readonly #words = el('span');
  readonly #strip: HTMLElement;
  readonly #question = el('div', { role: 'alert' });
  readonly #say;

  constructor(core: WidgetCore, stop: () => void) {
    this.#core = core;
    this.#say = speaker(texts, (id) => core.ownText(id));
    adopt(core.root, css);
    const stopButton = el('button', { type: 'button', class: 'stop', click: stop }, this.#say('share.stop'));
    this.#strip = el('div', { class: 'strip', hidden: true }, icon(EYE), this.#words, stopButton);
    core.layer.append(this.#frame, el('div', { role: 'status' }, this.#strip), this.#question);
    core.keepClear(this.#strip);
  }

  show(isOn: boolean, viewers: readonly string[]): void {
    this.#frame.hidden = this.#strip.hidden = !isOn;
    const names = new Intl.ListFormat(this.#core.settings.language ?? 'en').format(viewers);
    fill(this.#words, viewers.length > 0 ? this.#say('share.with', { names }) : this.#say('share.on'));
  }

  /** Shows the question until it is answered; a later one takes its place. */
  ask(agent: string, text: string, answer: (pages: boolean) => void): void {
    const reply = (pages: boolean) => (): void => {
      this.withdraw();
      answer(pages);
    };
    const heading = el('h2', { id: 'ringback-ask' }, this.#say('share.ask', { agent }));
    const button = (words: string, kind: string, pages: boolean): HTMLElement =>
      el('button', { type: 'button', class: kind, click: reply(pages) }, words);
    fill(
      this.#question,
      el(
        'section',
        { class: 'ask', role: 'group', 'aria-labelledby': 'ringback-ask' },
        heading,
        el('p', {}, text),
        el(
          'div',
          { class: 'answers' },
          button(this.#say('share.allow'), 'allow', true),
          button(this.#say('share.later'), 'later', false),
        ),
      ),
    );
  }

  withdraw(): void {
    const hadFocus = this.#question.contains(this.#core.root.activeElement);
    fill(this.#question);
    if (hadFocus) this.#core.launcher.focus();
  }
}
