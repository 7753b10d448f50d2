import type { Clock } from '../../../server-kit/clock.ts';
import type { PhoneBinding } from '../../ports/phones.ts';

/** What a change of bindings removed or added, for whoever keeps them. */
export interface BindingEvents {
  added(binding: PhoneBinding): void;
  removed(binding: PhoneBinding): void;
}

interface Kept {
  readonly binding: PhoneBinding;
  readonly stop: () => void;
}

/** All live bindings of all phones, in memory; each ends at its time. */
export class Bindings {
  readonly #clock: Clock;
  readonly #events: BindingEvents;
  readonly #maxEach: number;
  readonly #phones = new Map<string, Map<string, Kept>>();

  constructor(clock: Clock, maxEach: number, events: BindingEvents) {
    this.#clock = clock;
    this.#maxEach = maxEach;
    this.#events = events;
  }

  /** Of one extension, the newest registration first. */
  of(extension: string): readonly PhoneBinding[] {
    const bindings = [...(this.#phones.get(extension)?.values() ?? [])].map((it) => it.binding);
    return bindings.sort((one, other) => other.registeredAt - one.registeredAt);
  }

  find(extension: string, contact: string): PhoneBinding | undefined {
    return this.#phones.get(extension)?.get(contact)?.binding;
  }

  /** Adds or renews. A phone that comes with another contact from the same place has restarted: its old one goes. */
  put(binding: PhoneBinding): void {
    const { extension, contact, expiresAt } = binding;
    this.#forget(extension, contact);
    const stop = this.#clock.after(Math.max(0, expiresAt - this.#clock.now()), () => this.remove(binding));
    const bindings = this.#phones.get(extension) ?? new Map<string, Kept>();
    this.#phones.set(extension, bindings.set(contact, { binding, stop }));
    for (const other of this.of(extension)) {
      const samePlace = other.address === binding.address && other.port === binding.port;
      if (other.contact !== contact && samePlace) this.remove(other);
    }
    for (const oldest of this.of(extension).slice(this.#maxEach)) this.remove(oldest);
    this.#events.added(binding);
  }

  remove({ extension, contact }: PhoneBinding): void {
    const binding = this.#forget(extension, contact);
    if (binding) this.#events.removed(binding);
  }

  /** Stops all timers; nothing is told. */
  close(): void {
    for (const bindings of this.#phones.values()) for (const { stop } of bindings.values()) stop();
    this.#phones.clear();
  }

  #forget(extension: string, contact: string): PhoneBinding | undefined {
    const bindings = this.#phones.get(extension);
    const kept = bindings?.get(contact);
    if (!kept) return undefined;
    kept.stop();
    bindings?.delete(contact);
    if (bindings?.size === 0) this.#phones.delete(extension);
    return kept.binding;
  }
}
