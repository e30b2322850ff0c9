import type { FieldOwner } from './ports.ts';

export interface EditorsDeps {
  readonly now: () => number;
}

/** Who has changed an object under our hands, and whether that may be taken back. */
export interface Editors {
  /**
   * Whether fields of this object may be taken from these owners: from those who have edited it, but not from one who applies it, too, and
   * not from one who comes back again and again. They are in conflict with us, which people must settle.
   */
  mayTake(uid: string, owners: readonly FieldOwner[]): boolean;
}

/** So many times in `windowMs` an editor's change is taken back. */
const mostTimes = 3;
const windowMs = 10 * 60_000;
const mostRemembered = 1_000;

export function createEditors({ now }: EditorsDeps): Editors {
  const taken = new Map<string, readonly number[]>();
  return {
    mayTake(uid, owners) {
      if (owners.length === 0 || owners.some(({ declares }) => declares)) return false;
      const since = now() - windowMs;
      const keys = owners.map(({ manager }) => `${uid}/${manager}`);
      const times = keys.map((key) => (taken.get(key) ?? []).filter((time) => time > since));
      if (times.some((before) => before.length >= mostTimes)) return false;
      for (const [i, key] of keys.entries()) {
        taken.delete(key);
        taken.set(key, [...(times[i] ?? []), now()]);
      }
      for (const oldest of taken.keys()) {
        if (taken.size <= mostRemembered) break;
        taken.delete(oldest);
      }
      return true;
    },
  };
}
