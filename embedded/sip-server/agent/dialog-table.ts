import type { SipMessage } from '../sip/message.ts';
import type { AppLink } from './app-link.ts';
import { dialogIdOf, type Dialog } from './dialog.ts';

/** All dialogs, found by their id, by a request inside them, or by Call-ID. */
export class DialogTable {
  readonly #byId = new Map<string, Dialog>();
  readonly #byCallId = new Map<string, Dialog>();

  /** How many requests wait that begin a dialog when they are answered: they have their place already. */
  promised = 0;

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Dialog | undefined {
    return this.#byId.get(id);
  }

  /** The latest dialog with this Call-ID. */
  withCallId(callId: string): Dialog | undefined {
    return this.#byCallId.get(callId);
  }

  /** The dialog that a request with a To tag belongs to, whichever side began it. */
  of(request: SipMessage): Dialog | undefined {
    const { callId, fromTag, toTag } = request;
    const theirs = this.#byId.get(dialogIdOf(request));
    if (theirs?.role === 'uas' && theirs.localTag === toTag) return theirs;
    const ours = this.#byId.get(`${callId};from-tag=${toTag}`);
    if (ours?.role !== 'uac') return undefined;
    // Before the first answer any tag may be the peer's: a NOTIFY can overtake the 200 to its SUBSCRIBE.
    return ours.remoteTag === fromTag || !ours.confirmed ? ours : undefined;
  }

  /** The dialogs that this application is told of. */
  ownedBy(link: AppLink): readonly Dialog[] {
    return [...this.#byId.values()].filter((it) => it.owner === link);
  }

  add(dialog: Dialog): void {
    this.#byId.set(dialog.id, dialog);
    this.#byCallId.set(dialog.callId, dialog);
  }

  /** Ends a dialog; doing it twice is harmless. */
  remove(dialog: Dialog): void {
    dialog.stop();
    if (this.#byId.get(dialog.id) === dialog) this.#byId.delete(dialog.id);
    if (this.#byCallId.get(dialog.callId) === dialog) this.#byCallId.delete(dialog.callId);
  }

  close(): void {
    for (const dialog of [...this.#byId.values()]) this.remove(dialog);
  }
}
