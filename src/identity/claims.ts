/** The claim of a name, or else of a path with dots (`realm_access.roles`); undefined where there is none. */
export function claimOf(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** What a claim says, one text for each; a number or a flag as JSON writes it, objects not at all. */
export function claimTexts(claims: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  const value = claimOf(claims, name);
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => {
    if (typeof item === 'string') return [item];
    return typeof item === 'number' || typeof item === 'boolean' ? [String(item)] : [];
  });
}
