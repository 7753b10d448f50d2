import { signal } from '@preact/signals';

import type { Rules, RulesChange } from '../../contracts/rules.schema.ts';
import type { RulesFault, RulesView } from '../../contracts/rules.ts';
import { reasonOf, RequestFailed, type Api } from './api.ts';

/** The kinds of rules that are edited one at a time. */
export type RuleKind = 'services' | 'hours' | 'agents' | 'entitlements';
export type RuleItem<K extends RuleKind> = Rules[K][number];

/** What is open for editing; a new item has an id that is not there yet. */
export interface OpenRule {
  readonly kind: RuleKind;
  readonly id: string;
}

/** A field of the open rule, as it is called there; with what lies in it, if it does not stand alone. */
export interface FaultPlace {
  readonly field: string;
  readonly isAlone?: boolean;
}

interface Said {
  readonly text: string;
  readonly isTrouble: boolean;
  /** What others have changed meanwhile: the changes the text speaks of, the first of them first. */
  readonly theirs?: RulesView['history'];
  /** Does it all the same, where it only has to be confirmed. */
  readonly confirm?: Confirm;
}

interface Confirm {
  /** What is not done before. */
  readonly notYet: string;
  /** What the button says. */
  readonly words: string;
  readonly go: () => void;
}

/** The rules as the server last said them, and what of them is being changed here: nothing typed is lost by looking elsewhere. */
export class RulesBook {
  readonly view = signal<RulesView | undefined>(undefined);
  /** Why they could not be loaded. */
  readonly problem = signal<string | undefined>(undefined);
  readonly opened = signal<OpenRule | 'history' | undefined>(undefined);
  readonly isBusy = signal(false);
  /** What became of the last save, for everybody to read. */
  readonly said = signal<Said | undefined>(undefined);
  readonly faults = signal<readonly RulesFault[]>([]);
  readonly #places = signal<readonly FaultPlace[]>([]);
  readonly #drafts = signal<ReadonlyMap<string, unknown>>(new Map());
  /** The version the drafts began from; one that was loaded since, by looking elsewhere and back, is not it. */
  #base: number | undefined;
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  async refresh(): Promise<void> {
    this.problem.value = undefined;
    try {
      this.view.value = await this.#api.rules();
    } catch (error) {
      this.problem.value = reasonOf(error);
    }
  }

  open(what: OpenRule | 'history' | undefined): void {
    this.opened.value = what;
    this.faults.value = [];
    this.said.value = undefined;
  }

  /** Something on the screen shows what is wrong at a place; the answer takes it off again. */
  shows(place: FaultPlace): () => void {
    this.#places.value = [...this.#places.value, place];
    return () => {
      this.#places.value = this.#places.value.filter((it) => it !== place);
    };
  }

  /** What is wrong at a place of the open rule. */
  faultsAt(place: FaultPlace): readonly string[] {
    return this.faults.value.filter((it) => this.#isAt(place, it)).map((it) => it.message);
  }

  /** What no place on the screen shows: about other rules, about the open one as a whole, or about the change itself. */
  otherFaults(): readonly string[] {
    const others = this.faults.value.filter(
      (it) => !this.#places.value.some((place) => this.#isAt(place, it)),
    );
    return [...new Set(others.map((it) => it.message))];
  }

  #isAt({ field, isAlone = false }: FaultPlace, { path }: RulesFault): boolean {
    const opened = this.opened.value;
    if (typeof opened !== 'object') return false;
    const [, kind, id = '', ...rest] = path.split('/');
    // One rule is sent at a time: a number stands for the open one.
    const isOpen = kind === opened.kind && (/^\d+$/.test(id) || id === opened.id);
    const tail = rest.join('/');
    return isOpen && (tail === field || (!isAlone && tail.startsWith(`${field}/`)));
  }

  isChanged(kind: RuleKind, id: string): boolean {
    return this.#drafts.value.has(`${kind}/${id}`);
  }

