import type { SessionId } from '../../contracts/ids.ts';
import type { PageSays } from '../../contracts/visitor.ts';
import { pageSaysSchema } from '../../contracts/visitor.schema.ts';
import type { Logger } from 'pino';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { newPageSession } from '../domain/page-session.ts';
import type { VisitorStream } from '../ports/visitor-desk.ts';
import type { PageAuthority } from './page-authority.ts';
import type { Hello, InRoom, Listener } from './page-connections.ts';
import { say } from './page-room.ts';
import type { PageRooms } from './page-rooms.ts';
import type { PageViewer } from './page-viewer.ts';
import type { PageVisitor } from './page-visitor.ts';
import { newId } from './tokens.ts';

const HELLO_MS = 5_000;

interface Behind {
  readonly authority: PageAuthority;
  readonly rooms: PageRooms;
  readonly visitor: PageVisitor;
  readonly viewer: PageViewer;
}

/** Lets nobody in who does not say in time who they are; what follows is understood and in order, or the connection ends. */
export class PageDoor {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #behind: Behind;

  constructor(parts: { readonly clock: Clock; readonly log: Logger }, behind: Behind) {
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#behind = behind;
  }

  open(stream: VisitorStream): void {
    let lane = Promise.resolve<Listener | undefined>(undefined);
    let isOver = false;
    const cancel = this.#clock.after(HELLO_MS, () => stream.close('no hello'));
    stream.onClose(() => {
      isOver = true;
      cancel();
    });
    stream.onData((text) => {
      lane = lane.then((listener) => {
        if (isOver) return listener;
        const said = understood(text);
        if (!said) {
          say(stream, {
            type: 'problem',
            problem: 'invalid-request',
            title: 'This message is not understood.',
          });
          stream.close('not understood');
        } else if (listener) listener(said);
        else if (said.type === 'hello') {
          cancel();
          return this.#admit(stream, said);
        } else stream.close('hello first');
        return listener;
      });
    });
  }

  async #admit(stream: VisitorStream, hello: Hello): Promise<Listener | undefined> {
    try {
      return await (hello.viewer === undefined
        ? this.#visitor(stream, hello)
        : this.#viewer(stream, hello, hello.viewer));
    } catch (err) {
      if (err instanceof ProblemError && err.problem.status < 500) {
        say(stream, { type: 'ended', reason: 'refused' });
        stream.close('refused');
      } else {
        // No fault of theirs: they keep what proves who they are, and come back.
        this.#log.error({ err }, 'page session not opened');
        stream.close('unavailable');
      }
      return undefined;
    }
  }

  async #viewer(stream: VisitorStream, hello: Hello, shown: string): Promise<Listener> {
    const { authority, rooms, viewer } = this.#behind;
    const { sessionId: id, registrationId } = await authority.viewerBehind(shown);
    return rooms.in(id, (room) => viewer.welcome(room, registrationId, stream, hello, this.#into(id)));
  }

  #visitor(stream: VisitorStream, hello: Hello): Promise<Listener> {
    const { authority, rooms, visitor } = this.#behind;
    const { ip, origin } = stream.ask.visitor;
    const known = hello.ticket === undefined ? undefined : authority.sessionOf(hello.ticket, origin);
    const id = known ?? (newId() as SessionId);
    const ticket = (known && hello.ticket) ?? authority.sessionTicket(id, origin);
    const fresh = newPageSession(id, ip, origin ?? '', this.#clock.now());
    return rooms.in(id, (room) => visitor.welcome(room, stream, hello, ticket, this.#into(id)), {
      isNew: known === undefined,
      fresh,
    });
  }

  #into(id: SessionId): InRoom {
    return (work) => {
      this.#behind.rooms
        .in(id, work)
        .catch((err: unknown) => this.#log.error({ err, sessionId: id }, 'page message lost'));
    };
  }
}

function understood(text: string): PageSays | undefined {
  try {
    const result = pageSaysSchema.safeParse(JSON.parse(text));
    return result.success ? (result.data as PageSays) : undefined;
  } catch {
    return undefined;
  }
}
