import { didYouMean } from './did-you-mean.ts';
import { parseDocument } from './document.ts';
import type { Problem } from './problem.ts';
import { type NamedSetting, namedSettings, type Schema } from './setting.ts';

/** The values of a source by path, and what is wrong with it beside the values. */
export interface Source {
  /** Raw value and where it stands, by the path of its setting. */
  readonly values: ReadonlyMap<string, { readonly raw: unknown; readonly source: string }>;
  readonly problems: readonly Problem[];
}

export const emptySource: Source = { values: new Map(), problems: [] };

/** What a configuration file says. A key with null is as if it were not there, so that templates may leave it empty. */
export function readFileSource(name: string, text: string, schema: Schema): Source {
  const source = `file ${name}`;
  const document = parseDocument(text);
  if (!document.ok) {
    return {
      values: new Map(),
      problems: document.problems.map((message) => ({ source, path: '', message })),
    };
  }
  if (document.value === undefined) return emptySource;
  const settings = new Map(namedSettings(schema).map((named) => [named.path, named]));
  const values = new Map<string, { raw: unknown; source: string }>();
  const problems: Problem[] = [];
  const report = (path: string, message: string) => problems.push({ source, path, message });
  walk(document.value, '');
  return { values, problems };

  function walk(node: unknown, path: string): void {
    if (!isSection(node)) {
      report(path, path === '' ? 'must be a mapping of settings' : 'must be a section with keys');
      return;
    }
    for (const [key, raw] of Object.entries(node)) {
      const at = path === '' ? key : `${path}.${key}`;
      if (settings.has(at)) raw !== null && values.set(at, { raw, source });
      else if (!isPrefix(at, settings)) report(at, `is not a setting${didYouMean(at, settings.keys())}`);
      else if (raw !== null) walk(raw, at);
    }
  }
}

function isSection(node: unknown): node is Record<string, unknown> {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}

function isPrefix(path: string, settings: ReadonlyMap<string, NamedSetting>): boolean {
  return [...settings.keys()].some((known) => known.startsWith(`${path}.`));
}
