import { isRecord } from '../json.ts';
import type { Container, EnvVar, KubeObject, Pod } from '../objects.ts';
import { CATALOGUE_RULE, type CatalogueEntry } from './catalogue.ts';

/** Where a path of the container lies on this machine. */
export type PathMap = readonly (readonly [containerPath: string, realPath: string])[];

export type Lookup = (kind: 'configmaps' | 'secrets', name: string) => KubeObject | undefined;

/** A container cannot be made, yet: the object that it refers to may still come. */
export class ConfigError extends Error {}
/** A container that this cluster will never start. */
export class RefusedError extends Error {}

/**
 * Names through which a caller could make the catalogue's command run other code: what loaders, shells and interpreters read before
 * the program itself does.
 */
const REFUSED_NAMES =
  /^(PATH|HOME|SHELL|IFS|ENV|PS4|CDPATH|BASH_.*|BASHOPTS|SHELLOPTS|LD_.*|DYLD_.*|GLIBC_.*|GCONV_PATH|LOCPATH|MALLOC_.*|NODE_(?!ENV$).*|NPM_.*|BUN_.*|DENO_.*|PYTHON.*|PERL.*|RUBY.*|GEM_.*|BUNDLE_.*|LUA_.*|PHP.*|JAVA_.*|_JAVA_.*|JDK_.*|CLASSPATH|DOTNET_.*|CORECLR_.*|COMPLUS_.*|GIT_.*|SSH_.*|OPENSSL_.*|SSL_.*|EDITOR|PAGER)$/i;

/** `$(NAME)` of an entry before this one, and `$$` for a dollar, as Kubernetes expands values. */
function expand(text: string, known: ReadonlyMap<string, string>): string {
  return text.replace(/\$(\$|\(([^()$]+)\))/g, (whole, first: string, name: string | undefined) =>
    first === '$' ? '$' : (known.get(name ?? '') ?? whole),
  );
}

/** Paths in values point into the container; here they must point to where that lies. `file://` URIs as well. */
function relocate(text: string, paths: PathMap): string {
  const scheme = text.startsWith('file://') ? 'file://' : '';
  const path = text.slice(scheme.length);
  for (const [from, to] of paths) {
    if (path === from || path.startsWith(`${from}/`)) return `${scheme}${to}${path.slice(from.length)}`;
  }
  return text;
}

function fieldOf(pod: Pod, path: string): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null)
    return pod.metadata[keyed[1] === 'labels' ? 'labels' : 'annotations']?.[keyed[2] ?? ''] ?? '';
  let value: unknown = pod;
  for (const part of path.split('.')) value = isRecord(value) ? value[part] : undefined;
  if (typeof value === 'string') return value;
  throw new ConfigError(`fieldPath "${path}" is not supported`);
}

function referred(
  kind: 'configmaps' | 'secrets',
  ref: { name: string; key: string; optional?: boolean },
  pod: Pod,
  lookup: Lookup,
): string | undefined {
  const label = kind === 'secrets' ? 'secret' : 'configmap';
  const object = lookup(kind, ref.name);
  const data = isRecord(object?.data) ? object.data : {};
  const value = data[ref.key];
  if (typeof value === 'string')
    return kind === 'secrets' ? Buffer.from(value, 'base64').toString('utf8') : value;
  if (ref.optional === true) return undefined;
  if (object === undefined) throw new ConfigError(`${label} "${ref.name}" not found`);
  const title = kind === 'secrets' ? 'Secret' : 'ConfigMap';
  throw new ConfigError(`couldn't find key ${ref.key} in ${title} ${pod.metadata.namespace}/${ref.name}`);
}

function resolveValue(
  entry: EnvVar,
  pod: Pod,
  lookup: Lookup,
  known: ReadonlyMap<string, string>,
): string | undefined {
  const source = entry.valueFrom;
  if (source === undefined) return expand(entry.value ?? '', known);
  if (source.fieldRef !== undefined) return fieldOf(pod, source.fieldRef.fieldPath);
  if (source.secretKeyRef !== undefined) return referred('secrets', source.secretKeyRef, pod, lookup);
  if (source.configMapKeyRef !== undefined)
    return referred('configmaps', source.configMapKeyRef, pod, lookup);
  throw new ConfigError(
    `the source of the environment variable ${entry.name} is not supported by the embedded cluster`,
  );
}

/**
 * The whole environment of a container: nothing of the executor's own. Throws ConfigError while something it refers to is missing,
 * RefusedError for what this cluster does not run.
 */
export function environmentOf(
  pod: Pod,
  container: Container,
  entry: CatalogueEntry,
  paths: PathMap,
  lookup: Lookup,
  base: Readonly<Record<string, string>>,
): Record<string, string> {
  if ((container.command?.length ?? 0) + (container.args?.length ?? 0) > 0) {
    throw new RefusedError(`${CATALOGUE_RULE}: command and args of container ${container.name} are refused`);
  }
  if ((container.envFrom?.length ?? 0) > 0)
    throw new RefusedError('envFrom is not supported by the embedded cluster');
  const refused = container.env?.find(({ name }) => REFUSED_NAMES.test(name));
  if (refused !== undefined)
    throw new RefusedError(`${CATALOGUE_RULE}: the environment variable ${refused.name} is refused`);
  const known = new Map<string, string>();
  for (const variable of container.env ?? []) {
    const value = resolveValue(variable, pod, lookup, known);
    if (value !== undefined) known.set(variable.name, value);
  }
  const own = [...known].map(([name, value]) => [name, relocate(value, paths)] as const);
  return { ...base, ...entry.env, ...Object.fromEntries(own) };
}
