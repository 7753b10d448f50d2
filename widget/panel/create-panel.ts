import type { WidgetCore } from '../shared/core.ts';
import { adopt, el } from '../shared/dom.ts';
import type { PageSession, Panel } from '../shared/parts.ts';
import { Announcer } from './announcer.ts';
import { CallbackCase } from './callback-case.ts';
import { PanelDialog } from './panel-dialog.ts';
import { moveView } from './move-view.ts';
import { css } from './panel.css';
import { requestForm } from './request-form.ts';
import type { ActionName, Scene } from './scene.ts';
import { sceneOf } from './scene.ts';
import { showScene } from './show-scene.ts';
import { storedView } from './stored-view.ts';
import { speaker } from './texts.ts';
import { timesIn } from './times.ts';
import type { Trouble } from './visitor-api.ts';
import { visitorApi } from './visitor-api.ts';

/** Builds the panel beside the launcher: the form, and what follows from it. */
export function createPanel(core: WidgetCore): Panel {
  adopt(core.root, css);
  const say = speaker((id) => core.ownText(id));
  const times = timesIn(core.hasOwnTexts ? core.settings.language : undefined);
  const api = visitorApi(core);
  const announcer = new Announcer();
  core.layer.append(announcer.status, announcer.alert);
  const dialog = new PanelDialog(core, say);
  const case_ = new CallbackCase(core, api, () => render());
  const form = requestForm(core, api, say, times, (body) => case_.ask(body));
  let aside: 'move' | 'stored' | undefined;
  let asideElement: HTMLElement | undefined;
  let session: PageSession | undefined;

  const sentence = (trouble: Trouble): string =>
    core.ownText(`problem.${trouble.type}`) ?? trouble.detail ?? (trouble.title || say('network.problem'));

  const beginSession = (): void => {
    void core.session().then(
      (begun) => {
        if (session) return;
        session = begun;
        begun.onChange(() => render());
        render();
      },
      () => {}, // the callback does not depend on it
    );
  };

  const goAside = (where: 'move' | 'stored' | undefined): void => {
    aside = where;
    asideElement = undefined;
    render();
    dialog.focusTitle();
  };

  const act = (action: ActionName): void => {
    switch (action) {
      case 'cancel':
        case_.cancel();
        break;
      case 'undo':
        case_.undo();
        break;
      case 'move':
        goAside('move');
        break;
      case 'retry':
        void case_.move(null);
        break;
      case 'new':
        case_.startAnew();
        form.shown();
        form.focus();
        break;
      case 'sendOld':
        case_.sendOld();
        break;
      case 'discard':
      case 'again':
        case_.discard();
    }
  };

  const currentScene = (): Scene | undefined => {
    const { stage } = case_;
    if (stage.at === 'form') return undefined;
    if (stage.at === 'sending') {
      const title = stage.old ? say('kept.old') : say(stage.kept ? 'kept' : 'sending');
      const pill = say(stage.kept ? 'pill.kept' : 'pill.sending');
      const actions: ActionName[] = stage.old ? ['sendOld', 'discard'] : stage.kept ? ['discard'] : [];
      return { tone: 'waiting', title, lines: [], hints: [], actions, pill };
    }
    if (stage.cancelling) {
      return { tone: 'idle', title: say('cancel.grace'), lines: [], hints: [], actions: ['undo'], pill: '' };
    }
    if (!stage.view) {
      return {
        tone: 'waiting',
        title: say('loading'),
        lines: [],
        hints: [],
        actions: [],
        pill: say('pill.waiting'),
      };
    }
    return sceneOf(stage.view, stage.promiseBroken, say, times);
  };

  /** What belongs to the callback but is not its state: troubles, staleness, sharing. */
  const extras = (scene: Scene): HTMLElement => {
    const { stage } = case_;
    const stale = stage.at === 'callback' && stage.stale && !stage.cancelling;
    const trouble = stage.at === 'callback' ? stage.trouble : undefined;
    return el(
      'div',
      { class: 'extras' },
      trouble && el('p', { class: 'notice trouble', role: 'alert' }, sentence(trouble)),
      stale && el('p', { class: 'hint' }, say('reconnecting', { time: times.clock(stage.updatedAt) })),
      scene.isTalking &&
        session?.sharing &&
        el(
          'p',
          { class: 'sharing' },
          el('span', {}, say('sharing.on')),
          el(
            'button',
            { type: 'button', 'data-key': 'stop', class: 'plain', click: () => session?.stopSharing() },
            say('sharing.stop'),
          ),
        ),
    );
  };

  let shownTrouble: Trouble | undefined;
  const render = (): void => {
    const { stage } = case_;
    const scene = currentScene();
    if (!scene) core.launcher.show(core.launcher.label, 'idle');
    else core.launcher.show(scene.pill || core.launcher.label, scene.pill ? scene.tone : 'idle');
    dialog.tone(scene?.tone ?? 'idle');

    if (aside === 'move' && !(stage.at === 'callback' && stage.view?.allowed.includes('move')))
      aside = undefined;
    if (aside) {
      asideElement ??= aside === 'stored' ? stored() : mover();
      dialog.show(asideElement);
    } else if (!scene || stage.at === 'form') {
      dialog.show(
        stage.at === 'form' && stage.note && el('p', { class: 'notice' }, say(stage.note)),
        form.element,
      );
    } else dialog.show(showScene(scene, say, act, extras(scene)));

    if (stage.at === 'form' && stage.trouble && stage.trouble !== shownTrouble) {
      shownTrouble = stage.trouble;
      form.refuse(stage.trouble, sentence(stage.trouble));
    }
    dialog.foot(
      session?.code && stage.at === 'callback' ? say('code', { code: spaced(session.code) }) : undefined,
      aside === 'stored' ? undefined : () => goAside('stored'),
    );
    announce(scene);
  };

  const announce = (scene: Scene | undefined): void => {
    if (scene?.code) {
      announcer.alarm([scene.title, ...scene.lines, scene.code.who, scene.code.word].join('. '));
      return;
    }
    announcer.alarm('');
    if (scene) announcer.say([scene.title, scene.notice, ...scene.lines].filter(Boolean).join('. '));
  };

  const mover = (): HTMLElement => {
    const { stage } = case_;
    const view = stage.at === 'callback' ? stage.view : undefined;
    return moveView(core, api, say, times, {
      service: view?.service ?? core.settings.service,
      mayBeNow: view?.state !== 'queued',
      back: () => goAside(undefined),
      async save(at) {
        if (await case_.move(at)) {
          goAside(undefined);
          return undefined;
        }
        const { trouble } = case_.stage as { trouble?: Trouble };
        return trouble ? sentence(trouble) : say('network.problem');
      },
    });
  };
  const stored = (): HTMLElement =>
    storedView(
      core,
      say,
      () => goAside(undefined),
      () => {
        aside = undefined;
        core.memory.keep({ ticket: undefined, pending: undefined, open: undefined });
        case_.startAnew('forgotten');
        form.shown();
      },
    );

  render();
  case_.resume();
  const { open: wasOpen, callback, pending } = core.memory.kept;
  if ((callback ?? pending) && wasOpen) dialog.restore();
  if (callback ?? pending) beginSession();

  return {
    open(): void {
      if (dialog.isOpen) return;
      core.memory.use();
      core.memory.keep({ open: true });
      dialog.open();
      beginSession();
      if (case_.stage.at === 'form' && !aside) {
        form.shown();
        form.focus();
      } else dialog.focusTitle();
      core.emit('open');
    },
    close: () => dialog.close(),
  };
}

function spaced(code: string): string {
  return code.replace(/^(...)(...)$/, '$1 $2');
}
