import type { SessionId } from '../../contracts/ids.ts';
import type { PageSays } from '../../contracts/visitor.ts';
import { subscriberOf } from '../../server-kit/address.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { heard, keptEnd, newEnd, returned } from '../domain/page-end.ts';
import { activeTab, focused, MAX_TABS, navigated, seenAt, tabClosed } from '../domain/page-session.ts';
import { plainText } from '../domain/plain-text.ts';
import type { VisitorStream } from '../ports/visitor-desk.ts';
import { auditPages } from './page-audit.ts';
import type { PageCodes } from './page-codes.ts';
import {
  connect,
  type Hello,
  type InRoom,
  type Listener,
  type Move,
  newStation,
  shownAs,
  whenGone,
} from './page-connections.ts';
import type { PageConsent } from './page-consent.ts';
import type { PageParts } from './page-parts.ts';
import { type PageRoom, say, type Station } from './page-room.ts';

/** What is said and heard in a room by the tabs of the visitor. */
export class PageVisitor {
  readonly #parts: PageParts;
  readonly #codes: PageCodes;
  readonly #consent: PageConsent;
  readonly #changed: (room: PageRoom) => void;
  readonly #stored: (id: SessionId) => Promise<void>;

  constructor(
    parts: PageParts,
    codes: PageCodes,
    consent: PageConsent,
    changed: (room: PageRoom) => void,
    stored: (id: SessionId) => Promise<void>,
  ) {
    this.#parts = parts;
    this.#codes = codes;
    this.#consent = consent;
    this.#changed = changed;
    this.#stored = stored;
  }

  welcome(room: PageRoom, stream: VisitorStream, hello: Hello, ticket: string, inRoom: InRoom): Listener {
    const { tab, seq, title } = hello;
    const { clock, siteOrigins } = this.#parts;
    const at = clock.now();
    const url = shownAs(hello.url, stream, siteOrigins);
    if (url === undefined) throw new ProblemError('page-refused');
    const known = room.tabs.get(tab);
    if (!known && room.tabs.size >= MAX_TABS) throw new ProblemError('too-many');
    const stored = room.session.tabs.find((it) => it.tab === tab);
    const before = known?.end ?? (stored && keptEnd(stored));
    const back = before && returned(before, { seq, url });
    const station = connect(known ?? newStation(tab), stream, back?.end ?? newEnd({ seq, url }));
    room.tabs.set(tab, station);

    this.#indexed(room, stream, inRoom);
    const move = {
      tab,
      seq: station.end.seq,
      url: station.end.url,
      ...(title !== undefined && { title: plainText(title) }),
      at,
    };
    room.session = navigated({ ...room.session, online: true }, move, 'load');
    const { id } = room.session;
    say(stream, { type: 'welcome', role: 'visitor', session: id, ticket, sharing: room.sharing });
    this.#tellCode(room, [stream]);
    if (room.sharing) say(stream, room.sharingNews);
    this.#consent.repeat(room);
    if (back?.again) room.sayAgain(station);
    // One who was away, or has moved meanwhile, leads: where the visitor is, is the truth.
    else if (!known || back?.moved) this.#leads(room, station);
    this.#changed(room);
    whenGone(station, stream, clock, inRoom, (it) => this.#gone(it, station));
    return (said) => inRoom((it) => this.#said(it, station, stream, said));
  }

  async #said(room: PageRoom, station: Station, stream: VisitorStream, said: PageSays): Promise<void> {
    if (room.tabs.get(station.tab) !== station) return;
    switch (said.type) {
      case 'hello':
        return;
      case 'navigated':
        this.#moved(room, station, stream, said);
        return;
      case 'focused':
        this.#focused(room, station);
        return;
      case 'consent':
        if (await this.#consent.answered(room, said)) this.#changed(room);
        // A no is always confirmed, also when it is said again: the page repeats it until it is.
        if (!said.pages) void this.#stored(room.session.id).then(() => room.tellSharing());
    }
  }

  /** A tab moved: kept, and repeated at every frame if the page may be shown. */
  #moved(room: PageRoom, station: Station, stream: VisitorStream, said: Move): void {
    const { siteOrigins, clock } = this.#parts;
    const url = shownAs(said.url, stream, siteOrigins);
    if (url === undefined) return;
    const { seq, because, title, how } = said;
    const { end, meaning } = heard(station.end, { seq, url, ...(because !== undefined && { because }) });
    station.end = end;
    if (meaning.is === 'repeat') return;
    const move = {
      tab: station.tab,
      seq,
      url,
      ...(title !== undefined && { title: plainText(title) }),
      at: clock.now(),
    };
    room.session = navigated(room.session, move, how);
    if (meaning.is !== 'passing') this.#leads(room, station);
    else if (meaning.again) room.sayAgain(station);
    this.#changed(room);
  }

  #leads(room: PageRoom, station: Station): void {
    if (room.shared === station) room.lead(station.end.url, 'visitor', station);
  }

  #focused(room: PageRoom, station: Station): void {
    const before = activeTab(room.session)?.tab;
    room.session = focused(room.session, station.tab, this.#parts.clock.now());
    if (activeTab(room.session)?.tab === before) return;
    room.leadFromShared();
    this.#consent.repeat(room);
    this.#changed(room);
  }

  #gone(room: PageRoom, station: Station): void {
    if (room.tabs.get(station.tab) !== station) return;
    const wasShared = room.shared === station;
    room.tabs.delete(station.tab);
    room.session = tabClosed(room.session, station.tab, this.#parts.clock.now());
    if (!room.online) {
      room.session = { ...room.session, online: false };
      room.cancelCode?.();
      this.#codes.forget(room.session.id);
    } else if (wasShared) room.leadFromShared();
    this.#changed(room);
  }

  /** An address that changes in the middle keeps its session: the ticket is the identity, the address the index. */
  #indexed(room: PageRoom, stream: VisitorStream, inRoom: InRoom): void {
    const { ip, origin = '' } = stream.ask.visitor;
    const { id } = room.session;
    const session = seenAt(room.session, ip);
    if (session.earlierIp !== room.session.earlierIp) {
      auditPages(this.#parts, { who: 'visitor', what: 'page-address-changed', about: id });
    }
    room.session = { ...session, origin };
    const { validForMs } = this.#codes.issue(id, ip);
    room.cancelCode?.();
    room.cancelCode = this.#parts.clock.after(validForMs, () =>
      inRoom((it) => {
        if (!it.online) return;
        this.#indexed(it, stream, inRoom);
        const streams = [...it.tabs.values()].flatMap((tab) => tab.stream ?? []);
        this.#tellCode(it, streams);
      }),
    );
  }

  #tellCode(room: PageRoom, streams: readonly VisitorStream[]): void {
    const { id, ip: address } = room.session;
    const { code, validForMs } = this.#codes.issue(id, address);
    const validForS = Math.ceil(validForMs / 1000);
    // Of IPv6 only the half that does not rotate is read out: any address of the /64 finds the same entry.
    const toRead = subscriberOf(address).replace('/64', '');
    for (const stream of streams) say(stream, { type: 'code', code, validForS, address: toRead });
  }
}
