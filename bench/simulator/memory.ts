import type { ClassId, Comer, Experience } from '../../routing/testing.ts';
import { ALL, binOf, FULL } from '../../routing/testing.ts';
import type { Contact } from './centre.ts';

const BUCKET_MS = 600_000;

/** Counts as the matchmaker counts in Redis, with the same fading. */
export class Memory {
  readonly #laws = new Map<ClassId, Map<number, number>>();
  #habits = { lapses: 0, awayMs: 0, cancels: 0, waitedMs: 0 };
  #bucket = -1;
  #came = new Map<string, number>();
  #cameBefore = new Map<string, number>();

  finished(id: ClassId, tookMs: number): void {
    for (const name of [id, ALL]) {
      const law = this.#laws.get(name) ?? new Map<number, number>();
      this.#laws.set(name, law);
      const bin = binOf(tookMs);
      law.set(bin, (law.get(bin) ?? 0) + 1);
      if ((law.get(bin) ?? 0) < FULL) continue;
      for (const [key, n] of law) law.set(key, Math.floor(n / 2));
      if (name !== ALL) continue;
      const half = (n: number) => Math.floor(n / 2);
      const { lapses, awayMs, cancels, waitedMs } = this.#habits;
      this.#habits = {
        lapses: half(lapses),
        awayMs: half(awayMs),
        cancels: half(cancels),
        waitedMs: half(waitedMs),
      };
    }
  }

  came(contact: Contact): void {
    const bucket = Math.floor(contact.at / BUCKET_MS);
    if (bucket !== this.#bucket) {
      this.#cameBefore = bucket === this.#bucket + 1 ? this.#came : new Map<string, number>();
      this.#came = new Map();
      this.#bucket = bucket;
    }
    const headStart = Math.floor(contact.headStartMs / 60_000);
    if (headStart === 0) return;
    const key = `${contact.class} ${headStart}`;
    this.#came.set(key, (this.#came.get(key) ?? 0) + 1);
  }

  leftTheLine(waitedMs: number, cancelled: boolean): void {
    this.#habits.waitedMs += waitedMs;
    if (cancelled) this.#habits.cancels += 1;
  }

  lapsed(): void {
    this.#habits.lapses += 1;
  }

  returned(awayMs: number): void {
    this.#habits.awayMs += awayMs;
  }

  experience(now: number, urgencyScore: number): Experience {
    const overMs = BUCKET_MS + (now % BUCKET_MS);
    const comers: Comer[] = [];
    for (const counts of [this.#cameBefore, this.#came]) {
      for (const [key, n] of counts) {
        const [id = '', headStart = '0'] = key.split(' ');
        comers.push({
          class: id,
          urgencyScore,
          headStartMs: Number(headStart) * 60_000,
          perMs: n / overMs,
        });
      }
    }
    return { laws: this.#laws, ...this.#habits, comers };
  }
}