  /** All of a kind: those that hold, and after them those that are new here and not saved. */
  list<K extends RuleKind>(kind: K): readonly RuleItem<K>[] {
    const kept = (this.view.value?.rules[kind] ?? []) as readonly RuleItem<K>[];
    const ids = new Set(kept.map((it) => `${kind}/${it.id}`));
    const drafts = [...this.#drafts.value].filter(([key]) => key.startsWith(`${kind}/`) && !ids.has(key));
    return [...kept, ...drafts.map(([, item]) => item as RuleItem<K>)];
  }

  /** The item as it is being changed here, or as it holds. */
  item<K extends RuleKind>(kind: K, id: string): RuleItem<K> | undefined {
    const draft = this.#drafts.value.get(`${kind}/${id}`) as RuleItem<K> | undefined;
    const list = this.view.value?.rules[kind] as readonly RuleItem<K>[] | undefined;
    return draft ?? list?.find((it) => it.id === id);
  }

  edit<K extends RuleKind>(kind: K, id: string, item: RuleItem<K>): void {
    if (this.#drafts.value.size === 0) this.#base = this.view.value?.version;
    // What was to be confirmed is another thing now.
    if (this.said.value?.confirm) this.said.value = undefined;
    this.#drafts.value = new Map(this.#drafts.value).set(`${kind}/${id}`, item);
  }

  forget(kind: RuleKind, id: string): void {
    const drafts = new Map(this.#drafts.value);
    drafts.delete(`${kind}/${id}`);
    this.#drafts.value = drafts;
    this.faults.value = [];
  }

  /** Saves the item that is open; what was typed stays when it is refused. `anyway`: confirmed after a warning. */
  async save(kind: RuleKind, id: string, anyway = false): Promise<void> {
    const item = this.item(kind, id);
    if (!item) return;
    const { name: _, ...nameless } = item as RuleItem<'agents'>;
    const named = kind === 'agents' ? nameless : item;
    const change = { [kind]: [named], ...(anyway && { anyway }) };
    const isNew = kind === 'services' && !this.isKept(kind, id);
    const words = isNew ? 'Saved. Visitors can ask for it from now on.' : 'Saved. It holds from now on.';
    const confirm = { notYet: 'Not saved', words: 'Save anyway', go: () => void this.save(kind, id, true) };
    if (!(await this.#send(words, change, confirm))) return;
    this.forget(kind, id);
    this.opened.value = { kind, id: item.id };
  }

  async remove(kind: 'hours' | 'entitlements', id: string): Promise<void> {
    const change = kind === 'hours' ? { removeHours: [id] } : { removeEntitlements: [id] };
    if (!(await this.#send(`${id} is removed. The history can bring it back.`, change))) return;
    this.forget(kind, id);
    this.opened.value = undefined;
  }

  /** Nobody can ask for it from then on; whoever has asked is called. `anyway`: confirmed after who that is was told. */
  async removeService({ id, name }: RuleItem<'services'>, anyway = false): Promise<void> {
    const change = { removeServices: [id], ...(anyway && { anyway }) };
    const confirm = {
      notYet: 'Not removed yet',
      words: 'Remove it',
      go: () => void this.removeService({ id, name } as RuleItem<'services'>, true),
    };
    const words = `${name} is not offered any more.`;
    if (!(await this.#send(words, change, confirm))) return;
    this.forget('services', id);
  }

  /** A removed service, as it was. */
  async offerAgain({ removed: _, ...service }: RuleItem<'services'>): Promise<void> {
    await this.#send(`${service.name} is offered again.`, { services: [service] });
  }

  isKept(kind: RuleKind, id: string): boolean {
    return this.view.value?.rules[kind].some((it) => it.id === id) ?? false;
  }

  addQualification(name: string): Promise<boolean> {
    return this.#send(`${name} is a qualification now.`, { addQualifications: [name] });
  }

  async restore(version: number, anyway = false): Promise<void> {
    await this.#settle(
      `The rules of version ${version} hold again.`,
      (base) => this.#api.restoreRules({ base, version, ...(anyway && { anyway }) }),
      { notYet: 'Not restored yet', words: 'Restore it', go: () => void this.restore(version, true) },
    );
  }

  #send(words: string, change: Partial<RulesChange>, confirm?: Confirm): Promise<boolean> {
    return this.#settle(words, (base) => this.#api.changeRules({ base, ...change }), confirm);
  }

  async #settle(
    words: string,
    send: (base: number) => Promise<RulesView>,
    confirm?: Confirm,
  ): Promise<boolean> {
    const base = this.#drafts.value.size > 0 ? this.#base : this.view.value?.version;
    if (base === undefined || this.isBusy.value) return false;
    this.isBusy.value = true;
    this.faults.value = [];
    this.said.value = undefined;
    try {
      const view = await send(base);
      this.view.value = view;
      this.#base = view.version;
      this.said.value = { text: words, isTrouble: false };
      return true;
    } catch (error) {
      await this.#refused(error, base, confirm);
      return false;
    } finally {
      this.isBusy.value = false;
    }
  }

  async #refused(error: unknown, base: number, confirm?: Confirm): Promise<void> {
    const problem = error instanceof RequestFailed ? error.problem : undefined;
    if (problem?.type === 'version-conflict') {
      await this.refresh();
      this.#base = this.view.value?.version;
      const theirs = (this.view.value?.history ?? []).filter((it) => it.version > base).toReversed();
      const text = 'Not saved: somebody else has changed the rules meanwhile.';
      this.said.value = { text, isTrouble: true, theirs };
      return;
    }
    this.faults.value = problem?.errors ?? [];
    const text =
      this.faults.value.length > 0
        ? 'Not saved: something is not right yet.'
        : `${problem?.type === 'needs-confirmation' ? (confirm?.notYet ?? 'Not saved') : 'Not saved'}: ${reasonOf(error)}.`;
    const isToConfirm = problem?.type === 'needs-confirmation' && confirm !== undefined;
    this.said.value = { text, isTrouble: true, ...(isToConfirm && { confirm }) };
  }
}
