import { configFileEnv } from './env.ts';
import { schema } from './schema.ts';
import { type NamedSetting, namedSettings, type Schema } from './setting.ts';

const begin = '<!-- settings: written by `node src/config/print-docs.ts` -->';
const end = '<!-- end of settings -->';

/** The table of settings in Markdown. */
export function settingsTable(from: Schema = schema): string {
  const rows = namedSettings(from).map(
    (named) =>
      `| ${[namesOf(named), valuesOf(named), defaultOf(named), named.setting.description].join(' | ')} |`,
  );
  return ['| setting | values | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** The page with its table renewed, or undefined when it has no place for one. */
export function withSettingsTable(page: string): string | undefined {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) return undefined;
  return `${page.slice(0, from)}${begin}\n\n${settingsTable()}\n\n${page.slice(to)}`;
}

/** Wrapped lines for the help: name and values, then meaning, default and variable. */
export function settingsHelp(width = 80): string {
  const config = `  --config FILE\n${wrap(`Configuration file, YAML or JSON. [$${configFileEnv}]`, width)}`;
  const lines = namedSettings(schema).flatMap(({ flag, env, setting }) => {
    if (flag === undefined) return [];
    const standard = setting.default === undefined ? '' : ` Default ${setting.default}.`;
    const range = setting.kind.range === '' ? '' : ` (${setting.kind.range})`;
    return [
      `  ${flag} ${setting.kind.syntax}`,
      wrap(`${setting.description}${range}${standard} [$${env}]`, width),
    ];
  });
  return [config, ...lines].join('\n');
}

/** Words in lines of at most `width`, each indented. A longer word keeps a line for itself. */
export function wrap(text: string, width: number, indent = '      '): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(indent + word);
  }
  return lines.join('\n');
}

function namesOf({ path, flag, env }: NamedSetting): string {
  return flag === undefined ? `\`${path}\` (file only)` : `\`${path}\`<br>\`${flag}\`<br>\`${env}\``;
}

function valuesOf({ setting: { kind } }: NamedSetting): string {
  return [kind.syntax.replaceAll('|', '\\|'), kind.range].filter(Boolean).join(': ');
}

function defaultOf({ setting }: NamedSetting): string {
  return setting.default === undefined ? '–' : `\`${setting.default}\``;
}
