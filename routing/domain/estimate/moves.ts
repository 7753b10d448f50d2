import type { AgentId } from '../../../contracts/ids.ts';
import type { ClassId } from '../match.ts';
import type { Waiting } from './situation.ts';

/** A line of its own: those of one class, or those of it who wait for one agent alone. */
interface Line {
  readonly class: ClassId;
  readonly agentId?: AgentId;
}

/** One who still waits then stands in this line from that time on, in ms from the moment of the situation. */
export interface Move {
  readonly at: number;
  readonly who: number;
  readonly line: number;
  /** Only for who still waits for one agent alone by then, or only for who does no longer. */
  readonly alone?: boolean;
}

/** One who waits for one agent alone, and in which line they stand without that agent, from which time on. */
export interface Alone {
  readonly who: number;
  readonly agentId: AgentId;
  readonly otherwise: readonly { readonly at: number; readonly line: number }[];
}

/** Which lines these stand in at first, as indexes, and when they will stand in which others, in the order of time. */
export function movesOf(
  waiting: readonly Waiting[],
  at: number,
): {
  readonly lines: LineNames;
  readonly first: readonly number[];
  readonly moves: readonly Move[];
  readonly alone: readonly Alone[];
} {
  const lines = new LineNames();
  const first: number[] = [];
  const moves: Move[] = [];
  const alone: Alone[] = [];
  waiting.forEach(({ class: id, rings = [], waitsFor }, who) => {
    const agentId = waitsFor?.agentId;
    first.push(lines.of({ class: id, ...(agentId !== undefined && { agentId }) }));
    const changes = rings.map((it) => ({ at: Math.max(0, it.at - at), line: lines.of({ class: it.class }) }));
    if (!waitsFor) {
      moves.push(...changes.map((it) => ({ ...it, who })));
      return;
    }
    // What a ring asks for less while one agent is waited for matters once others are.
    const otherwise = [{ at: 0, line: lines.of({ class: id }) }, ...changes];
    const until = Math.max(0, waitsFor.until - at);
    alone.push({ who, agentId: waitsFor.agentId, otherwise });
    moves.push({ at: until, who, line: lineAt(otherwise, until), alone: true });
    for (const it of changes) moves.push({ ...it, who, ...(it.at <= until && { alone: false }) });
  });
  return { lines, first, moves: moves.sort((a, b) => a.at - b.at), alone };
}

/** Where one stands by then who waits for nobody in particular. */
export function lineAt(otherwise: Alone['otherwise'], now: number): number {
  return otherwise.filter((it) => it.at <= now).at(-1)?.line ?? 0;
}

/** Lines as small numbers, in the order they are met. */
class LineNames {
  readonly all: Line[] = [];
  readonly #known = new Map<string, number>();

  of(line: Line): number {
    const key = line.agentId === undefined ? line.class : `${line.class} ${line.agentId}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.all.length);
    return this.all.push(line) - 1;
  }
}
