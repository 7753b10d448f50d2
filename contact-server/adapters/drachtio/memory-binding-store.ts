import type { BindingStore, PhoneBinding } from '../../ports/phones.ts';

/** Bindings kept as long as this process lives: for one that has no other place. */
export class MemoryBindingStore implements BindingStore {
  readonly #bindings = new Map<string, PhoneBinding>();

  load(): Promise<readonly PhoneBinding[]> {
    return Promise.resolve([...this.#bindings.values()]);
  }

  save(binding: PhoneBinding): Promise<void> {
    this.#bindings.set(`${binding.extension} ${binding.contact}`, binding);
    return Promise.resolve();
  }

  remove(extension: string, contact: string): Promise<void> {
    this.#bindings.delete(`${extension} ${contact}`);
    return Promise.resolve();
  }
}
