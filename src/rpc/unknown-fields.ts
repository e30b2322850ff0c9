import type { DescMessage, Message } from '@bufbuild/protobuf';

/**
 * Fields that the sender's contract has and ours has not: paths such as `options.#99`. Walks by the contract, never by what a value
 * looks like: the keys of maps and of a Struct are the caller's own.
 */
export function unknownFields(desc: DescMessage, message: Message): readonly string[] {
  // Nearly every request has none, and is not worth a text for each of its fields.
  return holdsUnknown(desc, message) ? pathsOfUnknown(desc, message, '').slice(0, 20) : [];
}

function holdsUnknown(desc: DescMessage, message: Message): boolean {
  if ((message.$unknown ?? []).length > 0) return true;
  for (const child of children(desc, message)) if (holdsUnknown(child.desc, child.message)) return true;
  return false;
}

function pathsOfUnknown(desc: DescMessage, message: Message, path: string): readonly string[] {
  const own = (message.$unknown ?? []).map((f) => `${path}#${f.no}`);
  const nested = [...children(desc, message)].flatMap((child) =>
    pathsOfUnknown(child.desc, child.message, `${path}${child.name}.`),
  );
  return [...own, ...nested];
}

interface Child {
  readonly name: string;
  readonly desc: DescMessage;
  readonly message: Message;
}

/** The messages that the fields of a message hold. A Struct is shown as plain JSON, and has no fields that could be unknown. */
function* children(desc: DescMessage, message: Message): Generator<Child> {
  for (const field of desc.fields) {
    if (!field.message || field.fieldKind === 'map' || field.message.typeName === 'google.protobuf.Struct')
      continue;
    const value = fieldOf(message, field.localName, field.oneof?.localName);
    if (value === undefined) continue;
    if (!Array.isArray(value)) yield { name: field.name, desc: field.message, message: value as Message };
    else {
      for (const [i, item] of value.entries())
        yield { name: `${field.name}[${i}]`, desc: field.message, message: item as Message };
    }
  }
}

function fieldOf(message: object, field: string, oneof: string | undefined): unknown {
  const members = message as Readonly<Record<string, unknown>>;
  if (oneof === undefined) return members[field];
  const chosen = members[oneof] as { readonly case?: string; readonly value?: unknown };
  return chosen.case === field ? chosen.value : undefined;
}
