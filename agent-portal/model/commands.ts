import { signal } from '@preact/signals';

import type { AgentEvents, CommandTaken } from '../../contracts/agent.ts';
import type { Notices } from './notices.ts';
import { reasonOf } from './api.ts';

const unknownAfterMs = 10_000;
const remembered = 50;

/** How the server said no to a command. */
export type Refused = Omit<AgentEvents['command.failed'], 'requestId'>;

interface Asked {
  readonly key: string;
  readonly label: string;
  /** Hears what is to be confirmed, where the command may be given once more with that. */
  readonly warn: ((words: string) => void) | undefined;
}

interface Waiting extends Asked {
  readonly timer: ReturnType<typeof setTimeout>;
  readonly settle: (done: boolean) => void;
}

/**
 * Commands on their way: taken by a 202, done by an event. One that is not finished after ten seconds is said to be
 * unknown, and the truth is asked for.
 */
export class Commands {
  /** Keys of what is under way, e.g. `accept:<id>`: its button shows it. */
  readonly busy = signal<ReadonlySet<string>>(new Set());
  readonly #waiting = new Map<string, Waiting>();
  /** Ends that were heard before the answer that names the request. */
  readonly #early = new Map<string, Refused | undefined>();
  readonly #notices: Notices;
  readonly #inDoubt: () => void;

  constructor(notices: Notices, inDoubt: () => void) {
    this.#notices = notices;
    this.#inDoubt = inDoubt;
  }

  /** Runs one command unless the same is under way; resolves to whether it was done. `warn` hears what the server wants confirmed. */
  async run(
    key: string,
    label: string,
    send: () => Promise<CommandTaken | undefined>,
    warn?: (words: string) => void,
  ): Promise<boolean> {
    if (this.busy.value.has(key)) return false;
    this.#mark(key, true);
    this.#notices.forget(key);
    try {
      const taken = await send();
      return taken === undefined ? true : await this.#end(taken.requestId, { key, label, warn });
    } catch (error) {
      this.#notices.say(`${label}: ${reasonOf(error)}.`, 'trouble', key);
      return false;
    } finally {
      this.#mark(key, false);
    }
  }

  /** An event has told the end of a request, of this tab or of another. `problem` absent: it was done. */
  ended(requestId: string, problem?: Refused): void {
    const waiting = this.#waiting.get(requestId);
    if (waiting === undefined) {
      this.#early.set(requestId, problem);
      for (const old of [...this.#early.keys()].slice(0, -remembered)) this.#early.delete(old);
      return;
    }
    this.#waiting.delete(requestId);
    clearTimeout(waiting.timer);
    this.#tell(waiting, problem);
    waiting.settle(problem === undefined);
  }

  #end(requestId: string, asked: Asked): Promise<boolean> {
    if (this.#early.has(requestId)) {
      const problem = this.#early.get(requestId);
      this.#tell(asked, problem);
      return Promise.resolve(problem === undefined);
    }
    return new Promise((settle) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(requestId);
        this.#notices.say(
          `${asked.label}: not confirmed after 10 seconds. What you see now is what the server says.`,
          'trouble',
          asked.key,
        );
        this.#inDoubt();
        settle(false);
      }, unknownAfterMs);
      this.#waiting.set(requestId, { ...asked, timer, settle });
    });
  }

  #tell({ key, label, warn }: Asked, refused: Refused | undefined): void {
    if (refused?.problem === 'needs-confirmation' && warn) warn(refused.title);
    else if (refused) this.#notices.say(`${label}: ${refused.title}.`, 'trouble', key);
  }

  #mark(key: string, on: boolean): void {
    const keys = new Set(this.busy.value);
    if (on) keys.add(key);
    else keys.delete(key);
    this.busy.value = keys;
  }
}
