import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type WatchedFilesDeps, watchFiles } from '../../../src/lib/watched-files.ts';
import { until } from '../../integration/rpc/client.ts';

function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'glip-files-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Two texts that must be the same, joined. */
const parse = ([a, b]: readonly Buffer[]): string => {
  if (String(a) !== String(b)) throw new Error(`${a} is not ${b}`);
  return String(a);
};

function watched(paths: readonly string[], more: Partial<WatchedFilesDeps<string>> = {}) {
  const changes: string[] = [];
  const problems: string[] = [];
  const files = watchFiles({
    paths,
    parse,
    intervalMs: 600_000,
    onChange: (value) => changes.push(value),
    onProblem: (problem) => problems.push(problem instanceof Error ? problem.message : String(problem)),
    ...more,
  });
  onTestFinished(files.close);
  return { files, changes, problems };
}

/** A directory as the kubelet mounts a Secret: the files are links into the folder that `..data` names. */
function aMount() {
  const mount = aDirectory();
  let version = 0;
  const put = (a: string, b: string): void => {
    version += 1;
    mkdirSync(join(mount, `..v${version}`));
    writeFileSync(join(mount, `..v${version}`, 'a'), a);
    writeFileSync(join(mount, `..v${version}`, 'b'), b);
    symlinkSync(`..v${version}`, join(mount, '..data_tmp'));
    renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
  };
  put('1', '1');
  const paths = ['a', 'b'].map((name) => join(mount, name));
  for (const name of ['a', 'b']) symlinkSync(join('..data', name), join(mount, name));
  return { put, paths };
}

test('a mounted Secret that changes is taken, without waiting for the interval', async () => {
  const { put, paths } = aMount();
  const { files, changes, problems } = watched(paths);
  expect(files.current).toBe('1');
  put('2', '2');
  await until('the change is seen', () => changes.length > 0);
  expect([files.current, changes, problems]).toEqual(['2', ['2'], []]);
});

test('what does not fit together changes nothing, is told once, and is taken when it is mended', async () => {
  const { put, paths } = aMount();
  const { files, changes, problems } = watched(paths);
  put('2', '1');
  await until('the problem is told', () => problems.length > 0);
  files.look();
  files.look();
  expect([files.current, changes, problems]).toEqual(['1', [], ['2 is not 1']]);
  put('2', '2');
  await until('the change is seen', () => changes.length > 0);
  expect([files.current, problems.length]).toEqual(['2', 1]);
});

test('the files from before, put back after a mistake, are taken', async () => {
  const { put, paths } = aMount();
  const { files, problems } = watched(paths);
  put('2', '1');
  await until('the problem is told', () => problems.length > 0);
  put('1', '1');
  files.look();
  put('3', '1');
  await until('the next problem is told', () => problems.length > 1);
  expect([files.current, problems]).toEqual(['1', ['2 is not 1', '3 is not 1']]);
});

test('two files that are written one after the other are no mistake', async () => {
  const directory = aDirectory();
  const paths = ['a', 'b'].map((name) => join(directory, name));
  for (const path of paths) writeFileSync(path, '1');
  const { changes, problems } = watched(paths);
  for (const path of paths) writeFileSync(path, '2');
  await until('the change is seen', () => changes.length > 0);
  expect([changes, problems]).toEqual([['2'], []]);
});

test('a directory that never comes to rest hides no change', async () => {
  const directory = aDirectory();
  const path = join(directory, 'a');
  writeFileSync(path, '1');
  const { changes } = watched([path, path]);
  const timer = setInterval(() => writeFileSync(join(directory, 'busy'), `${performance.now()}`), 5);
  onTestFinished(() => clearInterval(timer));
  writeFileSync(path, '2');
  await until('the change is seen', () => changes.length > 0);
  expect(changes).toEqual(['2']);
});

test('a file that is missing is told once, and its return is seen', async () => {
  const directory = aDirectory();
  const paths = ['a', 'b'].map((name) => join(directory, name));
  for (const path of paths) writeFileSync(path, '1');
  const { files, changes, problems } = watched(paths, { intervalMs: 20 });
  rmSync(paths[0]!);
  await until('the problem is told', () => problems.length > 0);
  expect(files.current).toBe('1');
  files.look();
  expect(problems).toEqual([`${paths[0]} cannot be read: ENOENT`]);
  for (const path of paths) writeFileSync(path, '2');
  await until('the change is seen', () => changes.length > 0);
  expect(changes).toEqual(['2']);
});

test('the interval finds what no directory tells: a link whose target changes elsewhere', async () => {
  const [here, elsewhere] = [aDirectory(), aDirectory()];
  writeFileSync(join(elsewhere, 'x'), '1');
  symlinkSync(join(elsewhere, 'x'), join(here, 'a'));
  const { changes } = watched([join(here, 'a'), join(here, 'a')], { intervalMs: 20 });
  writeFileSync(join(elsewhere, 'x'), '2');
  await until('the change is seen', () => changes.length > 0);
  expect(changes).toEqual(['2']);
});

test('nothing is told after close, and a file that cannot be read at first is an error', async () => {
  const directory = aDirectory();
  const path = join(directory, 'a');
  expect(() => watched([path, path])).toThrow(/cannot be read: ENOENT/);
  writeFileSync(path, '1');
  const { files, changes } = watched([path, path], { intervalMs: 5 });
  files.close();
  writeFileSync(path, '2');
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(changes).toEqual([]);
});
