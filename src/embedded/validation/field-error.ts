import { isRecord } from '../json.ts';

/** One problem at one place, worded as k8s.io/apimachinery words it. */
export type FieldError = { readonly field: string; readonly type: string; readonly body: string };

/** JSON with the keys of objects in order, as Go prints maps. */
function quote(value: unknown): string {
  const ordered = (_key: string, item: unknown) =>
    isRecord(item)
      ? Object.fromEntries(Object.entries(item).sort(([left], [right]) => (left < right ? -1 : 1)))
      : item;
  return JSON.stringify(value, ordered) ?? 'null';
}

function withDetail(head: string, detail: string): string {
  return detail === '' ? head : `${head}: ${detail}`;
}

export function required(field: string, detail = ''): FieldError {
  return { field, type: 'FieldValueRequired', body: withDetail('Required value', detail) };
}

export function invalidValue(field: string, value: unknown, detail: string): FieldError {
  return { field, type: 'FieldValueInvalid', body: withDetail(`Invalid value: ${quote(value)}`, detail) };
}

export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const detail = `supported values: ${supported.map(quote).join(', ')}`;
  return {
    field,
    type: 'FieldValueNotSupported',
    body: withDetail(`Unsupported value: ${quote(value)}`, detail),
  };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { field, type: 'FieldValueDuplicate', body: `Duplicate value: ${quote(value)}` };
}

export function forbiddenField(field: string, detail: string): FieldError {
  return { field, type: 'FieldValueForbidden', body: withDetail('Forbidden', detail) };
}

export function tooLong(field: string, limit: number): FieldError {
  return { field, type: 'FieldValueTooLong', body: `Too long: may not be more than ${limit} bytes` };
}

export function notFoundField(field: string, value: unknown): FieldError {
  return { field, type: 'FieldValueNotFound', body: `Not found: ${quote(value)}` };
}

/** Each error once. */
export function distinct(errors: readonly FieldError[]): readonly FieldError[] {
  return [...new Map(errors.map((error) => [`${error.field}: ${error.body}`, error])).values()];
}

/** One error as it is, several in brackets. */
export function aggregate(errors: readonly FieldError[]): string {
  const messages = errors.map(({ field, body }) => `${field}: ${body}`);
  return messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(', ')}]`;
}
