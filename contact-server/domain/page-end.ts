/**
 * One end of the mirror, a tab of the visitor or a frame of a viewer, as the server knows it. Moves are counted by the end, sendings
 * (`go`) by the server; the channel keeps order but breaks, and what was on it then may be lost.
 *
 *        own move ──▶ here it leads (or is brought back)
 *        go ─▶ … ─▶ move `because` of it ──▶ it has landed; it leads nobody
 *                   move `because` of an older one ──▶ passing by: it is still on its way
 */
export interface PageEnd {
  /** Number of its last move that was heard. */
  readonly seq: number;
  /** Where it is, as it last said. */
  readonly url: string;
  /** Counts its connections. */
  readonly line: number;
  /** Where it was sent and has not landed yet; `line` 0: there was no connection to say it on. */
  readonly go?: Going;
  /** It has just come, and will say once more where it is. */
  readonly fresh: boolean;
}

export interface Going {
  readonly n: number;
  /** As it will be reported. */
  readonly url: string;
  /** As it was said, with what only the visitor gets. */
  readonly said: string;
  readonly line: number;
  readonly at: number;
}

export interface EndMove {
  readonly seq: number;
  readonly url: string;
  readonly because?: number;
}

/** What a move means. `again`: the last `go` may have been lost with its connection and is to be said once more. */
export type Meaning =
  | { readonly is: 'repeat' }
  | { readonly is: 'own' }
  | { readonly is: 'landed'; readonly go?: Going }
  | { readonly is: 'passing'; readonly again: boolean };

/** A sending nobody followed for so long is void. */
export const GO_MS = 15_000;

export function newEnd(at: { readonly seq: number; readonly url: string }): PageEnd {
  return { seq: at.seq, url: at.url, line: 1, fresh: true };
}

/** An end that was connected to an earlier process of ours: its count goes on. */
export function keptEnd(at: { readonly seq: number; readonly url: string }): PageEnd {
  return { seq: at.seq, url: at.url, line: 0, fresh: false };
}

/** Where it is, or will be by itself. */
export function heading(end: PageEnd, now: number): string {
  return end.go && now - end.go.at < GO_MS ? end.go.url : end.url;
}

export function sent(end: PageEnd, go: Omit<Going, 'line'>, isConnected: boolean): PageEnd {
  return { ...end, go: { ...go, line: isConnected ? end.line : 0 } };
}

/** What a new connection of an end we know means. */
export interface Return {
  readonly end: PageEnd;
  /** It has moved by itself. */
  readonly moved: boolean;
  /** It has landed where it was sent. */
  readonly landed?: Going;
  /** What it was told last did not reach it, and is said once more. */
  readonly again: boolean;
}

/**
 * It is connected again. `hello.seq` is its last used number; a browser whose unheard moves follow says the last one that was
 * heard instead, and then where it is says nothing yet.
 */
export function returned(end: PageEnd, hello: { readonly seq: number; readonly url: string }): Return {
  const next: PageEnd = { ...end, line: end.line + 1 };
  const { go } = next;
  // Said into the void: it could not know of it when it left.
  const isUnheard = go?.line === 0;
  if (hello.seq <= end.seq) {
    const again = go !== undefined && go.url !== hello.url && (isUnheard || hello.url === end.url);
    return { end: next, moved: false, again };
  }
  const arrived: PageEnd = { ...next, seq: hello.seq, url: hello.url };
  if (go?.url === hello.url) return { end: without(arrived), moved: false, landed: go, again: false };
  const moved = hello.url !== end.url;
  return isUnheard ? { end: arrived, moved, again: true } : { end: without(arrived), moved, again: false };
}

/** It has moved. */
export function heard(end: PageEnd, move: EndMove): { readonly end: PageEnd; readonly meaning: Meaning } {
  if (move.seq <= end.seq) return { end, meaning: { is: 'repeat' } };
  const next: PageEnd = { ...end, seq: move.seq, url: move.url, fresh: false };
  const { go } = end;
  if (move.because !== undefined) {
    if (go && move.because < go.n) {
      return { end: next, meaning: { is: 'passing', again: go.line !== end.line } };
    }
    return { end: without(next), meaning: { is: 'landed', ...(go && { go }) } };
  }
  if (end.fresh && move.url === end.url) return { end: next, meaning: { is: 'repeat' } };
  // A `go` on a connection that is gone went under with the page it was said to; one on this connection will be followed.
  return { end: go && go.line !== end.line ? without(next) : next, meaning: { is: 'own' } };
}

/** Nobody followed the last `go`. */
export function without(end: PageEnd): PageEnd {
  const { go: _go, ...rest } = end;
  return rest;
}
