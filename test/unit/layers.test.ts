import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join('src', file))
  .sort();

interface Import {
  readonly from: string;
  /** A path from the root of the project, or a package. */
  readonly to: string;
  /** Erased: nothing is loaded for it. */
  readonly typeOnly: boolean;
}

const statement = /^(?:import|export)\s+(type\s)?(?:[^;'"]*?\sfrom\s+)?'([^']+)';?$/gm;
const dynamic = /\bimport\(\s*'([^']+)'\s*\)/g;

function importsOf(file: string, text: string): readonly Import[] {
  const target = (specifier: string) =>
    specifier.startsWith('.') ? relative(root, join(root, dirname(file), specifier)) : specifier;
  return [
    ...[...text.matchAll(statement)].map(([, type, to = '']) => ({
      from: file,
      to: target(to),
      typeOnly: type !== undefined,
    })),
    ...[...text.matchAll(dynamic)].map(([, to = '']) => ({ from: file, to: target(to), typeOnly: false })),
  ];
}

const all = sources.flatMap((file) => importsOf(file, readFileSync(join(root, file), 'utf8')));

/** The layer of a file of ours, or the package's name. */
function layerOf(path: string): string {
  const [first = '', second = '', third] = path.split('/');
  if (first === 'gen') return 'gen';
  if (first !== 'src') return first.startsWith('@') ? `${first}/${second}` : first;
  return third === undefined ? second.replace(/\.ts$/, '') : second;
}

/** DESIGN.md section 2: what each layer may import beside itself and lib. `app` and `main` may import everything. */
const layers: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  step: [],
  identity: ['step', 'jose'],
  policy: ['step'],
  image: ['step', 'policy', '@sigstore/verify', '@sigstore/bundle', '@sigstore/protobuf-specs'],
  registry: ['step', 'image'],
  job: ['step', 'policy', 'image'],
  logs: ['step', 'job'],
  kube: [],
  observe: ['step', 'job', 'policy', 'logs'],
  tenant: ['step', 'job', 'policy', 'image'],
  rpc: [
    'step',
    'job',
    'policy',
    'identity',
    'logs',
    'image',
    'tenant',
    'gen',
    '@grpc/grpc-js',
    '@bufbuild/protobuf',
  ],
  http: [
    'step',
    'job',
    'policy',
    'identity',
    'gen',
    '@connectrpc/connect',
    '@connectrpc/connect-node',
    '@bufbuild/protobuf',
  ],
  config: ['yaml'],
  telemetry: ['pino', 'prom-client'],
  embedded: [],
  cli: ['config', 'gen', '@grpc/grpc-js', '@bufbuild/protobuf', 'yaml'],
  fleet: ['config', 'gen', '@grpc/grpc-js', '@bufbuild/protobuf'],
};
const unlimited = ['app', 'main'];

/** The doors that are wider for a few files: the ports that kube is the other side of, and its libraries. */
const doors: readonly { readonly from: RegExp; readonly to: RegExp; readonly typeOnly?: true }[] = [
  { from: /^src\/kube\//, to: /^src\/step\/errors\.ts$/ },
  { from: /^src\/kube\//, to: /^src\/(identity|job|tenant)\/ports\.ts$/, typeOnly: true },
  { from: /^src\/kube\//, to: /^src\/job\/project\.ts$/, typeOnly: true },
  { from: /^src\/kube\//, to: /^(undici|yaml|@kubernetes\/client-node)$/ },
  { from: /^src\/registry\//, to: /^undici$/ },
  { from: /^src\/(job|observe|tenant|app)\//, to: /^@kubernetes\/client-node$/, typeOnly: true },
];

function isAllowed({ from, to, typeOnly }: Import): boolean {
  const [own, other] = [layerOf(from), layerOf(to)];
  const theLibrary = other === '@kubernetes/client-node' || other === 'undici';
  if (doors.some((d) => d.from.test(from) && d.to.test(to) && (typeOnly || d.typeOnly !== true))) return true;
  if (theLibrary) return false;
  if (unlimited.includes(own)) return other !== 'main';
  if (other.startsWith('node:') || other === own || other === 'lib') return own !== 'lib' || other !== 'app';
  return layers[own]?.includes(other) === true;
}

/** A way from a file back to itself, if there is one. */
function cycle(imports: readonly Import[]): readonly string[] | undefined {
  const next = Map.groupBy(imports, (i) => i.from);
  const done = new Set<string>();
  const search = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const { to } of next.get(file) ?? []) {
      const found = search(to, [...path, file]);
      if (found !== undefined) return found;
    }
    done.add(file);
    return undefined;
  };
  for (const file of next.keys()) {
    const found = search(file, []);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe('the layers', () => {
  test('every folder of src is one', () => {
    const known = [...Object.keys(layers), ...unlimited];
    expect([...new Set(sources.map(layerOf))].filter((layer) => !known.includes(layer))).toEqual([]);
  });

  test('imports go down only', () => {
    expect(all.filter((i) => !isAllowed(i)).map((i) => `${i.from} -> ${i.to}`)).toEqual([]);
  });

  test('no file imports itself by a detour, not even for its types', () => {
    expect(cycle(all)).toBeUndefined();
  });

  test('only the edge of the process touches process', () => {
    const edge = /^src\/(main\.ts|app\/|cli\/|embedded\/kubelet\/|config\/print-docs\.ts)/;
    const uses = sources.filter((file) => {
      const text = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
      return /(?<![.\w'])process\.(argv|env|exit|exitCode|on|once|stdin|stdout|stderr)\b/.test(text);
    });
    expect(uses.filter((file) => !edge.test(file))).toEqual([]);
  });

  test('no file has more than 250 lines', () => {
    const lines = (file: string) => readFileSync(join(root, file), 'utf8').split('\n').length - 1;
    expect(sources.filter((file) => lines(file) > 250)).toEqual([]);
  });

  test('nothing is exported by default', () => {
    expect(sources.filter((file) => /^export default/m.test(readFileSync(join(root, file), 'utf8')))).toEqual(
      [],
    );
  });
});

describe('the check itself', () => {
  const imported = (from: string, line: string) => importsOf(from, `${line}\n`)[0]!;

  test.each([
    ['step knows no Job', 'src/step/a.ts', "import { x } from '../job/b.ts';"],
    ['nor for a type', 'src/step/a.ts', "import type { X } from '../job/b.ts';"],
    ['lib knows nobody', 'src/lib/a.ts', "import { x } from '../step/b.ts';"],
    ['rpc does not know http', 'src/rpc/a.ts', "export { x } from '../http/b.ts';"],
    ['observe does not know kube', 'src/observe/a.ts', "import { x } from '../kube/b.ts';"],
    ['embedded knows lib only', 'src/embedded/api/a.ts', "import { x } from '../../policy/b.ts';"],
    ['job does not know gen', 'src/job/a.ts', "import { X } from '../../gen/glip/executor/v1/step_pb.js';"],
    ['job loads no client-node', 'src/job/a.ts', "import { V1Job } from '@kubernetes/client-node';"],
    ['app loads no undici', 'src/app/a.ts', "import { Pool } from 'undici';"],
    ['kube knows the ports of job only', 'src/kube/a.ts', "import type { Stop } from '../job/stop.ts';"],
    ['registry knows no Job', 'src/registry/a.ts', "import { x } from '../job/b.ts';"],
    ['image loads no undici', 'src/image/a.ts', "import { Agent } from 'undici';"],
    ['and loads none of them', 'src/kube/a.ts', "import { x } from '../job/ports.ts';"],
    ['telemetry has no gRPC', 'src/telemetry/a.ts', "import { x } from '@grpc/grpc-js';"],
    ['a side effect is an import', 'src/step/a.ts', "import '../job/b.ts';"],
    ['a dynamic import is one', 'src/step/a.ts', "const b = await import('../job/b.ts');"],
    ['nobody imports main', 'src/app/a.ts', "import { x } from '../main.ts';"],
  ])('%s', (_, from, line) => {
    expect(isAllowed(imported(from, line))).toBe(false);
  });

  test.each([
    [
      'job may read a type of client-node',
      'src/job/a.ts',
      "import type { V1Job } from '@kubernetes/client-node';",
    ],
    ['kube may load undici', 'src/kube/a.ts', "import {\n  Pool,\n} from 'undici';"],
    ['registry may load undici', 'src/registry/a.ts', "import { Agent } from 'undici';"],
    ['app may import everything', 'src/app/a.ts', "import { x } from '../kube/b.ts';"],
    ['app.ts is app', 'src/app.ts', "import { x } from './rpc/b.ts';"],
  ])('%s', (_, from, line) => {
    expect(isAllowed(imported(from, line))).toBe(true);
  });

  test('it finds a cycle', () => {
    const edge = (from: string, to: string) => ({ from, to, typeOnly: false });
    expect(cycle([edge('a', 'b'), edge('b', 'c'), edge('c', 'b')])).toEqual(['b', 'c', 'b']);
    expect(cycle([edge('a', 'b'), edge('a', 'c'), edge('b', 'c')])).toBeUndefined();
  });
});
