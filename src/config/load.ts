import { configFileEnv, type Environment, readEnvSource } from './env.ts';
import { emptySource, readFileSource, type Source } from './file.ts';
import { type FlagSpec, readFlags } from './flags.ts';
import type { Problem } from './problem.ts';
import { rules } from './rules.ts';
import { type Config, schema } from './schema.ts';
import { type NamedSetting, namedSettings } from './setting.ts';

/** What another module finds wrong with a setting of its own. */
export type Check = (
  value: unknown,
  path: string,
) => readonly { readonly path: string; readonly message: string }[];

export interface LoadInput {
  /** The flags, without the command before them. */
  readonly argv: readonly string[];
  readonly env: Environment;
  /** The text of a file; throws when it cannot be read. */
  readonly readFile: (path: string) => string;
  /** By path: checks of structured settings. */
  readonly checks?: Readonly<Record<string, Check>>;
}

/** A complete configuration, or every problem of every source. */
export type LoadResult =
  | {
      readonly ok: true;
      readonly config: Config;
      /** Where each value comes from, by path: `flag --cluster`, `env …`, `file …` or `default`. */
      readonly origins: ReadonlyMap<string, string>;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

interface Settled {
  readonly path: string;
  readonly source: string;
  readonly value: unknown;
  readonly valid: boolean;
}

const configFlag = '--config';
const settings = namedSettings(schema);

/** The flags of every command that reads the configuration. */
export const configFlags: readonly FlagSpec[] = [
  { name: configFlag, syntax: 'FILE', description: `Configuration file, YAML or JSON [$${configFileEnv}].` },
  ...settings.flatMap(({ flag, setting }) =>
    flag === undefined ? [] : [{ name: flag, syntax: setting.kind.syntax, description: setting.description }],
  ),
];

/**
 * Puts the configuration together: flags before environment before file before defaults. A wrong value is a problem also
 * where another source overrides it, because it would come to light at the worst time.
 */
export function loadConfig(input: LoadInput): LoadResult {
  const flags = readFlagSource(input.argv);
  const env = readEnvSource(input.env, settings);
  const file = readConfigFile(flags.configFile ?? input.env[configFileEnv], input.readFile);
  const sources = [flags, env, file];
  const problems = sources.flatMap((source) => source.problems);
  const settled = settings.map((named) => settle(named, sources, problems, input.checks?.[named.path]));
  const config = assemble(settled);
  const invalid = new Set(settled.filter((one) => !one.valid).map((one) => one.path));
  for (const { paths, check } of rules) {
    const message = paths.some((path) => invalid.has(path)) ? undefined : check(config);
    const [path] = paths;
    const source = settled.find((one) => one.path === path)?.source ?? 'default';
    if (message !== undefined) problems.push({ source, path, message });
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, config, origins: new Map(settled.map(({ path, source }) => [path, source])) };
}

function readFlagSource(argv: readonly string[]): Source & { readonly configFile: string | undefined } {
  const { values: given, positionals, problems } = readFlags(argv, configFlags);
  const values = settings.flatMap(({ flag, path }) => {
    const raw = flag === undefined ? undefined : given.get(flag);
    return raw === undefined ? [] : [[path, { raw, source: `flag ${flag}` }] as const];
  });
  const surplus = positionals.map((word) => ({
    source: 'arguments',
    path: '',
    message: `${JSON.stringify(word)} is not expected here`,
  }));
  const wrong = problems.map(({ flag, message }) => ({ source: `flag ${flag}`, path: '', message }));
  return { values: new Map(values), problems: [...wrong, ...surplus], configFile: given.get(configFlag) };
}

function readConfigFile(name: string | undefined, readFile: LoadInput['readFile']): Source {
  if (name === undefined || name === '') return emptySource;
  try {
    return readFileSource(name, readFile(name), schema);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      values: new Map(),
      problems: [{ source: `file ${name}`, path: '', message: `cannot be read: ${reason}` }],
    };
  }
}

/** The value of the first source that has one; every source's value is checked. */
function settle(
  { path, setting }: NamedSetting,
  sources: readonly Source[],
  problems: Problem[],
  check: Check | undefined,
): Settled {
  const given = sources.flatMap((source) => source.values.get(path) ?? []);
  const candidates =
    setting.default === undefined ? given : [...given, { raw: setting.default, source: 'default' }];
  const before = problems.length;
  const values = candidates.map(({ raw, source }) => {
    const parsed = setting.kind.parse(raw);
    if (!parsed.ok) {
      const message = setting.secret ? `is not ${setting.kind.syntax} (its value is secret)` : parsed.message;
      problems.push({ source, path, message });
    }
    const found = parsed.ok ? (check?.(parsed.value, path) ?? []) : [];
    problems.push(...found.map((one) => ({ source, ...one })));
    return { source, value: parsed.ok ? parsed.value : undefined };
  });
  const valid = problems.length === before;
  return { path, valid, source: 'default', value: undefined, ...values[0] };
}

/** Sections as the schema has them. The cast holds because each value went through the kind of its own setting. */
function assemble(settled: readonly Settled[]): Config {
  const config: Record<string, unknown> = {};
  for (const { path, value } of settled) {
    const keys = path.split('.');
    const last = keys.pop() ?? path;
    let section = config;
    for (const key of keys) {
      section[key] ??= {};
      section = section[key] as Record<string, unknown>;
    }
    section[last] = value;
  }
  return config as Config;
}
