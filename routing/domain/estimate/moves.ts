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
}

/** Which lines these stand in at first, as indexes, and when they will stand in which others, in the order of time. */
export function movesOf(
  waiting: readonly Waiting[],
  at: number,
): { readonly lines: LineNames; readonly first: readonly number[]; readonly moves: readonly Move[] } {
  const lines = new LineNames();
  const first: number[] = [];
  const moves: Move[] = [];
  waiting.forEach(({ class: id, rings = [], waitsFor }, who) => {
    const agentId = waitsFor?.agentId;
    first.push(lines.of({ class: id, ...(agentId !== undefined && { agentId }) }));
    const until = waitsFor?.until ?? -Infinity;
    const move = (to: ClassId, then: number): void => {
      moves.push({ at: Math.max(0, then - at), who, line: lines.of({ class: to }) });
    };
    // What a ring asks for less while one agent is waited for matters once others are.
    const before = rings.filter((it) => it.at <= until).at(-1)?.class ?? id;
    if (waitsFor) move(before, until);
    for (const ring of rings) if (ring.at > until) move(ring.class, ring.at);
  });
  return { lines, first, moves: moves.sort((a, b) => a.at - b.at) };
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
