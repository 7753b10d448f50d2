/** A range as it was told (epoch ms). */
export interface ToldRange {
  readonly from: number;
  readonly to: number;
}

export interface Telling {
  /** Absent where nothing can be promised. */
  readonly range?: ToldRange;
  /** The range told before is withdrawn. */
  readonly broke: boolean;
  /** Look again by then, even when nothing else happens: the last moment to withdraw it in time. */
  readonly reviewAt?: number;
}

const MINUTE_MS = 60_000;
/** So long before its end a promise to somebody still in line is given up, and for a short one a part of it. */
const WARNING_MS = 10_000;
const WARNING_SHARE = 0.1;
const SHORTEST_MS = MINUTE_MS;

/**
 * What to tell a visitor in line who was told `told` before, at `madeAt`; `fresh` is what would be told to one who never was, if anything. A promise narrows or holds; it is withdrawn before its
 * end, as soon as the newest range lies wholly behind it. It narrows by far less than the newest range would allow,
 * since a bound that followed every good moment would be missed at every bad one; and it is not given up for a mere
 * likelihood, since half of those given up then would have been kept (tried in the simulator of bench/).
 */
export function tell(
  told: (ToldRange & { readonly madeAt: number }) | undefined,
  fresh: ToldRange | undefined,
  now: number,
): Telling {
  if (told === undefined) return fresh ? { ...promised(fresh, now), broke: false } : { broke: false };
  const review = reviewAt(told, told.madeAt);
  if (now >= review || (fresh && fresh.from > told.to)) {
    return {
      ...(fresh && promised({ ...fresh, to: Math.max(fresh.to, now + SHORTEST_MS) }, now)),
      broke: true,
    };
  }
  const range = fresh ? narrowed(told, fresh) : told;
  if (range.to !== told.to) return { ...promised(range, now), broke: false };
  return { range: { from: range.from, to: range.to }, broke: false, reviewAt: review };
}

function promised(range: ToldRange, now: number): { readonly range: ToldRange; readonly reviewAt: number } {
  return { range, reviewAt: reviewAt(range, now) };
}

function reviewAt({ to }: ToldRange, madeAt: number): number {
  return to - Math.min(WARNING_MS, WARNING_SHARE * Math.max(0, to - madeAt));
}

/** Each bound moves only well clear of the newest range, and only by a minute or more: less is not worth reading. */
function narrowed(told: ToldRange, fresh: ToldRange): ToldRange {
  const clear = (fresh.to - fresh.from) / 2;
  const from = fresh.from - clear;
  const to = fresh.to + clear;
  return {
    from: from - told.from >= MINUTE_MS ? from : told.from,
    to: told.to - to >= MINUTE_MS ? to : told.to,
  };
}
