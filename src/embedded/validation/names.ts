/** Kubernetes' rules for names, keys and values. Each returns its complaints, worded as the API server's; none means valid. */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = String.raw`${LABEL}(\.${LABEL})*`;
const KEY = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const VALUE = `(${KEY})?`;
const CONFIG_KEY = '[-._a-zA-Z0-9]+';

function regexError(message: string, form: string, ...examples: string[]): string {
  const given = examples.map((example) => `'${example}'`).join(',  or ');
  return `${message} (${given === '' ? '' : `e.g. ${given}, `}regex used for validation is '${form}')`;
}

function matches(form: string, value: string): boolean {
  return new RegExp(`^(?:${form})$`).test(value);
}

function atMost(limit: number, value: string): string[] {
  return Buffer.byteLength(value) > limit ? [`must be no more than ${limit} bytes`] : [];
}

export function dnsSubdomain(value: string): string[] {
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  const form = matches(SUBDOMAIN, value) ? [] : [regexError(message, SUBDOMAIN, 'example.com')];
  return [...atMost(253, value), ...form];
}

export function dnsLabel(value: string): string[] {
  const length = atMost(63, value);
  if (matches(LABEL, value)) return length;
  if (matches(SUBDOMAIN, value)) return [...length, 'must not contain dots'];
  const message =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return [...length, regexError(message, LABEL, 'my-name', '123-abc')];
}

export function labelKey(value: string): string[] {
  const message =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  const explain = regexError(message, KEY, 'MyName', 'my.name', '123-abc');
  const parts = value.split('/');
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (parts.length > 2) {
    return [
      `a valid label key ${explain} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const errors = prefix === '' ? ['prefix part must be non-empty'] : [];
  if (prefix !== undefined && prefix !== '')
    errors.push(...dnsSubdomain(prefix).map((text) => `prefix part ${text}`));
  errors.push(...(name === '' ? ['must be non-empty'] : atMost(63, name)).map((text) => `name part ${text}`));
  if (!matches(KEY, name)) errors.push(`name part ${explain}`);
  return errors;
}

export function labelValue(value: string): string[] {
  const message =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  const form = matches(VALUE, value) ? [] : [regexError(message, VALUE, 'MyValue', 'my_value', '12345')];
  return [...atMost(63, value), ...form];
}

export function configKey(value: string): string[] {
  const errors = atMost(253, value);
  if (!matches(CONFIG_KEY, value)) {
    const message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    errors.push(regexError(message, CONFIG_KEY, 'key.name', 'KEY_NAME', 'key-name'));
  }
  if (value === '.') errors.push("must not be '.'");
  else if (value === '..') errors.push("must not be '..'");
  else if (value.startsWith('..')) errors.push("must not start with '..'");
  return errors;
}

/** Since 1.32 any printable ASCII but `=` is allowed. */
export function envName(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  const relaxed =
    "a valid environment variable name must consist only of printable ASCII characters other than '='";
  return /^[ -<>-~]+$/.test(value) ? [] : [relaxed];
}
