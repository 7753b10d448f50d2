import type { WidgetCore } from '../shared/core.ts';
import { adopt, el, fill } from '../shared/lent-dom.ts';
import type { PageSession, Panel } from '../shared/parts.ts';
import { speaker } from '../shared/speaker.ts';
import { announcer } from './announcer.ts';
import { callbackCase } from './callback-case.ts';
import { moveView } from './move-view.ts';
import { panelDialog } from './panel-dialog.ts';
import { css } from './panel.css';
import { requestForm } from './request-form.ts';
import type { ActionName, Scene } from './scene.ts';
import { sceneOf, storedScene } from './scene.ts';
import { showScene } from './show-scene.ts';
import { texts } from './texts.ts';
import { timesIn } from './times.ts';
import type { Trouble } from './visitor-api.ts';
import { visitorApi } from './visitor-api.ts';

/** Builds the panel beside the launcher: the form, and what follows from it. */
export function createPanel(core: WidgetCore): Panel {
  const { memory, launcher, settings } = core;
  adopt(core.root, css);
  const say = speaker(texts, (id) => core.ownText(id));
  const times = timesIn(core.hasOwnTexts ? settings.language : undefined);
  const api = visitorApi(core);
  const voice = announcer();
  core.layer.append(...voice.elements);
  const ours = callbackCase(core, api, () => render());
  const form = requestForm(
    core,
    api,
    say,
    times,
    (body) => ours.ask(body),
    (view) => {
      stored = view.keepDays;
      if (asideIs) render();
    },
  );
  /** How long the server keeps a request, once it has told. */
  let stored: number | string = '…';
  let aside: HTMLElement | undefined;
  let asideIs: 'move' | 'stored' | undefined;
  let session: PageSession | undefined;
  let isToReopen = false;

  const code = el('p', { class: 'hint' });
  const stop = el(
    'button',
    { type: 'button', class: 'plain', click: () => session?.stopSharing() },
    say('sharing.stop'),
  );
  const sharing = el('p', { class: 'sharing' }, el('strong', {}, say('sharing.on')), stop);
  const storedLink = el(
    'button',
    { type: 'button', class: 'link', click: () => goAside('stored') },
    say('stored'),
  );
  const dialog = panelDialog(core, say, sharing, code, storedLink);

  const sentence = ({ type, detail, title, slots = [] }: Trouble): string =>
    slots[0]
      ? say('problem.slot-full', { times: slots.map(({ from }) => times.moment(from)).join(' · ') })
      : (core.ownText(`problem.${type}`) ?? detail ?? (title || say('network.problem')));

  const beginSession = (): void => {
    void core.session().then(
      (begun) => {
        if (session) return;
        session = begun;
        begun.onChange(render);
        render();
      },
      () => {}, // the callback does not depend on it
    );
  };

  const goAside = (where: 'move' | 'stored' | undefined): void => {
    asideIs = where;
    aside = where === 'move' ? mover() : undefined;
    if (where === 'stored') form.shown(); // the server tells how long
    render();
    dialog.focusTitle();
  };

  const actions: Record<ActionName, () => unknown> = {
    ...ours,
    move: () => goAside('move'),
    retry: () => ours.move(null),
    new() {
      ours.startAnew();
      form.shown();
      form.focus();
    },
    back: () => goAside(undefined),
    forget() {
      asideIs = undefined;
      memory.keep({ ticket: undefined, pending: undefined, open: undefined });
      ours.startAnew('forgotten');
      form.shown();
    },
  };
  const draw = (scene: Scene, ...extras: Parameters<typeof showScene>[3]): void =>
    dialog.show(showScene(scene, say, (action) => void actions[action](), extras, launcher.picture()));

  let shownTrouble: Trouble | undefined;
  const render = (): void => {
    const stage = ours.stage();
    const scene = sceneOf(stage, say, times);
    if (scene?.pill) launcher.show(scene.pill, scene.tone);
    else launcher.show(launcher.label, 'idle');
    dialog.ringing(!!scene?.isRinging);

    const trouble = stage.at === 'sending' ? undefined : stage.trouble;
    const isCallback = stage.at === 'callback';
    if (asideIs === 'move' && !(isCallback && stage.view?.allowed.includes('move')))
      aside = asideIs = undefined;
    if (aside) dialog.show(aside);
    else if (asideIs === 'stored') {
      const notice =
        settings.privacy &&
        el('a', { href: settings.privacy, target: '_blank', rel: 'noopener' }, say('stored.notice'));
      draw(storedScene(say, stored), notice);
    } else if (scene) {
      draw(
        scene,
        trouble && el('p', { class: 'notice trouble', role: 'alert' }, sentence(trouble)),
        isCallback &&
          stage.stale &&
          el('p', { class: 'hint' }, say('reconnecting', { time: times.clock(stage.updatedAt) })),
      );
    } else {
      const note = stage.at === 'form' && stage.note;
      dialog.show(note && el('p', { class: 'notice' }, say(note)), form.element);
      if (trouble && trouble !== shownTrouble) {
        shownTrouble = trouble;
        form.refuse(trouble, sentence(trouble));
      }
    }

    // After a reload it opens again by itself only for what is still to come.
    if (isToReopen && (stage.at === 'sending' || (isCallback && stage.view))) {
      isToReopen = false;
      dialog.restore();
    }

    // For who has rung us; who is rung by us needs none.
    const toRead = stage.at === 'form' && session?.code;
    code.hidden = !toRead;
    if (toRead) fill(code, say('code', { code: toRead }));
    sharing.hidden = !session?.sharing;
    storedLink.hidden = asideIs === 'stored';

    if (scene?.code) voice.alarm([scene.title, ...scene.lines, scene.code.who, scene.code.word].join('. '));
    else {
      voice.alarm('');
      if (scene)
        voice.say(
          [scene.title, scene.notice, scene.lead && `${scene.lead} ${scene.big ?? ''}`, ...scene.lines]
            .filter(Boolean)
            .join('. '),
        );
    }
  };

  const mover = (): HTMLElement => {
    const stage = ours.stage();
    const view = stage.at === 'callback' ? stage.view : undefined;
    return moveView(core, api, say, times, {
      service: view?.service ?? settings.service,
      mayBeNow: view?.state !== 'queued',
      back: () => goAside(undefined),
      async save(at) {
        if (await ours.move(at)) {
          goAside(undefined);
          return undefined;
        }
        const { trouble } = ours.stage() as { trouble?: Trouble };
        return trouble ? sentence(trouble) : say('network.problem');
      },
    });
  };

  render();
  const { callback, pending, open: wasOpen } = memory.kept;
  if (callback ?? pending) {
    isToReopen = wasOpen === true;
    beginSession();
  }
  ours.resume();

  return {
    open(): void {
      if (dialog.isOpen()) return;
      memory.use();
      memory.keep({ open: true });
      dialog.open();
      beginSession();
      if (ours.stage().at === 'form' && !asideIs) {
        form.shown();
        form.focus();
      } else dialog.focusTitle();
      core.emit('open');
    },
    close: () => dialog.close(),
  };
}
