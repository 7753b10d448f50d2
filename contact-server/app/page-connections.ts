import type { PageSays } from '../../contracts/visitor.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { newEnd, type PageEnd } from '../domain/page-end.ts';
import { originOf, sharable, withoutSecrets } from '../domain/page-url.ts';
import type { VisitorStream } from '../ports/visitor-desk.ts';
import type { PageRoom, Station } from './page-room.ts';

export type Hello = Extract<PageSays, { type: 'hello' }>;
export type Move = Extract<PageSays, { type: 'navigated' }>;
/** Runs work in the room, one thing at a time. */
export type InRoom = (work: (room: PageRoom) => void | Promise<void>) => void;
export type Listener = (said: PageSays) => void;

/** A browser between two pages has no connection; so long it is not missed. */
const GONE_MS = 4_000;

export function newStation(tab: string): Station {
  return { tab, end: newEnd({ seq: 0, url: '' }), stream: undefined, cancelGone: undefined };
}

/** The station is here again, over this connection and no other. */
export function connect<S extends Station>(station: S, stream: VisitorStream, end: PageEnd): S {
  station.cancelGone?.();
  station.cancelGone = undefined;
  const earlier = station.stream;
  station.stream = stream;
  station.end = end;
  earlier?.close('replaced');
  return station;
}

/** Watches a station's connection: only when the browser does not come back soon has it `gone`. */
export function whenGone(
  station: Station,
  stream: VisitorStream,
  clock: Clock,
  inRoom: InRoom,
  gone: (room: PageRoom) => void,
): void {
  stream.onClose(() =>
    inRoom((room) => {
      const isHere = room.tabs.get(station.tab) === station || room.frames.get(station.tab) === station;
      if (station.stream !== stream) return;
      station.stream = undefined;
      if (!isHere) return;
      station.cancelGone = clock.after(GONE_MS, () =>
        inRoom((it) => {
          if (!station.stream) gone(it);
        }),
      );
    }),
  );
}

/**
 * A page says where it is, and its browser says whose page it is: both must be ours, and the same. Gives the address as others may
 * see it.
 */
export function shownAs(text: string, stream: VisitorStream, origins: readonly string[]): string | undefined {
  const page = sharable(text, origins);
  if (!page.ok || originOf(page.url) !== stream.ask.visitor.origin) return undefined;
  return withoutSecrets(page.url);
}
