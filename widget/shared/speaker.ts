/** Words by id, with values for what stands in braces. */
export type Speak<Id extends string> = (id: Id, values?: Readonly<Record<string, string | number>>) => string;

/** Gives the words for an id: the page's if it has them, ours otherwise. */
export function speaker<Id extends string>(
  texts: Readonly<Record<Id, string>>,
  ownText: (id: string) => string | undefined,
): Speak<Id> {
  return (id, values = {}) =>
    (ownText(id) ?? texts[id]).replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all));
}
