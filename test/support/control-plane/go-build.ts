import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BinaryName, cachePath, moduleDirectory, sourceOf, versionOf } from './binaries.ts';
import { withLock } from './lock.ts';

/** Takes one line of progress. */
export type Report = (line: string) => void;

const reportEveryMs = 10_000;

/**
 * Builds one program into the cache unless it is there, and returns its path. Safe when several processes ask at once:
 * one builds, the others wait, and a file appears under its name only when it is complete.
 */
export async function goBuild(name: BinaryName, report: Report): Promise<string> {
  const target = cachePath(name);
  await mkdir(dirname(target), { recursive: true });
  const waited = every(reportEveryMs, (seconds) =>
    report(`${name}: another process builds it, waiting, ${seconds} s`),
  );
  return withLock(`${target}.lock`, waited, async () => {
    if (existsSync(target)) return target;
    const directory = await mkdtemp(`${target}.build-`);
    try {
      await compile(name, join(directory, name), report);
      await rename(join(directory, name), target);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
    return target;
  });
}

/** The linker's -X flags: without them the Kubernetes programs call themselves v0.0.0, and version checks fail. */
export function linkerFlags(name: BinaryName, version: string): string {
  if (sourceOf(name).versionOf !== 'k8s.io/kubernetes') return '-s -w';
  const [major, minor] = version.slice(1).split('.');
  const stamp = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const flags = Object.entries(stamp).map(
    ([key, value]) => `-X k8s.io/component-base/version.${key}=${value}`,
  );
  return ['-s -w', ...flags].join(' ');
}

async function compile(name: BinaryName, output: string, report: Report): Promise<void> {
  const version = versionOf(name);
  const { tags } = sourceOf(name);
  const started = Date.now();
  const seconds = (): number => Math.round((Date.now() - started) / 1000);
  report(`${name} ${version}: building`);
  const args = [
    'build',
    '-v',
    '-trimpath',
    '-buildvcs=false',
    ...(tags === undefined ? [] : ['-tags', tags]),
    '-ldflags',
    linkerFlags(name, version),
    '-o',
    output,
  ];
  // Without cgo the result needs neither a C compiler to build nor a libc to run.
  const go = spawn('go', [...args, sourceOf(name).package], {
    cwd: moduleDirectory(name),
    env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const printed = readLines(go.stderr);
  const timer = setInterval(() => {
    report(`${name} ${version}: building, ${seconds()} s, ${printed.count} packages, now ${printed.last}`);
  }, reportEveryMs);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      go.once('error', reject);
      go.once('close', resolve);
    });
    if (code !== 0) throw new Error(failure(name, printed.tail.join('\n')));
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? new Error(goMissing(name)) : error;
  } finally {
    clearInterval(timer);
  }
  report(`${name} ${version}: built in ${seconds()} s`);
}

/** go build -v prints one package a line as it compiles it, and everything that is wrong. */
function readLines(stream: NodeJS.ReadableStream): { count: number; last: string; tail: string[] } {
  const seen = { count: 0, last: '(starting)', tail: [] as string[] };
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      seen.tail = [...seen.tail.slice(-19), line];
      if (/\s/.test(line)) continue;
      seen.count += 1;
      seen.last = line;
    }
  });
  return seen;
}

const remedy = (name: BinaryName): string =>
  `Install Go 1.26 or newer so that "go version" works, or set KUBEBUILDER_ASSETS to a directory that holds ${name}.`;

const goMissing = (name: BinaryName): string =>
  `Cannot build ${name}: there is no "go" on the PATH. ${remedy(name)}`;

const failure = (name: BinaryName, tail: string): string =>
  `Building ${name} failed. Is Go too old, or is the Go module proxy out of reach? ${remedy(name)}\n${tail}`;

function every(ms: number, tell: (seconds: number) => void): (elapsed: number) => void {
  let next = 0;
  return (elapsed) => {
    if (elapsed < next) return;
    next = elapsed + ms;
    tell(Math.round(elapsed / 1000));
  };
}
