import { signal } from '@preact/signals';

export type NoticeTone = 'plain' | 'trouble';

/** One thing that was said to the agent outside the place it belongs to. */
export interface Notice {
  readonly id: number;
  readonly tone: NoticeTone;
  readonly text: string;
  readonly at: number;
  /** The command it is about. */
  readonly about?: string | undefined;
}

const plainMs = 12_000;
const most = 4;

/** Short messages: plain ones leave by themselves, those about trouble wait to be read. */
export class Notices {
  readonly list = signal<readonly Notice[]>([]);
  #last = 0;

  say(text: string, tone: NoticeTone = 'plain', about?: string): void {
    const notice = { id: ++this.#last, tone, text: sentence(text), at: Date.now(), about };
    const others = this.list.value.filter((it) => it.text !== notice.text);
    this.list.value = [...others, notice].slice(-most);
    if (tone === 'plain') setTimeout(() => this.dismiss(notice.id), plainMs);
  }

  /** The same is tried anew: what became of it last time is history. */
  forget(about: string): void {
    this.list.value = this.list.value.filter((it) => it.about !== about);
  }

  dismiss(id: number): void {
    this.list.value = this.list.value.filter((it) => it.id !== id);
  }
}

/** Ends with exactly one full stop, whoever wrote the words. */
function sentence(text: string): string {
  return `${text.replace(/[.\s]+$/, '')}.`;
}
