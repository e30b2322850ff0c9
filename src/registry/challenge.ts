/** How a registry wants to know who asks: `WWW-Authenticate` of its 401. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service: string };

/** Undefined for what this client cannot do. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  const text = (header ?? '').slice(0, 4_096);
  const scheme = /^\s*(basic|bearer)\b/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'basic') return { scheme };
  if (scheme !== 'bearer') return undefined;
  const values = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(/([a-z_]+)="([^"\\]*)"/gi))
    if (!values.has(name.toLowerCase())) values.set(name.toLowerCase(), value);
  const realm = values.get('realm');
  return realm === undefined ? undefined : { scheme, realm, service: values.get('service') ?? '' };
}
