import type { CallbackView } from '../../contracts/visitor.ts';
import type { Tone } from '../shared/core.ts';
import type { Stage } from './callback-case.ts';
import type { Say } from './texts.ts';
import type { Times } from './times.ts';

export type ActionName =
  'cancel' | 'move' | 'retry' | 'new' | 'undo' | 'sendOld' | 'discard' | 'back' | 'forget';

/** One screen of the panel in words: what it says, loudest first, and what can be done. */
export interface Scene {
  readonly tone: Tone;
  readonly title: string;
  /** What matters most, in large figures, and what leads up to it. */
  readonly lead?: string | undefined;
  readonly big?: string | undefined;
  readonly lines: readonly string[];
  readonly hints: readonly string[];
  readonly notice?: string | undefined;
  /** The word that proves the call is ours, and who will say it. */
  readonly code?: { readonly who: string; readonly word: string } | '' | undefined;
  readonly actions: readonly ActionName[];
  readonly pill: string;
  /** The phone rings: nothing else matters. */
  readonly isRinging?: boolean;
}

type Words = Pick<Scene, 'title'> & Partial<Scene>;

/** What a scene is where it says nothing else. */
const plain: Omit<Scene, 'title'> = { tone: 'waiting', lines: [], hints: [], actions: [], pill: '' };

/** Puts a stage in words for the visitor; the form speaks for itself. */
export function sceneOf(stage: Stage, say: Say, times: Times): Scene | undefined {
  if (stage.at === 'form') return undefined;
  if (stage.at === 'sending') {
    const { old, kept } = stage;
    return {
      ...plain,
      title: say(old ? 'kept.old' : kept ? 'kept' : 'sending'),
      hints: kept && !old ? [say('kept.hint')] : [],
      actions: old ? ['sendOld', 'discard'] : kept ? ['discard'] : [],
      pill: say(kept ? 'pill.kept' : 'pill.sending'),
    };
  }
  if (stage.cancelling === 'sent') return { ...plain, title: say('cancelling') };
  if (stage.cancelling) return { ...plain, title: say('cancel.grace'), actions: ['undo'] };
  if (!stage.view) return { ...plain, title: say('loading'), pill: say('waiting.noplace') };
  return callbackScene(stage.view, stage.promiseBroken === true, say, times);
}

/** What is stored of a visitor, why and for how long: the request for so many days after the call. */
export function storedScene(say: Say, days: number | string): Scene {
  return {
    ...plain,
    tone: 'idle',
    title: say('stored'),
    hints: (['phone', 'consent', 'page', 'here'] as const).map((what) => say(`stored.${what}`, { days })),
    actions: ['back', 'forget'],
  };
}

function callbackScene(view: CallbackView, promiseBroken: boolean, say: Say, times: Times): Scene {
  const actions = (['retry', 'move', 'cancel'] as const).filter((action) => view.allowed.includes(action));
  const scene = (tone: Tone, words: Words): Scene => ({ ...plain, tone, actions, ...words });
  const { agent } = view;
  const byName = (what: 'soon' | 'ringing'): string =>
    agent ? say(`${what}.agent`, { agent: agent.name }) : say(`${what}.nobody`);
  const phone = unbroken(view.phone);
  const caller = view.callerId && unbroken(view.callerId);
  const willRing = caller ? say('will.ring.from', { phone, caller }) : say('will.ring', { phone });
  const over = (title: string, line: string, tone: Tone = 'idle'): Scene =>
    scene(tone, { title, lines: [line], actions: [...actions, 'new'] });

  switch (view.state) {
    case 'requested':
    case 'screened':
    case 'queued':
      return scene('waiting', waiting(view, promiseBroken, say, times, willRing));
    case 'scheduled': {
      const time = view.at ? times.moment(view.at) : '';
      return scene('waiting', {
        title: say('scheduled'),
        big: time,
        lines: [willRing],
        hints: [say('leave.page')],
        notice: missed(view, say, times),
        pill: say('pill.scheduled', { time }),
      });
    }
    case 'matched':
    case 'reserved':
    case 'dialing-agent':
      return scene('waiting', {
        title: say('soon'),
        lines: [byName('soon'), willRing],
        hints: [say('soon.hint')],
        pill: say('soon'),
      });
    case 'dialing-customer': {
      const { codeWord: code } = view;
      return scene('live', {
        isRinging: true,
        title: say('ringing'),
        lines: caller ? [say('ringing.from', { caller })] : [],
        hints: code ? [say('ringing.other')] : [],
        code: code && { who: byName('ringing'), word: code },
        pill: code ? say('pill.ringing', { code }) : say('ringing'),
      });
    }
    case 'connected':
      return scene('live', {
        title: agent ? say('talking', { agent: agent.name }) : say('talking.nobody'),
        lines: view.codeWord ? [say('talking.code', { code: view.codeWord })] : [],
        pill: say('talking.nobody'),
      });
    case 'wrap-up':
    case 'completed':
      return over(say('thanks'), say('thanks.text'));
    case 'unreached':
      return scene('trouble', {
        title: say('unreached.title'),
        lines: [missedText(view, say), ...(view.allowed.includes('retry') ? [say('unreached.kept')] : [])],
        actions: actions.length > 0 ? actions : ['new'],
        pill: say('unreached.title'),
      });
    case 'cancelled':
      return over(say('cancelled.title'), say('cancelled'));
    case 'expired':
    case 'refused':
    case 'failed': {
      const why = view.reason ?? say(view.state === 'expired' ? 'expired' : 'failed');
      return over(say(`${view.state}.title`), why, 'trouble');
    }
  }
}

function waiting(
  view: CallbackView,
  promiseBroken: boolean,
  say: Say,
  times: Times,
  willRing: string,
): Words {
  const { place, estimate } = view;
  const where =
    place === undefined
      ? say('waiting.noplace')
      : place === 1
        ? say('place.next')
        : say('place', { place: say(`ordinal.${ordinalRule(place)}`, { n: place }) });
  const span = estimate && { from: times.clock(estimate.from), to: times.clock(estimate.to) };
  return {
    title: where,
    lead: span && say('range'),
    big: span && say('range.times', span),
    lines: [
      ...(span ? [] : [view.at ? say('range.closed', { time: times.moment(view.at) }) : say('range.none')]),
      willRing,
    ],
    hints: [...(span ? [say('range.hint')] : []), say('leave.page')],
    notice: promiseBroken ? say('promise.broken') : missed(view, say, times),
    pill: span ? say('pill.queued', { place: where, ...span }) : say('waiting.noplace'),
  };
}

function ordinalRule(place: number): 'one' | 'two' | 'few' | 'other' {
  // English has these four.
  return new Intl.PluralRules('en', { type: 'ordinal' }).select(place) as ReturnType<typeof ordinalRule>;
}

/** After a try that failed while more are to come. */
function missed(view: CallbackView, say: Say, times: Times): string | undefined {
  if (view.attempts === 0 || !view.lastOutcome || view.lastOutcome === 'answered') return undefined;
  const again = view.at ? say('retry.at', { time: times.moment(view.at) }) : say('unreached.kept');
  return `${missedText(view, say)} ${again}`;
}

function missedText({ lastOutcome, phone }: CallbackView, say: Say): string {
  const id =
    lastOutcome === 'busy'
      ? 'unreached.busy'
      : lastOutcome === 'bad-number'
        ? 'unreached.number'
        : 'unreached';
  return say(id, { phone: unbroken(phone) });
}

/** A number stays on one line. */
function unbroken(phone: string): string {
  return phone.replaceAll(' ', '\u00a0');
}
