import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One line of ADR-002's template, and where it went. */
export interface TemplateRow {
  /** As in the template, without indentation and comment. */
  readonly line: string;
  readonly path: string;
  /** In the golden Job, as JSON. */
  readonly value: unknown;
  /** `file: title` of the test that proves it in a cluster. */
  readonly test: string;
}

const root = join(import.meta.dirname, '..', '..', '..');
const text = readFileSync(join(root, 'docs', 'adr-002.md'), 'utf8');

/** The lines of the template that say something, in its order. */
export function templateLines(): readonly string[] {
  const block = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  return block
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').replace(/^[\s-]+/, ''))
    .filter((line) => line !== '' && !line.endsWith(':'));
}

/** The table's rows, in its order. */
export function templateRows(): readonly TemplateRow[] {
  const cell = (source: string | undefined) => (source ?? '').trim().replace(/^`+ ?| ?`+$/g, '');
  const table = /## The table\n([\s\S]*?)\n## /.exec(text)?.[1] ?? '';
  return table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, template, path, value, test] = line.split(/(?<!\\)\|/);
      return { line: cell(template), path: cell(path), value: JSON.parse(cell(value)), test: cell(test) };
    });
}

/** The value at a path such as `spec.containers[0].env[GLIP_OUTPUT_DIR].value`, where a word in brackets is the item of that name. */
export function at(object: unknown, path: string): unknown {
  let value = object as Record<string, unknown> | undefined;
  for (const [, member, index] of path.matchAll(/([A-Za-z_]+)|\[([^\]]+)\]/g)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    const named = (item: unknown) => (item as { name?: string }).name === index;
    value = (
      member === undefined ? (items[Number(index)] ?? items.find(named)) : value?.[member]
    ) as typeof value;
  }
  return value;
}

/** Whether a test file of this project has a test of that title. */
export function hasTest(reference: string): boolean {
  const [file = '', title = ''] = reference.split(/: (.*)/s);
  return title !== '' && readFileSync(join(root, file), 'utf8').includes(title);
}
