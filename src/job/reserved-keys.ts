/** Whether a key is among these: each is a domain with all that is below it, a whole key, or the beginning of keys with `*` behind. */
export function isKept(reserved: readonly string[], key: string): boolean {
  const slash = key.indexOf('/');
  const domain = slash < 0 ? '' : key.slice(0, slash);
  return reserved.some((entry) =>
    entry.endsWith('*')
      ? key.startsWith(entry.slice(0, -1))
      : key === entry || domain === entry || domain.endsWith(`.${entry}`),
  );
}
