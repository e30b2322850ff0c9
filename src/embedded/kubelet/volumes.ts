import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isRecord } from '../json.ts';
import type { KubeObject, Pod, Volume } from '../objects.ts';
import type { Lookup, PathMap } from './environment.ts';

/** A volume cannot be set up, yet. The message is what the kubelet's FailedMount event says. */
export class MountError extends Error {}

type Item = { key: string; path: string };

function filesOf(object: KubeObject): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const encoding = object.kind === 'Secret' ? 'base64' : 'utf8';
  for (const [key, value] of Object.entries(isRecord(object.data) ? object.data : {}))
    files.set(key, Buffer.from(String(value), encoding));
  for (const [key, value] of Object.entries(isRecord(object.binaryData) ? object.binaryData : {})) {
    files.set(key, Buffer.from(String(value), 'base64'));
  }
  return files;
}

function safePath(path: string): string {
  if (path.startsWith('/') || path.split('/').includes('..'))
    throw new MountError(`path "${path}" is not inside its volume`);
  return path;
}

async function writeFiles(
  directory: string,
  files: ReadonlyMap<string, Buffer>,
  items: readonly Item[] | undefined,
): Promise<void> {
  const wanted = items ?? [...files.keys()].map((key) => ({ key, path: key }));
  for (const { key, path } of wanted) {
    const content = files.get(key);
    if (content === undefined) throw new MountError(`references non-existent config key: ${key}`);
    const file = join(directory, safePath(path));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { mode: 0o444, flag: 'wx' });
  }
}

/** The object that a volume shows, or undefined for an empty directory. */
function sourceOf(
  volume: Volume,
  lookup: Lookup,
): { object: KubeObject; items: Item[] | undefined } | undefined {
  const [kind, label, name, source] =
    volume.secret !== undefined
      ? (['secrets', 'secret', volume.secret.secretName, volume.secret] as const)
      : (['configmaps', 'configmap', volume.configMap?.name ?? '', volume.configMap] as const);
  if (source === undefined) {
    if (volume.emptyDir !== undefined) return undefined;
    const type = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
    throw new MountError(`volumes of type ${type} are not supported by the embedded cluster`);
  }
  const object = lookup(kind, name);
  if (object !== undefined) return { object, items: source.items };
  if (source.optional === true) return undefined;
  throw new MountError(`${label} "${name}" not found`);
}

/** Checks that everything a pod mounts is there, before anything is written. */
export function resolveVolumes(pod: Pod, lookup: Lookup): ReadonlyMap<string, ReturnType<typeof sourceOf>> {
  const resolved = new Map<string, ReturnType<typeof sourceOf>>();
  for (const volume of pod.spec.volumes ?? []) {
    try {
      resolved.set(volume.name, sourceOf(volume, lookup));
    } catch (error) {
      if (error instanceof MountError)
        throw new MountError(`MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}`);
      throw error;
    }
  }
  return resolved;
}

/** Makes one real directory for each volume of a pod. */
export async function writeVolumes(
  directory: string,
  volumes: ReturnType<typeof resolveVolumes>,
): Promise<void> {
  for (const [name, source] of volumes) {
    const path = join(directory, 'volumes', name);
    await mkdir(path, { recursive: true });
    if (source !== undefined) await writeFiles(path, filesOf(source.object), source.items);
  }
}

/**
 * Lays a container's mounts out below a directory of its own, as links to the volumes, and says where each mount path lies: nothing
 * is mounted, so the program finds its files through the paths in its environment.
 */
export async function layOutMounts(directory: string, pod: Pod, containerName: string): Promise<PathMap> {
  const root = join(directory, 'containers', containerName, 'root');
  await mkdir(root, { recursive: true });
  const container = pod.spec.containers.find(({ name }) => name === containerName);
  const mounts = (container?.volumeMounts ?? []).toSorted(
    (left, right) => left.mountPath.length - right.mountPath.length,
  );
  const paths: [string, string][] = [];
  for (const { name, mountPath, subPath } of mounts) {
    const from = mountPath.length > 1 ? mountPath.replace(/\/+$/, '') : mountPath;
    const target = join(directory, 'volumes', name, safePath(subPath ?? ''));
    const place = join(root, ...from.split('/').filter((part) => part !== '..'));
    await mkdir(dirname(place), { recursive: true });
    await symlink(target, place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    paths.push([from, place]);
  }
  return paths.reverse();
}
