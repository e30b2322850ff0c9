const subdomain = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const labelName = /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;

/** What `isLabelKey` wants, for people. */
export const labelKeyRule = 'the key must be a Kubernetes label key such as "team" or "example.com/team"';
/** What `isLabelValue` wants, for people. */
export const labelValueRule =
  'must be a label value: at most 63 of letters, digits, "-", "_" and ".", beginning and ending with a letter or digit';

/** A DNS-1123 subdomain, which is what most objects of Kubernetes are named by. */
export function isSubdomain(text: string): boolean {
  return text.length <= 253 && subdomain.test(text);
}

/** A DNS-1123 label: a subdomain of one part, at most 63 characters. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && !text.includes('.') && subdomain.test(text);
}

/** The key of a label, taint or extended resource: a name, with a domain before it or not. */
export function isLabelKey(text: string): boolean {
  const slash = text.indexOf('/');
  const name = text.slice(slash + 1);
  return (slash < 0 || isSubdomain(text.slice(0, slash))) && name.length <= 63 && labelName.test(name);
}

/** The value of a label or taint, which may be empty. */
export function isLabelValue(text: string): boolean {
  return text === '' || (text.length <= 63 && labelName.test(text));
}
