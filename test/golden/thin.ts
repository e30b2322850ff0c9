/** What of a watch event is left out where it is as in the event before it of the same object. */
interface Thinnable {
  readonly object: { readonly metadata: { readonly uid: string } };
}

type Fields = Readonly<Record<string, unknown>>;

/** Of these parts of an object each field is compared by itself; of the others, the whole. */
const parts: readonly string[] = ['metadata', 'status'];

/**
 * Leaves out each field that is as it was in the object's event before: that is most of the text. One that is gone is written as null,
 * so that it is not taken for one that is left out.
 */
export const thinned = <E extends Thinnable>(events: readonly E[]): readonly E[] =>
  eachObject(events, (fields, known) => {
    const gone = Object.keys(known).filter((name) => !(name in fields));
    const changed = Object.entries(fields).filter(
      ([name, value]) => name === 'uid' || JSON.stringify(known[name]) !== JSON.stringify(value),
    );
    return [Object.fromEntries([...changed, ...gone.map((name) => [name, null])]), fields];
  });

/** The events with every field in its place again. */
export const whole = <E extends Thinnable>(events: readonly E[]): readonly E[] =>
  eachObject(events, (fields, known) => {
    const all = Object.entries({ ...known, ...fields }).filter(([, value]) => value !== null);
    return [Object.fromEntries(all), Object.fromEntries(all)];
  });

/** Puts each group of fields through `change`, which is told what it has left behind for the object's event before. */
function eachObject<E extends Thinnable>(
  events: readonly E[],
  change: (fields: Fields, known: Fields) => readonly [Fields, Fields],
): readonly E[] {
  const before = new Map<string, Fields>();
  return events.map((event) => {
    const { uid } = event.object.metadata;
    const through = (group: string, fields: Fields): Fields => {
      const [made, kept] = change(fields, before.get(`${uid} ${group}`) ?? {});
      before.set(`${uid} ${group}`, kept);
      return made;
    };
    const fields = event.object as Fields;
    const named = Object.fromEntries(
      parts.map((part) => [part, through(part, (fields[part] ?? {}) as Fields)]),
    );
    const others = Object.fromEntries(Object.entries(fields).filter(([name]) => !parts.includes(name)));
    return { ...event, object: { ...through('', others), ...named } };
  });
}
