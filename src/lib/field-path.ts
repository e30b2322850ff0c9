/** A map's key in a field path, bounded and quoted: it is the caller's text. */
export const member = (field: string, key: string): string =>
  `${field}[${JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key)}]`;
