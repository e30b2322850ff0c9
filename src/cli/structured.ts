import type { Message } from '@bufbuild/protobuf';
import { type JsonValue, type MessageShape, toJson } from '@bufbuild/protobuf';
import type { GenMessage } from '@bufbuild/protobuf/codegenv2';
import { stringify } from 'yaml';
import { hasUnsafe, printableJson, printableYaml } from './printable.ts';

/** Proto JSON of a message as a plain value. */
export function plain<T extends Message>(schema: GenMessage<T>, message: T): JsonValue {
  return toJson(schema, message as MessageShape<GenMessage<T>>);
}

/** JSON or YAML for programs, which a terminal survives too; ends with a newline. */
export function structured(value: unknown, format: 'json' | 'yaml'): string {
  if (format === 'json') return `${printableJson(JSON.stringify(value, null, 2))}\n`;
  const text = stringify(value, { lineWidth: 0 });
  if (!hasUnsafe(text)) return text;
  // In double quotes YAML knows JSON's escapes.
  const quoted = stringify(value, {
    lineWidth: 0,
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'QUOTE_DOUBLE',
  });
  return printableYaml(quoted);
}
