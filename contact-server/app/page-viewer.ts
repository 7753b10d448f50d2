import type { PageSays } from '../../contracts/visitor.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { heard, keptEnd, newEnd, returned } from '../domain/page-end.ts';
import { frameAt, frameGone } from '../domain/page-session.ts';
import type { VisitorStream } from '../ports/visitor-desk.ts';
import type { PageAuthority } from './page-authority.ts';
import {
  connect,
  type Hello,
  type InRoom,
  type Listener,
  newStation,
  shownAs,
  whenGone,
} from './page-connections.ts';
import type { PageParts } from './page-parts.ts';
import { type Frame, type PageRoom, say } from './page-room.ts';

/** What shared pages do when a viewer has come, moved or gone. */
interface Told {
  changed(room: PageRoom): void;
  /** The last frame of this registration is gone. */
  frameless(room: PageRoom, registration: string): void;
}

const MAX_FRAMES = 40;

/** What is said and heard in a room by the frames of viewers. */
export class PageViewer {
  readonly #parts: PageParts;
  readonly #authority: PageAuthority;
  readonly #told: Told;

  constructor(parts: PageParts, authority: PageAuthority, told: Told) {
    this.#parts = parts;
    this.#authority = authority;
    this.#told = told;
  }

  welcome(
    room: PageRoom,
    registration: string,
    stream: VisitorStream,
    hello: Hello,
    inRoom: InRoom,
  ): Listener {
    const { tab, seq } = hello;
    const { id, registrations, frames } = room.session;
    if (!registrations.some((it) => it.id === registration)) throw new ProblemError('wrong-token');
    const url = shownAs(hello.url, stream, this.#parts.siteOrigins);
    if (url === undefined) throw new ProblemError('page-refused');
    const known = room.frames.get(tab);
    if (known ? known.registration !== registration : room.frames.size >= MAX_FRAMES)
      throw new ProblemError('too-many');
    const stored = frames.find((it) => it.tab === tab && it.registration === registration);
    const before = known?.end ?? (stored && keptEnd(stored));
    const back = before && returned(before, { seq, url });
    const fresh: Frame = { ...newStation(tab), registration, moves: [] };
    const frame = connect(known ?? fresh, stream, back?.end ?? newEnd({ seq, url }));
    room.frames.set(tab, frame);

    const credential = this.#authority.viewerCredential(id, registration);
    say(stream, { type: 'welcome', role: 'viewer', session: id, credential, sharing: room.sharing });
    if (back?.again) room.sayAgain(frame);
    else if (back?.landed) room.landed(frame, back.landed.url);
    else if (back?.moved) this.#moved(room, frame);
    // A frame that is elsewhere than it was says why in its next words; any other is brought along.
    else if (frame.end.url === url) room.bring(frame);
    this.#kept(room, frame);
    whenGone(frame, stream, this.#parts.clock, inRoom, (it) => this.#gone(it, frame));
    return (said) => inRoom((it) => this.#said(it, frame, stream, said));
  }

  #said(room: PageRoom, frame: Frame, stream: VisitorStream, said: PageSays): void {
    if (said.type !== 'navigated' || room.frames.get(frame.tab) !== frame) return;
    const url = shownAs(said.url, stream, this.#parts.siteOrigins);
    if (url === undefined) return;
    const { seq, because } = said;
    const { end, meaning } = heard(frame.end, { seq, url, ...(because !== undefined && { because }) });
    frame.end = end;
    switch (meaning.is) {
      case 'repeat':
        break;
      case 'passing':
        if (meaning.again) room.sayAgain(frame);
        break;
      case 'landed':
        room.landed(frame, meaning.go?.url);
        break;
      case 'own':
        this.#moved(room, frame);
    }
    this.#kept(room, frame);
  }

  /** Who leads takes the visitor along; who only follows or watches is brought back to where the visitor is. */
  #moved(room: PageRoom, frame: Frame): void {
    if (room.isRestless(frame)) {
      this.#parts.log.warn({ sessionId: room.session.id }, 'a frame moves by itself and is not followed');
      return;
    }
    const mode = room.session.registrations.find((it) => it.id === frame.registration)?.mode;
    if (mode === 'lead' && room.online) room.lead(frame.end.url, 'agent', frame);
    else room.bring(frame);
  }

  #gone(room: PageRoom, frame: Frame): void {
    if (room.frames.get(frame.tab) !== frame) return;
    room.frames.delete(frame.tab);
    room.session = frameGone(room.session, frame.tab);
    if (room.framesOf(frame.registration).length === 0) this.#told.frameless(room, frame.registration);
    this.#told.changed(room);
  }

  #kept(room: PageRoom, frame: Frame): void {
    const { tab, registration, end } = frame;
    room.session = frameAt(room.session, { tab, registration, seq: end.seq, url: end.url });
    this.#told.changed(room);
  }
}
